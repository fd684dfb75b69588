"""Nothing is computed for a kind that nobody who may see the object has chosen."""

from cloud.database import reading
from cloud.notifications.kinds import NoticeChannel, NoticeTopic
from cloud.notifications.rules.interest import is_wanted
from tests.cloud.notifications.notice_world import NoticeWorld, by, notice_event


def test_a_kind_is_wanted_by_those_who_may_see_the_object(world: NoticeWorld) -> None:
    drop = notice_event(NoticeTopic.PRICE_DROP)
    world.choose(world.mallory, by(NoticeChannel.EMAIL, NoticeTopic.PRICE_DROP))
    with reading(world.engine) as connection:
        assert not is_wanted(connection, drop)
        assert is_wanted(connection, notice_event(NoticeTopic.UNDER_DELIVERY))
    world.choose(world.eve, by(NoticeChannel.EMAIL, NoticeTopic.PRICE_DROP))
    with reading(world.engine) as connection:
        assert is_wanted(connection, drop)
