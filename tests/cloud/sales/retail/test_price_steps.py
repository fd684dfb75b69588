"""Prices are activated when they are due, checked again, and replace each other by layer."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from cloud.sales.retail.price_steps import NewPrice, activate_due, approve_prices, cancel_price
from cloud.sales.retail.prices import (
    PriceConflictError,
    PriceSource,
    PriceState,
    find_price,
    price_at,
    read_in_force,
    read_path,
)
from cloud.sales.retail.recommendation_store import RecommendationState, find_recommendation
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


def approve(connection: Connection, price_minor: int, **more: object) -> str:
    values = {"starts_at": NOON, "source": PriceSource.CHANGE, **more}
    new = NewPrice(key=KEY, price_minor=price_minor, currency="USD", **values)  # type: ignore[arg-type]
    return approve_prices(connection, [new], by="ann", now=NOON, batch="b")[0].id


def in_force(connection: Connection, at: object) -> int | None:
    found = read_in_force(connection, [KEY], at).get(KEY)  # type: ignore[arg-type]
    return None if found is None else found.price_minor


def test_a_scheduled_price_is_activated_when_it_is_due(connection: Connection) -> None:
    name = approve(connection, 379, starts_at=NOON + HOUR)
    assert activate_due(connection, allow_all, NOON).active == []
    late = NOON + HOUR + MINUTE
    assert [one.id for one in activate_due(connection, allow_all, late).active] == [name]
    assert in_force(connection, NOON + HOUR) is None  # it was activated a minute late
    assert in_force(connection, late) == 379


@SQLITE_ONLY
def test_a_rule_is_checked_again_at_activation(connection: Connection) -> None:
    check = FloorCheck(300)
    accept(connection, "r1", 399, NOON - HOUR, check)
    approve(connection, 379, starts_at=NOON + HOUR, recommendation="r1")
    check.floor_minor = 390  # the cost has risen since
    result = activate_due(connection, check, NOON + HOUR)
    assert [one.state for one in result.blocked] == [PriceState.BLOCKED]
    assert "below the cost 390" in str(result.blocked[0].state_reason)
    assert in_force(connection, NOON + HOUR) == 399


@SQLITE_ONLY
def test_a_price_replaces_the_one_before(connection: Connection) -> None:
    accept(connection, "r1", 399, NOON, allow_all)
    accept(connection, "r2", 379, NOON + MINUTE, allow_all)
    states = [find_recommendation(connection, name).state for name in ("r1", "r2")]
    assert states == [RecommendationState.SUPERSEDED, RecommendationState.ACTIVE]
    path = read_path(connection, [KEY], NOON, NOON + HOUR)[KEY]
    assert [one.price_minor for one in path] == [399, 379]
    before = price_at(path, NOON)
    assert before is not None
    assert before.price_minor == 399


@SQLITE_ONLY
def test_several_due_prices_of_one_product_end_in_their_order(connection: Connection) -> None:
    for minutes, price_minor in ((2, 389), (1, 379), (3, 369)):
        approve(connection, price_minor, starts_at=NOON + minutes * MINUTE)
    activate_due(connection, allow_all, NOON + HOUR)
    assert in_force(connection, NOON + HOUR) == 369


@SQLITE_ONLY
def test_an_override_is_above_an_experiment_until_its_end(connection: Connection) -> None:
    approve(connection, 399)
    approve(connection, 379, source=PriceSource.EXPERIMENT, experiment="e1")
    approve(connection, 299, source=PriceSource.OVERRIDE, ends_at=NOON + HOUR)
    activate_due(connection, allow_all, NOON)
    assert in_force(connection, NOON) == 299
    assert in_force(connection, NOON + HOUR) == 379
    ended = activate_due(connection, allow_all, NOON + HOUR).ended
    assert [one.price_minor for one in ended] == [299]


@SQLITE_ONLY
def test_a_price_whose_end_has_passed_is_never_activated(connection: Connection) -> None:
    name = approve(connection, 299, source=PriceSource.OVERRIDE, ends_at=NOON + MINUTE)
    activate_due(connection, allow_all, NOON + HOUR)
    assert find_price(connection, name).state is PriceState.CANCELLED


@SQLITE_ONLY
def test_only_a_scheduled_price_is_cancelled(connection: Connection) -> None:
    name = approve(connection, 399, starts_at=NOON + HOUR)
    price = find_price(connection, name)
    cancel_price(connection, price, "a mistake", by="ann", now=NOON)
    with pytest.raises(PriceConflictError, match="cancelled"):
        cancel_price(connection, find_price(connection, name), "again", by="bob", now=NOON)
    with pytest.raises(PriceConflictError, match="changed since"):
        cancel_price(connection, price, "from an old page", by="bob", now=NOON)
