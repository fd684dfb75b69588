"""A locked quote that was changed without the program differs from the audit log."""

import zlib
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, select, update

from cloud.auth.audit import audit_log
from cloud.auth.audit_comparisons import compare_with_log
from cloud.booking.audit_log.quote_comparison import QuoteComparison, record_quote
from cloud.booking.quote_locks import RETENTION, delete_old_quotes, store_quote
from cloud.database import metadata
from cloud.database.holds import quote_locks
from tests.cloud.booking.capacity_data import NOW
from tests.cloud.booking.test_quote_locks import QUOTE


@pytest.fixture
def connection(sqlite: Connection) -> Connection:
    metadata.create_all(sqlite, tables=[audit_log])
    store_quote(sqlite, QUOTE)
    record_quote(sqlite, QUOTE, "ann")
    return sqlite


def find_differences(connection: Connection, now: datetime = NOW) -> list[str]:
    return compare_with_log(connection, now, [QuoteComparison()])


def test_a_quote_is_what_the_log_records_until_it_is_deleted(connection):
    assert find_differences(connection) == []
    long_after = QUOTE.valid_until + RETENTION + timedelta(seconds=1)
    assert delete_old_quotes(connection, long_after - RETENTION) == 1
    assert find_differences(connection, long_after) == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (update(quote_locks).values(total_minor=1), "total_minor is 1"),
        (update(quote_locks).values(valid_until=NOW + RETENTION), "valid_until is"),
        (update(quote_locks).values(account="bolt"), "account is bolt"),
        (update(quote_locks).values(delivery="preemptible"), "delivery is preemptible"),
        (update(quote_locks).values(id="x"), "quote x has no entry"),
        (delete(quote_locks), "of entry 1 is missing"),
    ],
)
def test_a_row_that_bypassed_the_program_is_found(connection, statement, sentence):
    connection.execute(statement)
    found = find_differences(connection)
    assert any(sentence in one for one in found), found


def test_a_price_that_was_altered_is_found(connection):
    cheaper = zlib.decompress(connection.execute(select(quote_locks.c.slots)).scalar_one())
    altered = zlib.compress(cheaper.replace(b"2100", b"1100"))
    connection.execute(update(quote_locks).values(slots=altered))
    assert find_differences(connection) == [
        f"quote_locks: quote {QUOTE.id} has other slots or prices than those of entry 1"
    ]
