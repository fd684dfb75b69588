"""Stored reports are downsampled, moved in time and renumbered; sums never change."""

from datetime import timedelta

import pytest

from edge_agent.outbox.rewriting import downsample_stored, renumber_rows, shift_times
from edge_agent.outbox.rows import INSERT, decode_rows, encode_report
from edge_agent.outbox.streams import ReportStream
from tests.edge_agent.outbox.reports import EIGHT, quiet_minute
from wire.scalars import JournalId, SequenceRange

OLD, NEW = JournalId("a" * 16), JournalId("b" * 16)
HALF_MINUTE = timedelta(seconds=30)


def store(rows, *numbers, stream=OLD, base=0, sent=()):
    with rows.transaction() as database:
        for number in numbers:
            report = quiet_minute(stream, SequenceRange(first=number, last=number))
            row = base + number
            database.execute(INSERT, (row, row, *encode_report(report)))
            database.execute("UPDATE report SET sent = ? WHERE first = ?", (number in sent, row))


def stored(rows):
    return [one for _, one in decode_rows(rows.read("SELECT first, sealed FROM report"))]


def ranges(rows):
    return rows.read("SELECT first, last FROM report ORDER BY first")


def downsample(rows, *streams, target_bytes=0):
    return downsample_stored(
        rows, streams, stored_bytes=rows.stored_bytes(), target_bytes=target_bytes
    )


@pytest.fixture
def ten(rows):
    store(rows, *range(2, 12))  # 08:01 to 08:06
    return rows


def test_as_few_reports_as_needed_are_replaced_the_oldest_first(ten):
    before = ten.stored_bytes()
    assert downsample(ten, ReportStream(OLD, 1, 0), target_bytes=before - 1) == 2
    assert ranges(ten) == [(2, 3), *((n, n) for n in range(4, 12))]
    first = stored(ten)[0]
    assert (first.starts_at, first.ends_at) == (EIGHT + 2 * HALF_MINUTE, EIGHT + 4 * HALF_MINUTE)
    assert ten.stored_bytes() < before


def test_until_the_target_is_reached_longer_intervals_are_formed(ten):
    assert downsample(ten, ReportStream(OLD, 1, 0)) > 10
    assert ranges(ten) == [(2, 11)]
    (report,) = stored(ten)
    assert report.observed_ms == 10 * quiet_minute(OLD, report.sequence).observed_ms


def test_nothing_that_was_sent_is_replaced(rows):
    store(rows, *range(2, 6), sent=range(2, 6))
    assert downsample(rows, ReportStream(OLD, 1, 0)) == 0
    assert len(ranges(rows)) == 4


def test_rows_of_a_stream_with_a_base_keep_their_row_numbers(rows):
    store(rows, *range(2, 4), stream=NEW, base=100)
    assert downsample(rows, ReportStream(OLD, 1, 0), ReportStream(NEW, 101, 100)) == 2
    assert ranges(rows) == [(102, 103)]
    assert stored(rows)[0].sequence == SequenceRange(first=2, last=3)


def test_an_empty_outbox_is_not_changed(rows):
    assert downsample(rows) == 0
    assert shift_times(rows, [], timedelta(hours=1)) == 0
    assert renumber_rows(rows, ReportStream(NEW, 1, 0)) == 0


def test_a_shift_moves_start_and_end_in_the_row_and_in_the_report(rows):
    store(rows, 1, 2)
    second = [(2, stored(rows)[1])]
    assert shift_times(rows, second, timedelta(hours=-3)) == 1
    moved = EIGHT + 2 * HALF_MINUTE - timedelta(hours=3)
    first, changed = stored(rows)
    assert (changed.starts_at, changed.ends_at) == (moved, moved + HALF_MINUTE)
    assert first.starts_at == EIGHT + HALF_MINUTE
    assert rows.read("SELECT starts_at FROM report WHERE first = 2") == [(moved.isoformat(),)]


def test_renumbered_reports_are_those_of_another_stream_and_were_never_sent(rows):
    store(rows, 41, 42, 43, sent=(41, 42))
    assert renumber_rows(rows, ReportStream(NEW, 42, 41)) == 2
    assert [(one.journal, one.sequence.first) for one in stored(rows)] == [
        (OLD, 41), (NEW, 1), (NEW, 2),
    ]  # fmt: skip
    assert rows.read("SELECT sent FROM report ORDER BY first") == [(1,), (0,), (0,)]


def test_a_renumbered_range_keeps_its_length(rows):
    store(rows, *range(2, 6))
    downsample(rows, ReportStream(OLD, 1, 0))
    renumber_rows(rows, ReportStream(NEW, 2, 1))
    assert stored(rows)[0].sequence == SequenceRange(first=1, last=4)
