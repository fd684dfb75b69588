"""Refusals are recorded within a budget, without secrets, and a failing database loses no count."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from cloud import database
from cloud.auth import audit
from cloud.auth.audit import AuditEntry, read_entries, verify_chain
from cloud.auth.quota import Quota
from cloud.auth.refusal_log import MAX_WAITING, Refusal, RefusalLog, RefusalRates
from tests.cloud.databases import new_engine

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ONE = Refusal(NOW, "eve", "GET", "/api/orders/{order}", 404, "unknown-order", "a1")


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    engine = new_engine(tmp_path)
    yield engine
    engine.dispose()


def record(log: RefusalLog, engine: Engine, *refusals: Refusal) -> None:
    for one in refusals:
        if log.add(one):
            log.write_waiting(engine)


def read(engine: Engine) -> list[AuditEntry]:
    with database.reading(engine) as connection:
        verify_chain(connection)
        return list(read_entries(connection))


def left_out(engine: Engine) -> list[int]:
    return [msgspec.json.decode(one.details)["left_out"] for one in read(engine)]


def test_an_entry_names_caller_route_object_status_and_reason(engine: Engine):
    record(RefusalLog(), engine, replace(ONE, about="a1\x1b[31m/ü" + "x" * 500))

    (entry,) = read(engine)
    assert (entry.at, entry.actor, entry.action) == (NOW, "eve", "request.refuse")
    assert entry.object == ("a1??31m/?" + "x" * 500)[:120]
    assert msgspec.json.decode(entry.details) == {
        "method": "GET", "route": "/api/orders/{order}", "status": 404, "reason": "unknown-order",
        "left_out": 0,
    }  # fmt: skip


def test_a_flood_of_one_caller_costs_no_entry_of_another(sqlite_engine: Engine):
    log = RefusalLog(RefusalRates(Quota(3, MINUTE), Quota(100, MINUTE)))
    record(
        log, sqlite_engine, *[ONE] * 500, replace(ONE, caller="bob"), replace(ONE, at=NOW + MINUTE)
    )

    assert [one.actor for one in read(sqlite_engine)] == ["eve"] * 3 + ["bob", "eve"]
    assert left_out(sqlite_engine) == [0, 0, 0, 0, 497]


def test_many_callers_share_the_budget_of_the_process(sqlite_engine: Engine):
    log = RefusalLog(RefusalRates(Quota(3, MINUTE), Quota(5, MINUTE)))
    record(log, sqlite_engine, *(replace(ONE, caller=f"c{number}") for number in range(50)))
    record(log, sqlite_engine, replace(ONE, caller="c49", at=NOW + MINUTE))
    assert left_out(sqlite_engine) == [0, 0, 0, 0, 0, 1]


def test_two_callers_who_never_stop_leave_entries_for_others(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    log = RefusalLog()
    monkeypatch.setattr(audit, "record_changes", lambda *_: None)
    for minute in range(150):
        at = NOW + minute * MINUTE
        flood = [replace(ONE, caller=who, at=at) for who in ("eve", "unidentified")] * 10
        record(log, sqlite_engine, *flood)
    assert log.add(replace(ONE, caller="mallory", at=at))


def test_refusals_that_wait_are_written_by_one_thread_in_one_transaction(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    log = RefusalLog(RefusalRates(Quota(1_000, MINUTE), Quota(1_000, MINUTE)))
    written = []
    record_changes = audit.record_changes
    monkeypatch.setattr(
        audit, "record_changes", lambda c, new: (written.append(len(new)), record_changes(c, new))
    )
    must_write = [log.add(ONE) for _ in range(MAX_WAITING + 20)]
    log.write_waiting(sqlite_engine)

    assert must_write == [True] + [False] * (MAX_WAITING + 19)
    assert written == [MAX_WAITING]
    record(log, sqlite_engine, ONE)
    assert left_out(sqlite_engine)[-1] == 20


@pytest.mark.parametrize(
    "failure",
    [
        OperationalError("INSERT secret", {}, Exception("database is locked")),
        PoolTimeoutError("no connection became free"),
    ],
    ids=["locked", "no-connection"],
)
def test_a_database_that_refuses_to_write_is_logged_and_counted(
    sqlite_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: SQLAlchemyError,
):
    log = RefusalLog()

    def fail(*_: object) -> None:
        raise failure

    with monkeypatch.context() as broken, caplog.at_level(logging.WARNING):
        broken.setattr(audit, "record_changes", fail)
        record(log, sqlite_engine, ONE, ONE)
    assert [one.message for one in caplog.records] == ["refusals.not_recorded"] * 2
    assert "secret" not in caplog.text
    record(log, sqlite_engine, ONE)
    assert left_out(sqlite_engine) == [2]


def test_a_fault_of_the_writer_does_not_end_recording(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    log = RefusalLog()
    with monkeypatch.context() as broken:
        broken.setattr(audit, "record_changes", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            record(log, sqlite_engine, ONE)
    record(log, sqlite_engine, ONE)
    assert len(read(sqlite_engine)) == 1
