"""The published prices of a brief's hours, compared with those of a week before."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from cloud.database import writing
from cloud.notifications.kinds import NoticeChannel, NoticeTopic
from cloud.notifications.rules.price_drops import find_price_drops
from cloud.sales.price_sheet import PriceSheet, store_sheet
from cloud.sales.saved_briefs import SavedBrief, insert_brief
from tests.cloud.notifications.notice_world import NOON, NoticeWorld, by
from tests.cloud.rates import sites

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
QUESTION = (
    '{"budget": "90.00", "from": "2026-11-23", "until": "2026-11-25", "locations": ["KX-01"],'
    ' "dayparts": [{"from_hour": 8, "to_hour": 10}]}'
)


def publish(world: NoticeWorld, day: date, price_minor: int, cheap_hours: range = range(0)) -> None:
    first_at = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    prices = np.full(24 * 14, price_minor, dtype=np.int64)
    for hour in cheap_hours:
        prices[hour] = 1
    with writing(world.engine) as connection:
        sheet = PriceSheet("KX-01", day, first_at, first_at, "card 1", prices, "GBP")
        store_sheet(connection, sheet)


def save(world: NoticeWorld, account: str = "acme") -> None:
    with writing(world.engine) as connection:
        insert_brief(
            connection, SavedBrief(account * 2, account, "Winter tea", QUESTION, "ann", NOON)
        )


def find(world: NoticeWorld, now: datetime = NOON) -> list:
    with writing(world.engine) as connection:
        return list(find_price_drops(connection, sites(), now))


@pytest.fixture
def wanted(world: NoticeWorld) -> NoticeWorld:
    world.choose(world.ann, by(NoticeChannel.EMAIL, NoticeTopic.PRICE_DROP))
    save(world)
    publish(world, TODAY - 7 * DAY, 1_000)
    return world


def test_a_drop_of_a_tenth_is_announced_once(wanted: NoticeWorld) -> None:
    publish(wanted, TODAY, 880)
    (event,) = find(wanted)
    assert event.title == "Prices for Winter tea fell by 12%"
    assert event.facts[1].text == "GBP 8.80 instead of GBP 10.00"
    assert event.facts[2].text == "4"
    wanted.store(event)
    publish(wanted, TODAY + DAY, 870)
    assert find(wanted, NOON + DAY) == []
    publish(wanted, TODAY + 2 * DAY, 700)
    assert len(find(wanted, NOON + 2 * DAY)) == 1


@pytest.mark.parametrize("price_minor", [901, 1_000, 1_200])
def test_a_smaller_drop_or_a_rise_is_not(wanted: NoticeWorld, price_minor: int) -> None:
    publish(wanted, TODAY, price_minor)
    assert find(wanted) == []


def test_only_the_hours_of_the_brief_count(wanted: NoticeWorld) -> None:
    publish(wanted, TODAY, 1_000, cheap_hours=range(72))  # before the brief begins
    assert find(wanted) == []


def test_nothing_is_computed_for_a_brief_that_nobody_asks_about(wanted: NoticeWorld) -> None:
    save(wanted, "bolt")
    publish(wanted, TODAY, 500)
    assert [event.account for event in find(wanted)] == ["acme"]


def test_nothing_is_announced_without_a_former_price_or_after_the_brief(
    wanted: NoticeWorld,
) -> None:
    assert find(wanted) == []
    publish(wanted, TODAY, 500)
    assert find(wanted, NOON + 5 * DAY) == []
