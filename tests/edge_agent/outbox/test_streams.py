"""Reports of an outbox that was restored from an older copy."""

import shutil
import sqlite3
from collections import Counter
from contextlib import closing

from edge_agent.outbox import Outbox
from tests.edge_agent.outbox.reports import quiet_minute, wire_numbers
from wire.scalars import JournalId


class Cloud:
    """Counts what it has not seen, as the real one: by stream and number."""

    def __init__(self):
        self.seen: Counter[tuple[str, int]] = Counter()

    def take(self, outbox):
        """Everything that waits; then acknowledge each stream as far as it is complete."""
        for name, number in wire_numbers(outbox):
            self.seen[name, number] += 1
        for name in {name for name, _ in wire_numbers(outbox)}:
            through = 0
            while (name, through + 1) in self.seen:
                through += 1
            outbox.acknowledge(JournalId(name), through)


def run(path, cloud, reports, *, online=True):
    outbox = Outbox(path)
    for _ in range(reports):
        outbox.put(quiet_minute)
    if online:
        cloud.take(outbox)
    depth = outbox.depth
    outbox.close()
    return depth


def test_a_restored_copy_loses_and_repeats_nothing(tmp_path):
    path, cloud = tmp_path / "outbox.sqlite3", Cloud()
    run(path, cloud, 10)
    run(path, cloud, 10, online=False)  # ten wait when the copy is made
    shutil.copyfile(path, tmp_path / "copy")
    run(path, cloud, 52)
    shutil.copyfile(tmp_path / "copy", path)
    run(path, cloud, 40, online=False)
    assert run(path, cloud, 50) == 0
    assert len(cloud.seen) == 10 + 10 + 52 + 40 + 50


def test_numbers_that_this_run_has_not_given_begin_another_stream_at_that_moment(tmp_path):
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    for _ in range(4):
        outbox.put(quiet_minute)
    outbox.mark_sent(1, 2)
    before = outbox.stream_id
    assert outbox.acknowledge(before, 102) == 0
    assert outbox.stream_id != before
    assert wire_numbers(outbox) == [(outbox.stream_id, number) for number in (1, 2, 3, 4)]
    assert outbox.put(quiet_minute).sequence.first == 5
    assert outbox.acknowledge(before, 102) == 0
    assert outbox.acknowledge(outbox.stream_id, 5) == 5
    outbox.close()


def test_an_acknowledgement_beyond_an_older_stream_covers_only_sent_reports(tmp_path):
    first = Outbox(tmp_path / "outbox.sqlite3")
    for _ in range(4):
        first.put(quiet_minute)
    first.mark_sent(1, 2)
    first.close()
    again = Outbox(first.path)
    assert again.acknowledge(first.stream_id, 2**53 - 1) == 2
    assert wire_numbers(again) == [(first.stream_id, 3), (first.stream_id, 4)]
    again.close()


def test_a_file_of_an_older_agent_keeps_its_stream_and_numbers(tmp_path):
    path = tmp_path / "outbox.sqlite3"
    first = Outbox(path)
    for _ in range(3):
        first.put(quiet_minute)
    first.close()
    with closing(sqlite3.connect(path)) as database:  # as version 1 left it
        database.execute("DROP TABLE withheld")
        database.execute("UPDATE journal SET id = ?", (first.stream_id,))
        database.commit()
    again = Outbox(path)
    again.put(quiet_minute)
    assert wire_numbers(again) == [
        *((first.stream_id, number) for number in (1, 2, 3)),
        (again.stream_id, 1),
    ]
    assert again.acknowledge(first.stream_id, 3) == 3
    again.close()


def test_merged_reports_of_an_older_stream_keep_their_range(tmp_path):
    path = tmp_path / "outbox.sqlite3"
    first = Outbox(path, budget_bytes=5_000)
    for _ in range(40):
        first.put(quiet_minute)
    assert first.downsampled
    first.close()
    again = Outbox(path)
    events = again.unacknowledged(99)
    assert again.acknowledge(first.stream_id, 40) == len(events)
    again.close()


def test_each_heartbeat_names_another_of_the_streams_that_wait(tmp_path):
    path = tmp_path / "outbox.sqlite3"
    first = Outbox(path)
    for _ in range(3):
        first.put(quiet_minute)
    first.acknowledge(first.stream_id, 1)
    first.close()
    again = Outbox(path)
    again.put(quiet_minute)
    assert [again.status(turn) for turn in range(3)] == [
        (first.stream_id, 4, 2),
        (again.stream_id, 2, 1),
        (first.stream_id, 4, 2),
    ]
    again.acknowledge(first.stream_id, 3)
    assert again.status(0) == (again.stream_id, 2, 1)
    again.close()
