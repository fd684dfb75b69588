"""Rows that cannot be sent are set apart, their numbers count as lost, all others are sent."""

import sqlite3
from contextlib import closing
from datetime import datetime

import pytest

from edge_agent.outbox import Outbox
from tests.edge_agent.outbox.reports import quiet_minute, wire_numbers

LARGEST = 2**63 - 1


@pytest.fixture
def five(tmp_path):
    """An outbox in which five reports of one stream wait; its path and stream."""
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    for _ in range(5):
        outbox.put(quiet_minute)
    outbox.close()
    return outbox.path, outbox.stream_id


def damage(path, change, row, *values):
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"UPDATE report SET {change} WHERE first = ?", (*values, row))


def in_event(path, change, row):
    change = change.replace("event", "CAST(sealed AS TEXT)")
    damage(path, f"sealed = CAST({change} AS BLOB)", row)


FAULTS = {
    "invalid JSON": lambda path, row: damage(path, "sealed = ?", row, b'{"data": {'),
    "not even text": lambda path, row: damage(path, "sealed = ?", row, b"\xff\xfe\x00"),
    "an empty event": lambda path, row: damage(path, "sealed = ?", row, b""),
    "a time in the event": lambda path, row: in_event(
        path, "json_set(event, '$.data.starts_at', 'yesterday')", row
    ),
    "the largest number in the event": lambda path, row: in_event(
        path, f"json_set(event, '$.data.sequence.first', {LARGEST})", row
    ),
    "a number of another report": lambda path, row: in_event(
        path, "json_set(event, '$.data.sequence', json('{\"first\":77,\"last\":77}'))", row
    ),
    "a stream between those of another": lambda path, row: in_event(
        path, "json_set(event, '$.data.journal', '00000000000000ff')", row
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_row_that_cannot_be_sent_delays_no_other(five, fault, caplog):
    path, stream = five
    FAULTS[fault](path, 3)
    outbox = Outbox(path)
    assert wire_numbers(outbox) == [(stream, number) for number in (1, 2, 4, 5)]
    assert outbox.acknowledge(stream, 2) == 2
    status = outbox.status(0)
    assert (status.id, status.oldest_sequence) == (stream, 4)  # the cloud closes the gap below
    assert outbox.acknowledge(stream, 5) == 2
    assert (outbox.depth, outbox.oldest_at) == (0, None)
    outbox.close()
    assert [one.row for one in caplog.records if one.message == "outbox.row_unreadable"] == [3]


@pytest.mark.parametrize("row", [1, 5])
def test_the_first_and_the_last_row_may_be_unreadable(five, row):
    path, stream = five
    damage(path, "sealed = ?", row, b"no report")
    outbox = Outbox(path)
    left = [number for number in range(1, 6) if number != row]
    assert wire_numbers(outbox) == [(stream, number) for number in left]
    assert outbox.acknowledge(stream, left[-1]) == 4
    outbox.close()


def test_a_heartbeat_states_that_the_last_number_of_a_stream_is_lost(five):
    path, stream = five
    damage(path, "sealed = ?", 5, b"no report")
    outbox = Outbox(path)
    assert outbox.status(0) == (stream, 6, 1)
    outbox.acknowledge(stream, 4)
    assert outbox.status(0) == (stream, 6, 6)
    assert outbox.acknowledge(stream, 5) == 0  # the cloud has closed the gap
    outbox.close()


def test_a_row_number_beyond_all_sequence_numbers_is_set_apart(five):
    path, _ = five
    damage(path, "first = ?, last = ?", 5, LARGEST, LARGEST)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE journal SET next_sequence = ?", (LARGEST,))
    outbox = Outbox(path)
    assert [number for _, number in wire_numbers(outbox)] == [1, 2, 3, 4]
    assert outbox.put(quiet_minute).sequence.first == 1
    outbox.close()


@pytest.mark.parametrize("starts_at", ["yesterday", "", "0001-01-01T00:00:00+00:00"])
def test_a_start_time_that_contradicts_its_report_is_corrected(five, starts_at):
    path, stream = five
    damage(path, "starts_at = ?", 1, starts_at)
    outbox = Outbox(path)
    assert wire_numbers(outbox) == [(stream, number) for number in (1, 2, 3, 4, 5)]
    assert outbox.oldest_at == datetime.fromisoformat("2026-11-23T08:00:30+00:00")
    outbox.close()


def test_what_was_set_apart_is_kept_for_diagnosis_and_found_once(five, caplog):
    path, _ = five
    damage(path, "sealed = ?", 2, b"no report")
    for _ in range(2):
        Outbox(path).close()
    with closing(sqlite3.connect(path)) as database:
        (kept,) = database.execute("SELECT first, reason, sealed FROM unreadable").fetchall()
    assert kept == (2, "its content is not an audience report", b"no report")
    assert [one.message for one in caplog.records].count("outbox.rows_isolated") == 1
