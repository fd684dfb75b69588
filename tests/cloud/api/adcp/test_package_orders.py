"""A package is the hours of a product, within its budget, or is refused with its field."""

from datetime import datetime

import pytest
from sqlalchemy import Connection

from cloud.app import context as context_module
from cloud.app.context import AppContext
from cloud.booking.quote_locks import read_quote
from cloud.database import reading, writing
from cloud.sites.site_model import Site
from tests.cloud.api.adcp.conftest import BUY, PACKAGE, Seller

PEAK = {"days": ["tuesday"], "start_hour": 8, "end_hour": 9}


def test_dayparts_on_a_named_clock_choose_the_hours(seller: Seller) -> None:
    overlay = {"daypart_targets": [PEAK], "timezone": "Europe/London"}
    bought = seller.buy(packages=[{**PACKAGE, "targeting_overlay": overlay}])
    (package,) = bought["packages"]
    assert package["ext"]["onlooker"]["screen_hours"] == 1
    assert package["targeting_overlay"] == overlay
    assert bought["start_time"] == "2026-11-24T08:00:00Z"


REFUSALS = [
    ({"product_id": "nothing"}, "PRODUCT_NOT_FOUND", "product_id"),
    ({"pricing_option_id": "cpm"}, "VALIDATION_ERROR", "pricing_option_id"),
    ({"budget": 1}, "BUDGET_TOO_LOW", "budget"),
    ({"bid_price": 4}, "UNSUPPORTED_FEATURE", "bid_price"),
    ({"budget": "5000"}, "INVALID_REQUEST", "budget"),
    ({"targeting_overlay": {"daypart_targets": [PEAK]}}, "VALIDATION_ERROR", "targeting_overlay"),
    (
        {"targeting_overlay": {"frequency_cap": {}}},
        "UNSUPPORTED_FEATURE",
        "targeting_overlay.frequency_cap",
    ),
    (
        {"creative_assignments": [{"creative_id": "nobody-s"}]},
        "CREATIVE_REJECTED",
        "",
    ),
]


@pytest.mark.parametrize(("change", "code", "field"), REFUSALS)
def test_a_package_is_refused_with_its_field(
    seller: Seller, change: dict, code: str, field: str
) -> None:
    refusal = seller.refuse_change("create_media_buy", **{**BUY, "packages": [PACKAGE | change]})
    assert (refusal["code"], refusal["recovery"]) == (code, "correctable")
    assert refusal["field"] == f"packages[0].{field}".rstrip(".")


def test_terms_are_agreed_or_refused(seller: Seller) -> None:
    billing = {"vendor": {"domain": "other.example"}, "max_variance_percent": 12}
    terms = {"billing_measurement": billing}
    flight = {"start_time": "2026-12-02T00:00:00Z", "end_time": "2026-12-03T00:00:00Z"}
    bought = seller.buy(packages=[{**PACKAGE, "measurement_terms": terms}], **flight)
    agreed = bought["packages"][0]["measurement_terms"]["billing_measurement"]
    assert agreed["vendor"] == {"domain": "localhost"}
    assert (agreed["measurement_window"], agreed["max_variance_percent"]) == ("final", 12)
    billing["max_variance_percent"] = 1
    refusal = seller.refuse_change(
        "create_media_buy", **{**BUY, "packages": [{**PACKAGE, "measurement_terms": terms}]}
    )
    assert refusal["code"] == "TERMS_REJECTED"
    assert refusal["field"].endswith("billing_measurement.max_variance_percent")


@pytest.fixture
def uncached(seller: Seller) -> AppContext:
    seller.market.context.forecast_cache._made.clear()
    return seller.market.context


def test_forecasts_are_computed_before_the_transaction_of_the_change(
    seller: Seller, uncached: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    forecast, computed = context_module.forecast_at, []

    def compute_beside_a_writer(connection: Connection, site: Site, now: datetime) -> object:
        with writing(uncached.engine) as other:  # would wait for a transaction that writes
            other.exec_driver_sql("PRAGMA user_version = 1")
        computed.append(site.id)
        return forecast(connection, site, now)

    monkeypatch.setattr(context_module, "forecast_at", compute_beside_a_writer)
    seller.buy()
    assert computed == ["KX-01"]


def test_a_price_that_is_set_between_forecast_and_change_is_the_locked_one(
    seller: Seller, uncached: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    forecast, answers = AppContext.forecast, []

    def set_price_after(self: AppContext, site: Site) -> object:
        found = forecast(self, site)
        if not answers:
            asked = {"price": "12.00", "reason": "agreed"}
            path = f"/api/pricing/override/{site.id}/2026-11-24T08:00"
            answers.append(seller.market("sales", "PUT", path, asked).status_code)
        return found

    monkeypatch.setattr(AppContext, "forecast", set_price_after)
    overlay = {"daypart_targets": [PEAK], "timezone": "Europe/London"}
    bought = seller.buy(packages=[{**PACKAGE, "targeting_overlay": overlay}])
    assert answers == [200]
    with reading(uncached.engine) as connection:
        quote = read_quote(connection, bought["packages"][0]["package_id"], None)
    assert [one.price_minor for one in quote.slots] == [1200]
