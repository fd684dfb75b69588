"""What will not be sent any more is settled."""

from cloud.alerting.backoff import GIVE_UP_AFTER
from cloud.database import writing
from cloud.notifications.claims import claim_message
from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.notice_store import LEASE, settle
from tests.cloud.notifications.notice_world import (
    LINK,
    MINUTE,
    NOON,
    NoticeWorld,
    by,
    notice_event,
)

EMAIL, SMS, WEBHOOK = NoticeChannel.EMAIL, NoticeChannel.SMS, NoticeChannel.WEBHOOK
UNDER = NoticeTopic.UNDER_DELIVERY
PHONE = "+447700900123"


def test_a_text_message_whose_outcome_is_unknown_is_not_repeated(world: NoticeWorld) -> None:
    world.choose(world.ann, by(SMS, UNDER) | by(EMAIL, UNDER, mode=NoticeMode.OFF), phone=PHONE)
    world.choose(world.ann, by(SMS, UNDER), phone=PHONE)
    world.store(notice_event())
    with writing(world.engine) as connection:
        assert claim_message(connection, world.ann.id, SMS, LINK, NOON) is not None
    assert SMS not in {one.channel for one in world.deliver(NOON + LEASE)}
    assert [row.state for row in world.rows(channel="sms")] == ["unknown"]


def test_what_is_never_delivered_is_given_up_after_two_days(world: NoticeWorld) -> None:
    world.store(notice_event())
    with writing(world.engine) as connection:
        assert settle(connection, NOON + GIVE_UP_AFTER - MINUTE) == 0
        assert settle(connection, NOON + GIVE_UP_AFTER) == 3


def test_an_event_that_is_over_is_not_announced(world: NoticeWorld) -> None:
    world.store(notice_event(stale_at=NOON + MINUTE))
    assert world.deliver(NOON + MINUTE) == []
    assert {row.state for row in world.rows()} == {"withdrawn"}
