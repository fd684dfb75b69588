"""Rows of the outbox: transactions, numbering, and errors of SQLite in the words of the outbox."""

import sqlite3
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from edge_agent.outbox import rows as module
from edge_agent.outbox.errors import OutboxDamagedError, OutboxError
from edge_agent.outbox.rows import INSERT, LARGEST_NUMBER, decode_rows, encode_report
from tests.edge_agent.outbox.reports import quiet_minute
from wire.scalars import JournalId, SequenceRange

STREAM = JournalId("0" * 16)


def report(number):
    return quiet_minute(STREAM, SequenceRange(first=number, last=number))


def store(rows, *numbers, sent=()):
    with rows.transaction() as database:
        for number in numbers:
            database.execute(INSERT, (number, number, *encode_report(report(number))))
        for number in sent:
            database.execute("UPDATE report SET sent = 1 WHERE first = ?", (number,))


def count(rows):
    return rows.read("SELECT count(*) FROM report")[0][0]


def test_a_stored_report_is_read_as_it_was(rows):
    store(rows, 1, 2)
    stored = rows.read("SELECT first, sealed FROM report")
    assert list(decode_rows(stored)) == [(1, report(1)), (2, report(2))]
    assert rows.stored_bytes() == sum(len(encode_report(report(n)).event) for n in (1, 2))


def test_an_error_in_a_transaction_stores_nothing_and_the_next_one_works(rows):
    def fail():
        with rows.transaction() as database:
            database.execute(INSERT, (1, 1, *encode_report(report(1))))
            raise ValueError("contradiction")

    with pytest.raises(ValueError, match="contradiction"):
        fail()
    assert count(rows) == 0
    store(rows, 1)
    assert count(rows) == 1


def test_a_number_that_exists_is_an_error_of_the_outbox_and_nothing_is_stored(rows):
    store(rows, 1)
    with pytest.raises(OutboxError, match=rf"outbox {rows.path} reports an error"):
        store(rows, 2, 1)
    assert count(rows) == 1


def test_a_query_that_fails_names_the_file_and_not_the_query(rows):
    with pytest.raises(OutboxError) as refused:
        rows.read("SELECT secret FROM nowhere")
    assert str(rows.path) in str(refused.value)
    assert "secret" not in str(refused.value)


def test_damage_is_reported_as_damage(rows):
    def damaged(*_arguments):
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    rows.close()
    rows.database = SimpleNamespace(execute=damaged, close=lambda: None)
    with pytest.raises(OutboxDamagedError, match="is damaged"):
        rows.read("SELECT 1")


def test_the_next_row_follows_every_stored_report_and_the_stored_number(rows):
    assert rows.next_row() == 1
    store(rows, 4)
    assert rows.next_row() == 5
    with rows.transaction() as database:
        database.execute("INSERT INTO journal VALUES ('a', 9)")
    assert rows.next_row() == 9


def test_a_stored_number_that_the_wire_cannot_carry_is_ignored(rows):
    with rows.transaction() as database:
        database.execute("INSERT INTO journal VALUES ('a', ?)", (LARGEST_NUMBER + 1,))
    assert rows.next_row() == 1


def test_ranges_without_a_row_have_no_first(rows):
    store(rows, 3, 5)
    assert rows.first_between(1, 9) == 3
    assert rows.first_between(4, 9) == 5
    assert rows.first_between(6, 9) is None
    assert rows.last_between(1, 9) == 5


def test_reports_that_were_sent_are_left_out_over_several_reads(rows, monkeypatch):
    monkeypatch.setattr(module, "ROWS_PER_READ", 2)
    store(rows, *range(1, 8), sent=(1, 4))
    assert [one.sequence.first for one in rows.unsent()] == [2, 3, 5, 6, 7]


def test_the_first_report_without_a_valid_time_is_found(rows):
    assert rows.first_undated() is None
    store(rows, 1, 2)
    assert rows.first_undated() is None
    woke = datetime(1970, 1, 1, tzinfo=UTC).isoformat()
    with rows.transaction() as database:
        database.execute("UPDATE report SET starts_at = ? WHERE first = 2", (woke,))
    assert rows.first_undated() == 2
