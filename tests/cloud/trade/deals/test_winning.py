"""What is booked for a bid: an approved creative, within the credit of who pays."""

from typing import Any

import pytest
from sqlalchemy import update

from cloud.auth.accounts.account_store import accounts
from cloud.auth.audit_comparisons import compare_with_log
from cloud.booking.audit_log.quote_comparison import QuoteComparison
from cloud.database import reading, writing
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.trade.deals.conftest import Exchange


@pytest.mark.parametrize(
    ("decision", "loss"), [("approve", 0), ("reject", 202), (None, 201)]
)  # fmt: skip
def test_only_an_approved_creative_wins(
    exchange: Exchange, decision: str | None, loss: int
) -> None:
    name = f"summer-{decision}"
    body = {
        "name": name, "sha256": "b" * 64, "media_type": "video/mp4", "width_px": 1080,
        "height_px": 1920, "duration_s": 10,
    }  # fmt: skip
    created = exchange.market("acme", "POST", "/api/creatives", body).json()
    if decision is not None:
        reason = {"reason": "too dark"} if decision == "reject" else None
        where = f"/api/creatives/{created['id']}/{decision}"
        assert exchange.market("sales", "POST", where, reason).status_code == 200
    exchange.bidder.creative = name
    try:
        assert exchange.ask()["loss_reason"] == loss
        with reading(exchange.market.context.engine) as connection:
            assert compare_with_log(connection, FRIDAY_NOON, [QuoteComparison()]) == []
    finally:
        exchange.bidder.creative = "spring-sale"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"credit_limit_minor": 0}, "would exceed its credit limit"),
        ({"closed_at": FRIDAY_NOON}, "account acme is closed"),
    ],
)
def test_a_win_that_nobody_would_pay_is_not_booked(
    exchange: Exchange, change: dict[str, Any], reason: str
) -> None:
    before, engine = exchange.lines(), exchange.market.context.engine
    acme = update(accounts).where(accounts.c.id == "acme")
    with writing(engine) as connection:
        connection.execute(acme.values(change))
    found = exchange.ask()
    with writing(engine) as connection:
        connection.execute(acme.values(credit_limit_minor=10**6, closed_at=None))
    assert (found["status"], found["loss_reason"]) == ("refused", 1)
    assert reason in found["reason"]
    assert exchange.lines() == before
