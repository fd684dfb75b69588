"""Overrides have an end and a reason; roll-backs restore the price before, each by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from cloud.sales.retail.manual_prices import (
    NewOverride,
    OverridePeriodError,
    roll_back_batch,
    roll_back_experiment,
    roll_back_price,
    set_override,
)
from cloud.sales.retail.price_steps import NewPrice, activate_due, approve_prices
from cloud.sales.retail.prices import (
    PriceConflictError,
    PriceKey,
    PriceSource,
    PriceState,
    UnknownPriceError,
    find_price,
    read_in_force,
)
from cloud.sales.retail.recommendation_store import RecommendationState, find_recommendation
from cloud.sales.retail.rule_check import RuleBrokenError
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.sales.retail.retail_rows import (
    KEY,
    MINUTE,
    NOON,
    FloorCheck,
    accept,
    allow_all,
)

HOUR = timedelta(hours=1)
pytestmark = SQLITE_ONLY


def override(ends_at: object = NOON + HOUR, price_minor: int = 299) -> NewOverride:
    return NewOverride(
        key=KEY, price_minor=price_minor, currency="USD", reason="damaged pallet",
        ends_at=ends_at,  # type: ignore[arg-type]
    )  # fmt: skip


def roll_back(connection: Connection, name: str, check: object = allow_all) -> object:
    return roll_back_price(
        connection, name, "a mistake", check, by="ann", now=NOON + 2 * MINUTE,  # type: ignore[arg-type]
    )  # fmt: skip


def price_now(connection: Connection) -> int:
    return read_in_force(connection, None, NOON + 2 * MINUTE)[KEY].price_minor


def test_an_override_is_in_force_until_its_end(connection: Connection) -> None:
    accept(connection, "r1", 399, NOON, allow_all)
    stored = set_override(connection, override(), allow_all, by="ann", now=NOON)
    assert (stored.state, stored.approved_by) == (PriceState.ACTIVE, "ann")
    assert read_in_force(connection, None, NOON + HOUR)[KEY].price_minor == 399


def test_a_second_override_replaces_the_first(connection: Connection) -> None:
    set_override(connection, override(), allow_all, by="ann", now=NOON)
    set_override(connection, override(price_minor=289), allow_all, by="bob", now=NOON + MINUTE)
    assert price_now(connection) == 289


@pytest.mark.parametrize("ends_at", [NOON, NOON - HOUR, NOON + timedelta(days=91)])
def test_an_override_without_a_usable_end_is_refused(
    connection: Connection, ends_at: object
) -> None:
    with pytest.raises(OverridePeriodError):
        set_override(connection, override(ends_at), allow_all, by="ann", now=NOON)


def test_an_override_passes_the_hard_rules(connection: Connection) -> None:
    with pytest.raises(RuleBrokenError):
        set_override(connection, override(), FloorCheck(300), by="ann", now=NOON)


def test_a_roll_back_restores_the_price_before(connection: Connection) -> None:
    accept(connection, "r1", 399, NOON, allow_all)
    name = accept(connection, "r2", 379, NOON + MINUTE, allow_all)
    roll_back(connection, name)
    assert price_now(connection) == 399
    assert find_recommendation(connection, "r2").state is RecommendationState.ROLLED_BACK
    assert find_price(connection, name).state is PriceState.ROLLED_BACK


def test_the_first_approved_price_returns_to_the_one_that_was_recommended_to_change(
    connection: Connection,
) -> None:
    name = accept(connection, "r1", 379, NOON, allow_all)
    with pytest.raises(RuleBrokenError):
        roll_back(connection, name, FloorCheck(400))
    assert price_now(connection) == 379
    roll_back(connection, name)
    assert price_now(connection) == find_recommendation(connection, "r1").current_minor == 399


def test_a_roll_back_that_breaks_a_rule_is_refused(connection: Connection) -> None:
    accept(connection, "r1", 379, NOON, allow_all)
    name = accept(connection, "r2", 399, NOON + MINUTE, allow_all)
    with pytest.raises(RuleBrokenError):
        roll_back(connection, name, FloorCheck(390))
    assert price_now(connection) == 399


def test_what_cannot_be_rolled_back_is_refused(connection: Connection) -> None:
    first = accept(connection, "r1", 399, NOON, allow_all)
    second = accept(connection, "r2", 379, NOON + MINUTE, allow_all)
    with pytest.raises(PriceConflictError, match="is ended"):
        roll_back(connection, first)
    roll_back(connection, second)
    restored = read_in_force(connection, None, NOON + 2 * MINUTE)[KEY]
    with pytest.raises(PriceConflictError, match="roll-back itself"):
        roll_back(connection, restored.id)
    with pytest.raises(UnknownPriceError):
        roll_back(connection, "none")


def test_a_batch_is_rolled_back_price_by_price(connection: Connection) -> None:
    keys = [PriceKey("orange-1l", f"S-0{n}") for n in range(3)]
    for at, prices in ((NOON - HOUR, (399, 379)), (NOON, (389, 389, 389))):
        new = [
            NewPrice(key=key, price_minor=price, currency="USD", starts_at=at,
                     source=PriceSource.CHANGE)
            for key, price in zip(keys, prices, strict=False)
        ]  # fmt: skip
        approve_prices(connection, new, by="ann", now=at, batch=f"{at:%H}")
        activate_due(connection, allow_all, at)
    later = {"by": "ann", "now": NOON + MINUTE}
    results = roll_back_batch(connection, "12", "wrong file", FloorCheck(380), **later)  # type: ignore[arg-type]
    outcome = {one.price.store: one.refused for one in results}
    assert outcome["S-00"] is None
    assert "below the cost" in str(outcome["S-01"])
    assert "first approved" in str(outcome["S-02"])


def test_the_prices_of_an_experiment_end_together(connection: Connection) -> None:
    accept(connection, "r1", 399, NOON - HOUR, allow_all)
    new = [
        NewPrice(key=KEY, price_minor=359, currency="USD", starts_at=at, experiment="e1",
                 source=PriceSource.EXPERIMENT)
        for at in (NOON, NOON + HOUR)
    ]  # fmt: skip
    approve_prices(connection, new, by="ann", now=NOON, batch="e1")
    activate_due(connection, allow_all, NOON)
    results = roll_back_experiment(connection, "e1", "harm", allow_all, by="ann", now=NOON + MINUTE)
    states = sorted(one.price.state for one in results)
    assert states == [PriceState.CANCELLED, PriceState.ROLLED_BACK]
    assert price_now(connection) == 399
