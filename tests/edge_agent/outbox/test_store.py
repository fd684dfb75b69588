import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from edge_agent.outbox import Outbox, OutboxError
from edge_agent.outbox.store import StoredReport
from tests.edge_agent.outbox.reports import EIGHT, quiet_minute, wire_numbers
from wire.envelope import AudienceEvent, decode_events
from wire.scalars import JournalId


@pytest.fixture
def outbox(tmp_path: Path):
    box = Outbox(tmp_path / "outbox.sqlite3")
    yield box
    box.close()


def numbers(reports: list[StoredReport]):
    return [report.last for report in reports]


def test_reports_are_numbered_from_one_and_wait_oldest_first(outbox):
    for _ in range(5):
        outbox.put(quiet_minute)
    assert numbers(outbox.unacknowledged(3)) == [1, 2, 3]
    assert numbers(outbox.unacknowledged(3, after=3)) == [4, 5]
    assert outbox.depth == 5
    assert outbox.oldest_at == EIGHT + timedelta(seconds=30)


def test_what_is_stored_is_what_was_put(outbox):
    report = outbox.put(quiet_minute)
    (event,) = decode_events(outbox.unacknowledged(1)[0].event)
    assert isinstance(event, AudienceEvent)
    assert event.data == report
    assert report.journal == outbox.stream_id


def test_only_an_acknowledgement_of_this_stream_deletes(outbox):
    for _ in range(4):
        outbox.put(quiet_minute)
    assert outbox.acknowledge(JournalId("f" * 16), 4) == 0
    assert outbox.acknowledge(outbox.stream_id, 2) == 2
    assert outbox.acknowledge(outbox.stream_id, 2) == 0
    assert numbers(outbox.unacknowledged(9)) == [3, 4]


def test_an_acknowledgement_of_unwritten_reports_deletes_nothing(outbox):
    outbox.put(quiet_minute)
    assert outbox.acknowledge(outbox.stream_id, 2**53 - 1) == 0
    assert outbox.depth == 1


def test_each_run_counts_in_a_stream_of_its_own(tmp_path):
    path = tmp_path / "outbox.sqlite3"
    first = Outbox(path)
    for _ in range(3):
        first.put(quiet_minute)
    first.acknowledge(first.stream_id, 2)
    first.close()
    again = Outbox(path)
    assert again.stream_id != first.stream_id
    assert again.put(quiet_minute).sequence.first == 1
    assert wire_numbers(again) == [(first.stream_id, 3), (again.stream_id, 1)]
    assert again.acknowledge(first.stream_id, 3) == 1
    assert wire_numbers(again) == [(again.stream_id, 1)]
    again.close()


def test_two_outboxes_are_two_journals(tmp_path):
    one, other = Outbox(tmp_path / "one"), Outbox(tmp_path / "other")
    assert one.stream_id != other.stream_id
    one.close()
    other.close()


def test_a_second_agent_on_the_same_file_is_refused(outbox):
    with pytest.raises(OutboxError, match="in use by another agent"):
        Outbox(outbox.path)


def test_a_path_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxError, match="give --outbox a path"):
        Outbox(tmp_path / "file" / "outbox.sqlite3")


@pytest.mark.parametrize("damage", ["no database", "torn in the middle"])
def test_a_damaged_file_is_renamed_and_a_new_stream_starts(tmp_path, damage):
    path = tmp_path / "outbox.sqlite3"
    first = Outbox(path)
    for _ in range(300):
        first.put(quiet_minute)
    first.close()
    content = path.read_bytes()
    if damage == "no database":
        path.write_bytes(b"this is no database" * 100)
    else:
        path.write_bytes(content[: len(content) // 2])
    again = Outbox(path)
    assert again.stream_id != first.stream_id
    assert again.put(quiet_minute).sequence.first == 1
    again.close()
    assert list(tmp_path.glob("outbox.sqlite3.damaged-*"))


def test_a_report_that_cannot_be_made_takes_no_number(outbox):
    def impossible(journal, sequence):
        raise ValueError("contradiction")

    with pytest.raises(ValueError, match="contradiction"):
        outbox.put(impossible)
    assert outbox.put(quiet_minute).sequence.first == 1


def at(starts_at):
    def report_for(journal, sequence):
        half_minute = timedelta(seconds=30)
        report = quiet_minute(journal, sequence)
        return structs.replace(report, starts_at=starts_at, ends_at=starts_at + half_minute)

    return report_for


def starts(outbox):
    events = [
        event for report in outbox.unacknowledged(99) for event in decode_events(report.event)
    ]
    return [event.data.starts_at for event in events]


WOKE = datetime(1970, 1, 1, 0, 0, 20, tzinfo=UTC)
SPAN = timedelta(seconds=30)


def test_undated_reports_wait_and_delay_later_ones(outbox):
    for starts_at in (EIGHT, WOKE, WOKE + SPAN, EIGHT + SPAN):
        outbox.put(at(starts_at))
    assert outbox.has_undated
    assert numbers(outbox.unacknowledged(9)) == [1]
    outbox.date_undated(EIGHT + 10 * SPAN)
    assert not outbox.has_undated
    assert starts(outbox) == [EIGHT, EIGHT + 8 * SPAN, EIGHT + 9 * SPAN, EIGHT + SPAN]


def test_that_a_time_is_missing_is_remembered_over_a_restart(tmp_path):
    first = Outbox(tmp_path / "outbox.sqlite3")
    first.put(at(WOKE))
    first.close()
    again = Outbox(tmp_path / "outbox.sqlite3")
    assert again.has_undated
    assert again.unacknowledged(9) == []
    again.close()


def test_a_corrected_clock_moves_what_was_not_sent_and_nothing_else(outbox):
    for number in range(4):
        outbox.put(at(EIGHT + number * SPAN))
    outbox.mark_sent(1, 2)
    outbox.correct_times(2, timedelta(hours=3))
    moved = EIGHT + timedelta(hours=3)
    assert starts(outbox) == [EIGHT, EIGHT + SPAN, moved + 2 * SPAN, moved + 3 * SPAN]
    assert outbox.oldest_at == EIGHT


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from edge_agent.outbox import Outbox
from tests.edge_agent.outbox.reports import quiet_minute
outbox = Outbox(Path(sys.argv[1]))
while True:
    print(outbox.put(quiet_minute).sequence.last, flush=True)
"""


def test_reports_stored_before_a_kill_are_there_after_it(tmp_path):
    path = tmp_path / "outbox.sqlite3"
    printed = 0
    for round_ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(Path(__file__).parents[3])],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(20 + round_ * 7):
            printed = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate()
    outbox = Outbox(path)
    waiting = outbox.unacknowledged(1000)
    outbox.close()
    assert numbers(waiting) == list(range(1, len(waiting) + 1))
    assert len(waiting) >= printed
    events = [event for report in waiting for event in decode_events(report.event)]
    assert all(isinstance(event, AudienceEvent) for event in events)
    assert len({event.data.journal for event in events}) == 3
    numbers_by_stream = [event.data.sequence.first for event in events]
    assert numbers_by_stream.count(1) == 3
