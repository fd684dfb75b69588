"""The report of decisions: acceptance by day, revenue, and a change of margin with its interval."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Connection

from cloud.analytics.retail.price_effects import BEFORE_DAYS, MissingEffect, read_effect_report
from cloud.auth.audit import audit_log
from cloud.database.retail import retail_price_points
from cloud.sales.retail.decisions import PriceDecision, decide, propose
from cloud.sales.retail.recommendation_store import RecommendationState
from cloud.sales.retail.tables import retail_prices, retail_recommendations
from tests.cloud.memory_database import in_memory
from tests.cloud.retail_points import PRODUCT, insert_points, point_row
from tests.cloud.sales.retail.retail_rows import ACCEPT, allow_all, new_recommendation

SINCE = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
PERIOD = 21
UNTIL = SINCE + PERIOD * DAY
STORES = [f"S-{n:02}" for n in range(10)]
CHANGED = STORES[:5]


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(
        retail_price_points, retail_prices, retail_recommendations, audit_log
    ) as connection:
        yield connection


def sell(connection: Connection, *, lift: float = 0.0, days: int = PERIOD) -> None:
    """Units a day differ by store and grow for all; changed stores sell more after the change."""
    random = np.random.default_rng(3)
    rows = []
    for number, store in enumerate(STORES):
        for day in range(-BEFORE_DAYS, days):
            growth = 10 if day >= 0 else 0
            more = lift if store in CHANGED and day > 0 else 0
            units = 40 + 5 * number + growth + more + random.integers(-3, 4)
            rows.append(point_row(store, SINCE + day * DAY + timedelta(hours=9), units=int(units)))
    insert_points(connection, rows)


def decide_all(connection: Connection, stores: list[str] = CHANGED) -> None:
    rows = [
        new_recommendation(f"r-{one}", product=PRODUCT, store=one, proposed_at=SINCE,
                           valid_until=UNTIL)
        for one in stores
    ]  # fmt: skip
    propose(connection, rows, by="nightly", now=SINCE)
    for one in stores:
        decide(connection, f"r-{one}", ACCEPT, allow_all, by="ann", now=SINCE, batch="d")


def test_the_change_of_margin_is_that_beyond_the_comparison_stores(connection: Connection) -> None:
    sell(connection, lift=8)
    decide_all(connection)
    whole = read_effect_report(connection, SINCE, UNTIL).whole
    assert whole.effect is not None
    assert whole.effect.per_day_minor == pytest.approx(8 * 150, rel=0.1)  # margin of a unit: 1.50
    assert (whole.effect.stores, whole.effect.prices) == (5, 5)
    assert whole.effect.low_minor < whole.effect.total_minor < whole.effect.high_minor
    assert whole.effect.low_minor > 0
    assert whole.acceptance is not None
    assert (whole.acceptance.value, whole.accepted) == (1.0, 5)


def test_without_an_effect_the_interval_has_zero(connection: Connection) -> None:
    sell(connection)
    decide_all(connection)
    effect = read_effect_report(connection, SINCE, UNTIL).whole.effect
    assert effect is not None
    assert effect.low_minor < 0 < effect.high_minor


@pytest.mark.parametrize(
    ("stores", "days", "missing"),
    [
        ([], PERIOD, MissingEffect.NO_CHANGES),
        (STORES, PERIOD, MissingEffect.NO_COMPARISON),
        (CHANGED, 5, MissingEffect.TOO_SHORT),
    ],
)
def test_what_cannot_be_measured_says_why(
    connection: Connection, stores: list[str], days: int, missing: MissingEffect
) -> None:
    sell(connection, days=days)
    decide_all(connection, stores)
    whole = read_effect_report(connection, SINCE, UNTIL).whole
    assert (whole.effect, whole.missing) == (None, missing)
    assert whole.revenue_minor is not None


def test_two_stores_have_a_change_without_an_interval(connection: Connection) -> None:
    sell(connection)
    decide_all(connection, STORES[:2])
    effect = read_effect_report(connection, SINCE, UNTIL).whole.effect
    assert effect is not None
    assert (effect.stores, effect.low_minor, effect.high_minor) == (2, None, None)


def test_groups_have_their_own_decisions_and_nothing_observed_is_not_zero(
    connection: Connection,
) -> None:
    places = {
        "a": ("S-1", "north", "juice"), "b": ("S-2", "north", "milk"),
        "c": ("S-3", "south", "milk"), "d": ("S-4", "south", "milk"),
    }  # fmt: skip
    rows = [
        new_recommendation(name, store=store, region=region, category=category,
                           proposed_at=SINCE, valid_until=UNTIL)
        for name, (store, region, category) in places.items()
    ]  # fmt: skip
    propose(connection, rows, by="nightly", now=SINCE)
    choices = {
        "a": ACCEPT,
        "b": PriceDecision(state=RecommendationState.CHANGED, price_minor=381, reason="rounder"),
        "c": PriceDecision(state=RecommendationState.REJECTED, reason="promotion"),
    }
    for name, decision in choices.items():
        decide(connection, name, decision, allow_all, by="ann", now=SINCE, batch="d")
    report = read_effect_report(connection, SINCE, UNTIL)
    assert (report.whole.accepted, report.whole.changed, report.whole.rejected) == (1, 1, 1)
    by_region = {one.name: (one.accepted, one.changed, one.rejected) for one in report.by_region}
    assert by_region == {"north": (1, 1, 0), "south": (0, 0, 1)}
    by_category = {one.name: one.accepted for one in report.by_category}
    assert by_category == {"juice": 1, "milk": 0}
    assert report.whole.revenue_minor is None
    assert report.whole.missing is MissingEffect.NO_CHANGES
