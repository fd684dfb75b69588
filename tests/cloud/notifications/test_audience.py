"""Only those who may see an object are notified of it."""

from cloud.auth.users.user_store import disable_user
from cloud.database import writing
from cloud.notifications.kinds import NoticeChannel, NoticeTopic
from tests.cloud.notifications.notice_world import (
    NOON,
    NoticeWorld,
    by,
    notice_event,
)

EMAIL, SMS, WEBHOOK = NoticeChannel.EMAIL, NoticeChannel.SMS, NoticeChannel.WEBHOOK
UNDER = NoticeTopic.UNDER_DELIVERY
PHONE = "+447700900123"


def test_only_those_who_may_see_the_object_are_notified(world: NoticeWorld) -> None:
    for user in (world.mallory, world.sam):
        world.choose(user, by(NoticeChannel.EMAIL, *NoticeTopic))
    with writing(world.engine) as connection:
        disable_user(connection, world.bob.id, by="a test", now=NOON)
    world.store(notice_event())
    assert {row.user for row in world.rows()} == {world.ann.id, world.eve.id, world.sam.id}


def test_staff_are_notified_only_of_what_their_role_reads(world: NoticeWorld) -> None:
    world.choose(world.sam, by(NoticeChannel.EMAIL, *NoticeTopic))
    world.store(notice_event(NoticeTopic.WEBHOOK_DISABLED, user=world.ann.id))
    assert [row.user for row in world.rows()] == [world.ann.id]
