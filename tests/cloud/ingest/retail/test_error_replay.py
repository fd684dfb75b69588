"""Entries of the error queue are repaired, replayed or closed, each once."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, select

from cloud.auth.audit import audit_log
from cloud.database import reading
from cloud.ingest.retail.commit import IngestContext
from cloud.ingest.retail.error_queue import (
    SettledEntryError,
    UnknownEntryError,
)
from cloud.ingest.retail.error_replay import PointRepairError, Repair, ReplayOutcome, replay_error
from cloud.ingest.retail.exchange_rates import ExchangeRates
from tests.cloud.databases import new_engine
from tests.cloud.ingest.retail.price_messages import (
    CONTEXT,
    EURO_DAY,
    GOOD,
    NOW,
    REGULAR,
    message_of,
    read_errors,
    read_points,
    send,
)


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    engine = new_engine(tmp_path)
    yield engine
    engine.dispose()


def _replay(
    engine: Engine, number: int = 1, *, context: IngestContext = CONTEXT, **more: Any
) -> ReplayOutcome:
    repair = Repair(**more)
    return replay_error(engine, number, repair, context=context, actor="ann", now=NOW)


def _actions(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(select(audit_log.c.action)).scalars())


def test_a_repaired_point_is_committed_with_the_changed_fields(engine: Engine) -> None:
    send(engine, message_of(units=-12))
    assert _replay(engine, changes={"units": "12"}) == ReplayOutcome(True, "committed")
    assert [row.units for row in read_points(engine)] == [12]
    (row,) = read_errors(engine)
    assert (row.state, row.decided_by, row.decided_at) == ("repaired", "ann", NOW)
    assert msgspec.json.decode(row.repaired)["units"] == 12
    assert msgspec.json.decode(row.payload)["units"] == -12
    assert _actions(engine) == ["retail_error.repair"]
    with pytest.raises(SettledEntryError, match="was repaired by ann"):
        _replay(engine)


def test_a_repair_that_is_refused_changes_nothing(engine: Engine) -> None:
    send(engine, message_of(units=-12))
    before = read_errors(engine)
    outcome = _replay(engine, changes={"units": "12", "price": "0"})
    assert not outcome.is_committed
    assert outcome.sentence.startswith("refused again: test:1: zero_price in price")
    assert read_errors(engine) == before
    assert read_points(engine) == []
    assert _actions(engine) == []


def test_a_replay_after_the_rates_are_loaded_commits(engine: Engine) -> None:
    send(engine, message_of(currency="USD"))
    assert not _replay(engine).is_committed
    rates = ExchangeRates("GBP", [("USD", EURO_DAY, Decimal("0.75"))], 5)
    context = replace(CONTEXT, known=replace(CONTEXT.known, rates=rates))
    assert _replay(engine, context=context).is_committed
    assert read_errors(engine)[0].state == "replayed"


def test_a_replay_shows_the_newest_reason(engine: Engine) -> None:
    send(engine, message_of(store="S003"))
    store = replace(CONTEXT.known.stores["S001"], store="S003", region="wales")
    known = replace(CONTEXT.known, stores={"S003": store})
    assert not _replay(engine, context=replace(CONTEXT, known=known)).is_committed
    assert (read_errors(engine)[0].reason, read_errors(engine)[0].field) == (
        "wrong_region", "region",
    )  # fmt: skip


def test_what_was_committed_meanwhile_is_settled(engine: Engine) -> None:
    send(engine, message_of(currency="USD"))
    send(engine, message_of())
    outcome = _replay(engine, changes={"currency": "GBP"})
    assert outcome == ReplayOutcome(True, "was committed before")
    assert len(read_points(engine)) == 1


def test_an_outlier_is_committed_when_it_is_confirmed(engine: Engine) -> None:
    regular = [
        message_of(event_id=f"e{n}", observed_at=f"2026-03-01T0{n}:00:00Z", **REGULAR)
        for n in range(8)
    ]
    high = {"price": "25.00", "list_price": "25.00", "revenue": "300.00"}
    send(engine, *regular, message_of(**(REGULAR | high)))
    assert not _replay(engine).is_committed
    assert _replay(engine, confirms_outlier=True).is_committed
    assert read_points(engine)[-1].is_outlier


def test_an_unreadable_point_is_repaired_by_all_its_fields(engine: Engine) -> None:
    send(engine, message_of()[:-30])
    assert not _replay(engine, changes={"units": "12"}).is_committed
    fields = {name: str(value) for name, value in GOOD.items() if value is not None}
    assert _replay(engine, changes=fields).is_committed


def test_an_unknown_field_is_removed(engine: Engine) -> None:
    send(engine, message_of(prize="1", holiday="x"))
    assert _replay(engine, changes={"holiday": None}).is_committed
    assert read_points(engine)[0].holiday is None


def test_what_cannot_be_tried_is_refused(engine: Engine) -> None:
    send(engine, message_of(city="x" * 20_000))
    with pytest.raises(PointRepairError, match="repair it with all fields"):
        _replay(engine)
    with pytest.raises(PointRepairError, match="no field 'colour'"):
        _replay(engine, changes={"colour": "red"})
    with pytest.raises(UnknownEntryError):
        _replay(engine, 9)
