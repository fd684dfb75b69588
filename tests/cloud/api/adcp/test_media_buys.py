"""From a product to a booked media buy, and what is refused."""

import pytest

from cloud.auth import audit
from cloud.database import reading
from tests.cloud.api.adcp.conftest import ACCOUNT, BUY, PACKAGE, Seller

PEAK = {"days": ["tuesday"], "start_hour": 8, "end_hour": 9}


def test_a_media_buy_books_the_hours_of_its_products_at_the_offered_price(seller: Seller) -> None:
    filters = {"start_date": "2026-11-24", "end_date": "2026-11-24"}
    found = seller(
        "get_products", buying_mode="brief", brief="Commuters at King's Cross", filters=filters
    )
    product = found["products"][0]
    offered = product["pricing_options"][0]
    assert (product["product_id"], offered["pricing_option_id"]) == ("commuters", "flat-rate-1")
    bought = seller.buy()
    (package,) = bought["packages"]
    booked = package["ext"]["onlooker"]
    assert (bought["status"], booked["screen_hours"]) == ("pending_creatives", 3)
    assert booked["price"] == offered["fixed_price"] < bought["total_budget"] == 5000
    (read,) = seller("get_media_buys", media_buy_ids=[bought["media_buy_id"]])["media_buys"]
    assert read == bought


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


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"packages": []}, "INVALID_REQUEST", "packages"),
        ({"start_time": "2026-11-01T00:00:00Z"}, "VALIDATION_ERROR", "packages[0].start_time"),
        ({"start_time": "soon"}, "VALIDATION_ERROR", "start_time"),
        ({"end_time": "2026-11-25"}, "INVALID_REQUEST", "end_time"),
        ({"end_time": "2026-11-24T00:30:00Z"}, "VALIDATION_ERROR", "packages[0]"),
        ({"end_time": "2028-11-24T00:30:00Z"}, "VALIDATION_ERROR", "packages[0].end_time"),
        ({"account": {"account_id": "bolt"}}, "ACCOUNT_NOT_FOUND", "account"),
        ({"account": {"account_id": "nobody"}}, "ACCOUNT_NOT_FOUND", "account"),
        ({"account": {**ACCOUNT, "sandbox": True}}, "ACCOUNT_NOT_FOUND", "account.sandbox"),
        ({"account": {}}, "INVALID_REQUEST", "account"),
        ({"proposal_id": "p"}, "UNSUPPORTED_FEATURE", "proposal_id"),
        ({"adcp_major_version": 2}, "VERSION_UNSUPPORTED", "adcp_major_version"),
    ],
)
def test_a_media_buy_is_refused_with_its_field(
    seller: Seller, change: dict, code: str, field: str
) -> None:
    refusal = seller.refuse_change("create_media_buy", **{**BUY, **change})
    assert (refusal["code"], refusal["field"]) == (code, field)


def test_hours_that_are_sold_out_are_named_and_nothing_is_booked(seller: Seller) -> None:
    flight = {"start_time": "2026-12-01T00:00:00Z", "end_time": "2026-12-02T00:00:00Z"}
    package = {**PACKAGE, "pricing_option_id": "flat-rate-3"}
    two = [package, package]
    seller.buy(packages=two, **flight)
    refusal = seller.refuse_change("create_media_buy", **{**BUY, "packages": [package], **flight})
    assert (refusal["code"], refusal["field"]) == ("PRODUCT_UNAVAILABLE", "packages")
    assert refusal["details"]["short_count"] == 3
    assert refusal["details"]["short_slots"][0]["free"] == 0


def test_a_repeated_key_books_once_and_a_different_request_with_it_is_refused(
    seller: Seller,
) -> None:
    key = seller.new_key()
    first = seller("create_media_buy", idempotency_key=key, context={"call": 1}, **BUY)
    again = seller("create_media_buy", idempotency_key=key, context={"call": 2}, **BUY)
    assert again == first | {"replayed": True, "context": {"call": 2}}
    refusal = seller.refuse("create_media_buy", idempotency_key=key, **BUY, po_number="7")
    assert refusal["code"] == "IDEMPOTENCY_CONFLICT"
    missing = seller.refuse("create_media_buy", **BUY)
    assert (missing["code"], missing["field"]) == ("INVALID_REQUEST", "idempotency_key")


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


def test_another_account_finds_nothing(seller: Seller) -> None:
    bought = seller.buy(start_time="2026-12-03T00:00:00Z", end_time="2026-12-04T00:00:00Z")
    ids = [bought["media_buy_id"]]
    assert seller("get_media_buys", "bolt", media_buy_ids=ids)["media_buys"] == []
    assert seller("get_media_buy_delivery", "bolt", media_buy_ids=ids)["media_buy_deliveries"] == []
    cancel = {"account": {"account_id": "bolt"}, "canceled": True}
    theirs, never = (
        seller.refuse_change("update_media_buy", "bolt", media_buy_id=name, **cancel)
        for name in (ids[0], "0" * 32)
    )
    assert theirs == never
    assert theirs["code"] == "MEDIA_BUY_NOT_FOUND"
    found = seller("get_media_buys", "sales", media_buy_ids=ids)["media_buys"]
    assert [one["media_buy_id"] for one in found] == ids


def test_every_change_is_in_the_audit_log(seller: Seller) -> None:
    bought = seller.buy(start_time="2026-12-04T00:00:00Z", end_time="2026-12-05T00:00:00Z")
    with reading(seller.market.context.engine) as connection:
        entries = audit.read_entries(connection)
        actions = [one.action for one in entries if one.object == bought["media_buy_id"]]
    assert actions == ["order.create", "order.line.add", "order.line.book"]
