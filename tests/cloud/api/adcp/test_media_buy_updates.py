"""Pause, resume and cancel a media buy, and change its packages."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from cloud.auth.audit_comparisons import compare_with_log
from cloud.booking.adcp.package_comparison import PackageComparison
from cloud.database import reading
from tests.cloud.api.adcp.conftest import ACCOUNT, FLIGHT, PACKAGE, Seller
from tests.cloud.app_context import FRIDAY_NOON, ManualClock


@pytest.fixture
def bought(seller: Seller) -> dict[str, Any]:
    return seller.buy()


def update(seller: Seller, buy: dict[str, Any], **change: object) -> dict[str, Any]:
    fields = {"account": ACCOUNT, "media_buy_id": buy["media_buy_id"], **change}
    return seller.change("update_media_buy", **fields)


def refuse(seller: Seller, buy: dict[str, Any], **change: object) -> tuple[str, str | None]:
    fields = {"account": ACCOUNT, "media_buy_id": buy["media_buy_id"], **change}
    refusal = seller.refuse_change("update_media_buy", **fields)
    return refusal["code"], refusal.get("field")


def approve_creative(seller: Seller, creative: str) -> None:
    approved = seller.market("sales", "POST", f"/api/creatives/{creative}/approve")
    assert approved.status_code == 200, approved.text


def test_a_media_buy_is_canceled_once(seller: Seller, bought: dict[str, Any]) -> None:
    assert refuse(seller, bought, revision=99) == ("CONFLICT", "revision")
    revision = bought["revision"]
    ended = update(seller, bought, canceled=True, cancellation_reason="no stock", revision=revision)
    assert ended["revision"] > revision
    (read,) = seller("get_media_buys", media_buy_ids=[bought["media_buy_id"]])["media_buys"]
    assert read["cancellation"]["canceled_by"] == "buyer"
    assert read["cancellation"]["reason"] == "no stock"
    assert refuse(seller, bought, canceled=True) == ("NOT_CANCELLABLE", "canceled")
    assert refuse(seller, bought, paused=False)[0] == "INVALID_STATE"


def test_budgets_and_packages_change_within_their_price(
    seller: Seller, bought: dict[str, Any]
) -> None:
    package = bought["packages"][0]["package_id"]
    raised = update(seller, bought, packages=[{"package_id": package, "budget": 6000}])
    assert raised["affected_packages"][0]["budget"] == 6000
    lowered = refuse(seller, bought, packages=[{"package_id": package, "budget": 1}])
    assert lowered == ("BUDGET_TOO_LOW", "packages[0].budget")
    moved = refuse(seller, bought, packages=[{"package_id": package, **FLIGHT}])
    assert moved == ("UNSUPPORTED_FEATURE", "packages[0].end_time")
    unknown = refuse(seller, bought, packages=[{"package_id": "0" * 32, "budget": 1}])
    assert unknown == ("PACKAGE_NOT_FOUND", "packages[0].package_id")
    added = update(seller, bought, new_packages=[PACKAGE])
    assert len(added["affected_packages"]) == 1
    other = added["affected_packages"][0]["package_id"]
    removed = update(seller, bought, packages=[{"package_id": other, "canceled": True}])
    with reading(seller.market.context.engine) as connection:
        assert compare_with_log(connection, FRIDAY_NOON, [PackageComparison()]) == []
    assert removed["affected_packages"][0]["canceled"] is True
    again = refuse(seller, bought, packages=[{"package_id": other, "canceled": True}])
    assert again == ("NOT_CANCELLABLE", "packages[0].package_id")
    assert removed["status"] == "pending_creatives"


def test_a_media_buy_is_paused_and_resumed_in_flight(
    seller: Seller, bought: dict[str, Any], clock: ManualClock
) -> None:
    assert refuse(seller, bought, paused=True) == ("INVALID_STATE", "paused")
    package = bought["packages"][0]["package_id"]
    synced = seller.sync("tea", assignments=[{"creative_id": "tea", "package_id": package}])
    (creative,) = synced["creatives"]
    assert creative["assigned_to"] == [package]
    approve_creative(seller, creative["platform_id"])
    waiting = seller("get_media_buys", media_buy_ids=[bought["media_buy_id"]])["media_buys"][0]
    assert waiting["status"] == "pending_start"
    clock.now = datetime.fromisoformat(bought["start_time"]) + timedelta(minutes=90)
    assert update(seller, bought, paused=True)["status"] == "paused"
    assert (
        update(seller, bought, packages=[{"package_id": package, "paused": False}])[
            "affected_packages"
        ][0]["package_id"]
        == package
    )
    ended = update(seller, bought, canceled=True, cancellation_reason="no stock")
    assert (ended["status"], ended["valid_actions"]) == ("canceled", [])
