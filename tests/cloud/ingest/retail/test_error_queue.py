"""Entries of the error queue are found, counted and closed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from cloud.auth.audit import audit_log
from cloud.database import writing
from cloud.ingest.retail.error_queue import (
    ErrorSearch,
    SettledEntryError,
    UnknownEntryError,
    close_error,
    count_errors,
    find_errors,
    list_open,
    read_error,
)
from cloud.ingest.retail.error_store import ErrorState
from cloud.retail_wire import PriceErrorReason
from tests.cloud.databases import new_engine
from tests.cloud.ingest.retail.price_messages import NOW, message_of, read_errors, send


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = new_engine(tmp_path)
    yield engine
    engine.dispose()


def test_a_closed_entry_stays_closed(engine: Engine) -> None:
    send(engine, message_of(units=-1))
    with writing(engine) as connection:
        close_error(connection, 1, note="test of the till", actor="ann", now=NOW)
    send(engine, message_of(units=-1))
    (row,) = read_errors(engine)
    assert (row.state, row.note, row.times) == ("closed", "test of the till", 2)
    with writing(engine) as connection:
        actions = connection.execute(select(audit_log.c.action)).scalars().all()
    assert actions == ["retail_error.close"]
    with pytest.raises(SettledEntryError), writing(engine) as connection:
        close_error(connection, 1, note="again", actor="ann", now=NOW)


def test_entries_are_found_and_counted(engine: Engine) -> None:
    send(engine, *(message_of(event_id=f"e{n}", units=-1) for n in range(3)), b"{")
    send(engine, b"{", source="other")
    with writing(engine) as connection:
        close_error(connection, 2, note="no", actor="ann", now=NOW)
        search = ErrorSearch(source="till", reason=PriceErrorReason.NEGATIVE_UNITS)
        assert [row.id for row in find_errors(connection, search, most=9)] == [3, 1]
        assert [row.id for row in find_errors(connection, search, before=3, most=9)] == [1]
        every = ErrorSearch(state=None)
        assert [row.id for row in find_errors(connection, every, most=2)] == [5, 4]
        closed = ErrorSearch(state=ErrorState.CLOSED)
        assert [row.id for row in find_errors(connection, closed, most=2)] == [2]
        assert list_open(connection, ErrorSearch(source="till")) == [1, 3, 4]
        counts = [
            (one.source, one.reason, one.open, one.stored) for one in count_errors(connection)
        ]
        assert counts == [("other", "unreadable", 1, 1), ("till", "negative_units", 2, 3),
                          ("till", "unreadable", 1, 1)]  # fmt: skip
        assert len(count_errors(connection, "other")) == 1
        assert read_error(connection, 4).payload == "{"


def test_an_entry_that_does_not_exist_is_unknown(engine: Engine) -> None:
    with writing(engine) as connection, pytest.raises(UnknownEntryError, match="no entry 9"):
        read_error(connection, 9)
