"""No price below the legal floor, the minimum advertised price or the cost is approved."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from cloud.database.retail import retail_price_points, retail_products
from cloud.pricing.retail.ladder import LadderTier
from cloud.pricing.retail.rules import Clearance, PriceRules, RuleValues
from cloud.sales.retail.hard_rules import HardRuleCheck, nearest_on_ladder
from cloud.sales.retail.prices import PriceKey
from cloud.sales.retail.rule_check import PriceCandidate
from tests.cloud.memory_database import in_memory
from tests.cloud.retail_points import PRODUCT, insert_points, point_row, product_row
from tests.cloud.sales.retail.retail_rows import NOON

RULES = PriceRules(version="1")
DAY = timedelta(days=1)


@pytest.fixture
def connection() -> Iterator[Connection]:
    """One product that costs 2.50 in a store."""
    with in_memory(retail_price_points, retail_products) as connection:
        before = point_row("S-01", NOON - 2 * DAY, cost_minor=100)
        insert_points(connection, [point_row("S-01", NOON - DAY), before])
        yield connection


def check(connection: Connection, price_minor: int, rules: PriceRules = RULES, **more: str) -> str:
    key = PriceKey(more.get("product", PRODUCT), "S-01")
    one = PriceCandidate(key, price_minor, more.get("currency", "GBP"))
    return HardRuleCheck(NOON, rules)(connection, [one]).get(one, "")


def limit(connection: Connection, **more: object) -> None:
    connection.execute(retail_products.insert(), [product_row(**more)])


def test_a_price_is_above_the_newest_cost(connection: Connection) -> None:
    assert check(connection, 251) == ""
    assert check(connection, 250).startswith("cost: ")
    assert "2.51" in check(connection, 250)


@pytest.mark.parametrize(
    ("name", "rule"), [("map_minor", "map"), ("legal_floor_minor", "legal_floor")]
)
def test_a_price_is_at_or_above_each_limit(connection: Connection, name: str, rule: str) -> None:
    limit(connection, **{name: 300})
    assert check(connection, 300) == ""
    assert check(connection, 299).startswith(f"{rule}: ")


def test_what_cannot_be_checked_is_not_allowed(connection: Connection) -> None:
    assert "no cost" in check(connection, 400, product="unknown")
    assert "is sold in GBP" in check(connection, 400, currency="USD")
    limit(connection, map_minor=300, currency="USD")
    assert "limits of" in check(connection, 400)


def test_a_cost_that_is_two_weeks_old_is_unknown(connection: Connection) -> None:
    connection.exec_driver_sql(
        f"UPDATE retail_price_points SET observed_at = observed_at - {14 * 86_400 * 10**6}"
    )
    assert "no cost" in check(connection, 400)


def test_a_clearance_below_cost_releases_the_cost_until_its_end(connection: Connection) -> None:
    def clearing(ends_on: date) -> PriceRules:
        clearance = Clearance(ends_on=ends_on, below_cost=True)
        return PriceRules(version="2", defaults=RuleValues(clearance=clearance))

    assert check(connection, 200, clearing(NOON.date())) == ""
    assert check(connection, 200, clearing(NOON.date() - DAY)).startswith("cost: ")


def test_a_price_is_rounded_to_the_nearest_of_the_ladder() -> None:
    tier = LadderTier(step=Decimal("0.10"), ending=Decimal("0.09"))
    nearest = nearest_on_ladder(PriceRules(version="1", ladders={"GBP": (tier,)}))
    assert [nearest(price, "GBP") for price in (380, 384, 385, 389)] == [379, 389, 389, 389]
    assert nearest(381, "USD") == 381
    assert nearest(2, "GBP") == 9
