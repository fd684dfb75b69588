"""A campaign starts with its first sold hour; its report is ready when no data can be late."""

from datetime import datetime, timedelta

import pytest

from cloud.booking.order_line import BookingStatus
from cloud.booking.order_store import add_versions
from cloud.campaigns.delivery import LATE_DATA
from cloud.database import writing
from cloud.notifications.kinds import NoticeTopic
from cloud.notifications.rules.campaigns import LOOK_BACK, find_campaign_events
from tests.cloud.booking.order_lines import MONDAY, order_line
from tests.cloud.notifications.notice_world import HOUR, MINUTE, NoticeWorld
from tests.cloud.rates import sites

STARTS_AT = MONDAY + timedelta(hours=7)
READY_AT = STARTS_AT + 3 * HOUR + LATE_DATA
STARTED, READY = NoticeTopic.CAMPAIGN_STARTED, NoticeTopic.REPORT_READY


def find(world: NoticeWorld, now: datetime) -> list:
    with writing(world.engine) as connection:
        return list(find_campaign_events(connection, sites(), now))


def store(world: NoticeWorld, *lines, at: datetime = MONDAY) -> None:
    with writing(world.engine) as connection:
        add_versions(connection, lines, at=at, before=None)


@pytest.mark.parametrize(
    ("now", "kinds"),
    [
        (STARTS_AT - MINUTE, []),
        (STARTS_AT, [STARTED]),
        (STARTS_AT + 2 * HOUR, [STARTED]),
        (STARTS_AT + 3 * HOUR, []),  # over before anybody looked
        (READY_AT - MINUTE, []),
        (READY_AT, [READY]),
        (READY_AT + LOOK_BACK, []),
    ],
)
def test_each_event_is_found_for_a_while(world: NoticeWorld, now: datetime, kinds: list) -> None:
    store(world, order_line())
    found = find(world, now)
    assert [event.kind for event in found] == kinds
    assert all(event.account == "acme" and "Winter" in event.title for event in found)


def test_a_line_that_is_added_later_starts_no_campaign_again(world: NoticeWorld) -> None:
    later = order_line(line_id="SO-1-2", starts_at=STARTS_AT + 72 * HOUR)
    store(world, order_line(hours=100), later)
    assert len(find(world, STARTS_AT + HOUR)) == 1
    assert find(world, STARTS_AT + 73 * HOUR) == []


def test_a_draft_starts_nothing(world: NoticeWorld) -> None:
    store(world, order_line(booking_status=BookingStatus.DRAFT))
    assert find(world, STARTS_AT) == []


def test_a_campaign_is_announced_to_its_own_account_once(world: NoticeWorld) -> None:
    store(world, order_line(), order_line(order_id="B-1", line_id="B-1-1", account="bolt"))
    events = find(world, STARTS_AT)
    assert world.store(*events, now=STARTS_AT) == 2
    assert world.store(*find(world, STARTS_AT + HOUR), now=STARTS_AT + HOUR) == 0
    of_acme = next(event for event in events if event.account == "acme")
    notified = {row.user for row in world.rows()}
    assert notified == {world.ann.id, world.bob.id, world.eve.id, world.mallory.id}
    number = 1 + events.index(of_acme)
    assert world.mallory.id not in {row.user for row in world.rows(event=number)}
