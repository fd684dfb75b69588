"""Products with their price and forecast; filters choose, and a brief orders them."""

import pytest

from tests.cloud.api.adcp.conftest import ACCOUNT, Seller


def test_products_describe_screens_prices_and_measurement(seller: Seller) -> None:
    days = {"start_date": "2026-11-24", "end_date": "2026-11-24"}
    found = seller("get_products", buying_mode="wholesale", account=ACCOUNT, filters=days)
    commuters, stations = found["products"]
    assert [commuters["product_id"], stations["product_id"]] == ["commuters", "stations"]
    option, double, _ = commuters["pricing_options"]
    assert (option["pricing_model"], option["currency"]) == ("flat_rate", "GBP")
    assert double["fixed_price"] == pytest.approx(2 * option["fixed_price"])
    assert option["parameters"] == {
        "type": "dooh", "sov_percentage": 16.67, "loop_duration_seconds": 60,
        "min_plays_per_hour": 60, "venue_package": "Commuters", "duration_hours": 3,
        "daypart": "peak", "estimated_impressions": option["parameters"]["estimated_impressions"],
    }  # fmt: skip
    (point,) = commuters["forecast"]["points"]
    impressions = point["metrics"]["impressions"]
    assert impressions["low"] <= impressions["mid"] <= impressions["high"]
    assert point["metrics"]["plays"] == {"mid": 180}
    (screen,) = commuters["ext"]["onlooker"]["screens"]
    assert {one["type"] for one in screen["identifiers"]} == {
        "screen_id", "venue_id", "openooh_venue_type",
    }  # fmt: skip
    (placement,) = commuters["placements"]
    assert (placement["format_ids"][0]["width"], placement["format_ids"][0]["height"]) == (
        1080,
        1920,
    )
    windows = commuters["reporting_capabilities"]["measurement_windows"]
    assert [one["window_id"] for one in windows] == ["tentative", "final"]


def test_filters_fields_pages_and_refinements_choose(seller: Seller) -> None:
    asked = {"buying_mode": "wholesale", "fields": ["forecast"]}
    page = seller("get_products", pagination={"max_results": 1}, **asked)
    assert (page["pagination"]["has_more"], len(page["products"])) == (True, 1)
    assert "placements" not in page["products"][0]
    cursor = {"cursor": page["pagination"]["cursor"]}
    rest = seller("get_products", pagination=cursor, **asked)
    assert [one["product_id"] for one in rest["products"]] == ["stations"]
    for filters in ({"delivery_type": "non_guaranteed"}, {"channels": ["ctv"]}):
        assert seller("get_products", filters=filters, **asked)["products"] == []
    refine = [
        {"scope": "product", "product_id": "stations", "action": "omit"},
        {"scope": "product", "product_id": "commuters", "ask": "cheaper"},
        {"scope": "request", "ask": "more"},
    ]
    refined = seller("get_products", buying_mode="refine", refine=refine)
    assert [one["product_id"] for one in refined["products"]] == ["commuters"]
    assert [one["status"] for one in refined["refinement_applied"]] == [
        "applied", "partial", "unable",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ({"buying_mode": "brief"}, "INVALID_REQUEST", "brief"),
        ({"buying_mode": "refine"}, "INVALID_REQUEST", "refine"),
        ({"filters": {"countries": ["GB"]}}, "UNSUPPORTED_FEATURE", "filters.countries"),
        ({"filters": {"start_date": "2020-01-01"}}, "VALIDATION_ERROR", "filters.start_date"),
        ({"property_list": {"list_id": "a"}}, "UNSUPPORTED_FEATURE", "property_list"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_with_its_field(
    seller: Seller, arguments: dict, code: str, field: str
) -> None:
    refusal = seller.refuse("get_products", **{"buying_mode": "wholesale", **arguments})
    assert (refusal["code"], refusal["field"]) == (code, field)
