"""Revenue of sold slots against the base rate; unobserved hours are a figure of their own."""

from collections.abc import Callable

import pytest

from cloud.api.sales import revenue
from cloud.ingest.commit import commit
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import validate
from tests.cloud.api.orders.conftest import Market
from tests.cloud.booking.orders.order_steps import MONDAY_SEVEN
from tests.cloud.rates import sites
from wire.envelope import audience_event, encode_event

REVENUE = "/api/revenue?from=2026-11-20&until=2026-11-30"
BASE = sites().location("KX-01").base_rate_minor


def read(market: Market, who: str = "finance", path: str = REVENUE) -> dict:
    answer = market(who, "GET", path)
    assert answer.status_code == 200, answer.text
    found: dict = answer.json()
    return found


def book(market: Market) -> None:
    assert market.act("acme", market.order(), "book").status_code == 200


def test_nothing_sold_is_no_currency(market: Market):
    found = read(market)

    assert (found["from"], found["until"]) == ("2026-11-20", "2026-11-30")
    assert found["currencies"] == []
    assert "not an experiment" in found["caveat"]


def test_sold_slots_are_compared_with_the_base_rate(market: Market):
    book(market)
    (found,) = read(market)["currencies"]

    assert (found["actual_minor"], found["fixed_minor"]) == (210, 3 * BASE)
    assert found["uplift"] == 210 / (3 * BASE) - 1
    assert found["interval"] is None
    assert [one["location"] for one in found["by_location"]] == ["KX-01"]
    assert [(one["day"], one["slots"]) for one in found["by_day"]] == [("2026-11-23", 3)]
    assert {one["basis"]: one["slots"] for one in found["by_basis"]}["upcoming"] == 3
    other = read(market, path=f"{REVENUE}&location=LB-01")
    assert other["currencies"] == []


def test_hours_without_a_report_are_unobserved(market: Market, report: Callable, clock):
    book(market)
    one = report(1, location="KX-01", device="kx-01-cam-1", starts_at=MONDAY_SEVEN)
    topic = "onlooker/v1/KX-01/kx-01-cam-1/audience"
    clock.now = MONDAY_SEVEN.replace(hour=12)
    delivery = Delivery(topic, encode_event(audience_event(one)))
    commit(
        market.context.engine,
        [*validate(delivery, is_listed=lambda *_: True, now=clock.now)],
        clock.now,
    )
    (found,) = read(market)["currencies"]

    basis = {one["basis"]: one["slots"] for one in found["by_basis"]}
    assert basis == {"observed": 1, "unobserved": 2, "upcoming": 0}


def test_a_long_period_and_a_far_one_are_refused(market: Market):
    for period in (
        "from=2020-01-01",
        "until=0001-01-03",
        "from=0001-01-01&until=0001-01-20",
        "from=9999-12-01&until=9999-12-31",
    ):
        assert market("sales", "GET", f"/api/revenue?{period}").status_code == 422


def test_a_period_is_shorter_for_many_locations(market: Market, monkeypatch: pytest.MonkeyPatch):
    count = len(market.context.sites)
    monkeypatch.setattr(revenue, "MAX_LOCATION_DAYS", 10 * count)
    long = "/api/revenue?from=2026-11-19&until=2026-11-30"
    refused = market("sales", "GET", long)

    assert refused.status_code == 422
    assert f"11 days of {count} locations: ask for at most 10 days" in refused.json()["detail"]
    assert read(market, path=REVENUE)["from"] == "2026-11-20"
    assert read(market, path=f"{long}&location=KX-01")["from"] == "2026-11-19"
    assert read(market, path="/api/revenue?until=2026-11-30")["from"] == "2026-11-20"
