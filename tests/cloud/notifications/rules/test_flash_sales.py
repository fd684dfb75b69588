"""Prices set for a limited time, well below the published ones."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from cloud.database import EPOCH, writing
from cloud.notifications.rules.flash_sales import find_flash_sales
from cloud.pricing.market import PriceOverride
from cloud.sales.overrides import ActiveOverride, store_override
from cloud.sales.price_sheet import PriceSheet, store_sheet
from tests.cloud.notifications.notice_world import HOUR, NOON, NoticeWorld
from tests.cloud.rates import sites

TODAY = date(2026, 11, 20)
FIRST_AT = datetime.fromisoformat("2026-11-20T00:00:00+00:00")
SLOT_AT = int((NOON + 3 * HOUR - EPOCH).total_seconds())


def find(world: NoticeWorld, now: datetime = NOON, **changed) -> list:
    values = {"price_minor": 700, "until_at": NOON + 6 * HOUR, "set_at": NOON, "account": None}
    values |= changed
    sheet = PriceSheet("KX-01", TODAY, FIRST_AT, FIRST_AT, "card 1",
                       np.full(48, 1_000, dtype=np.int64), "GBP")  # fmt: skip
    with writing(world.engine) as connection:
        store_sheet(connection, sheet)
        for hour_s in (0, 3_600):
            price = PriceOverride(
                1, values["price_minor"], "sam", "empty slots",
                until_at=values["until_at"], account=values["account"],
            )  # fmt: skip
            one = ActiveOverride("KX-01", SLOT_AT + hour_s, values["set_at"], price)
            store_override(connection, one)
        return list(find_flash_sales(connection, sites(), now))


def test_a_sale_is_one_event_of_a_screen(world: NoticeWorld) -> None:
    (event,) = find(world)
    assert event.account is None
    assert "30% off" in event.title
    assert event.stale_at == NOON + 6 * HOUR
    facts = {fact.label: fact for fact in event.facts}
    assert facts["Hours on sale"].text == "2"
    assert facts["Best price"].text == "GBP 7.00 instead of 10.00"


def test_a_deal_of_one_account_is_for_that_account(world: NoticeWorld) -> None:
    (event,) = find(world, account="acme")
    assert event.account == "acme"


@pytest.mark.parametrize(
    "changed",
    [
        {"until_at": None},
        {"until_at": NOON + timedelta(days=8)},
        {"price_minor": 950},
        {"price_minor": 1_200},
        {"set_at": NOON - timedelta(days=3)},
        {"now": NOON + 4 * HOUR},
    ],
)
def test_what_is_no_sale_is_not_announced(world: NoticeWorld, changed: dict) -> None:
    assert find(world, **changed) == []
