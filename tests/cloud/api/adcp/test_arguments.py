"""Hostile arguments are refused with a code and a message."""

import pytest

from tests.cloud.api.adcp.conftest import BUY, Seller


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_products", {"buying_mode": "brief", "brief": "a\x00b"}),
        ("get_products", {"buying_mode": "wholesale", "pagination": {"cursor": "-1"}}),
        ("get_products", {"buying_mode": "wholesale", "filters": {"start_date": "2026-13-99"}}),
        ("get_media_buys", {"media_buy_ids": ["'; DROP TABLE orders; --"] * 101}),
        ("get_media_buys", {"pagination": {"cursor": "9" * 30}}),
        ("get_media_buy_delivery", {"start_date": "0000-00-00"}),
        ("list_creatives", {"pagination": {"cursor": "0" * 32}}),
        ("list_creatives", {"filters": {"statuses": ["x"]}}),
        ("list_accounts", {"pagination": {"max_results": 0}}),
        ("create_media_buy", {**BUY, "idempotency_key": "k" * 16, "start_time": "\u0661"}),
        ("create_media_buy", {**BUY, "idempotency_key": "short"}),
        ("update_media_buy", {"idempotency_key": "k" * 17}),
        ("sync_creatives", {"idempotency_key": "k" * 18, "creatives": []}),
    ],
)
def test_hostile_arguments_are_refused_with_a_code(
    seller: Seller, tool: str, arguments: dict
) -> None:
    refusal = seller.refuse(tool, **arguments)
    assert refusal["code"] in {"INVALID_REQUEST", "VALIDATION_ERROR", "CREATIVE_NOT_FOUND"}
    assert refusal["message"]
