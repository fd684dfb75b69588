"""From a product to a booked media buy, and what is refused."""

import pytest

from cloud.auth import audit
from cloud.database import reading
from tests.cloud.api.adcp.conftest import ACCOUNT, BUY, PACKAGE, Seller


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
    bought.pop("idempotency_key")
    assert read == bought


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"packages": []}, "INVALID_REQUEST", "packages"),
        ({"start_time": "2026-11-01T00:00:00Z"}, "INVALID_REQUEST", "packages[0].start_time"),
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
