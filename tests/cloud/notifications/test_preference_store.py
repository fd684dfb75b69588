"""Preferences are replaced as a whole; secrets are made when they are needed, and not shown."""

from sqlalchemy import update

from cloud.database import reading, writing
from cloud.notifications.kinds import NoticeChannel, NoticeTopic
from cloud.notifications.preference_store import (
    disable_webhook,
    ensure_preferences,
    read_preferences,
)
from cloud.notifications.tables import notice_settings
from tests.cloud.notifications.notice_world import NOON, NoticeWorld, by, notice_event

HOOK = "https://hooks.acme.example/x"


def test_choices_are_read_back_and_replaced(world: NoticeWorld) -> None:
    chosen = by(NoticeChannel.WEBHOOK, NoticeTopic.PRICE_DROP)
    world.choose(world.ann, chosen, webhook=HOOK, time_zone="Asia/Tokyo")
    with reading(world.engine) as connection:
        stored = read_preferences(connection, world.ann.id)
        assert read_preferences(connection, world.bob.id) is None
    assert stored is not None
    assert (stored.preferences.choices, stored.preferences.time_zone) == (chosen, "Asia/Tokyo")
    assert (stored.webhook_secret or "?") not in repr(stored)
    assert stored.unsubscribe_secret not in repr(stored)
    world.choose(world.ann)
    with reading(world.engine) as connection:
        replaced = read_preferences(connection, world.ann.id)
    assert replaced is not None
    assert (replaced.preferences.choices, replaced.webhook_secret) == ({}, None)
    assert replaced.unsubscribe_secret == stored.unsubscribe_secret


def test_a_time_zone_that_this_machine_does_not_know_is_read_as_utc(world: NoticeWorld) -> None:
    world.choose(world.ann, quiet_from="22:00", quiet_until="07:00", time_zone="Asia/Tokyo")
    with writing(world.engine) as connection:
        connection.execute(update(notice_settings).values(time_zone="Mars/Base"))
    assert world.store(notice_event()) == 1
    assert world.ann.id in {one.user for one in world.deliver()}


def test_a_webhook_is_disabled_once_and_only_while_it_is_the_users(world: NoticeWorld) -> None:
    first = world.choose(world.ann, webhook=HOOK)
    with writing(world.engine) as connection:
        assert not disable_webhook(connection, world.ann.id, f"{HOOK}/former", NOON)
        assert disable_webhook(connection, world.ann.id, HOOK, NOON)
        assert not disable_webhook(connection, world.ann.id, HOOK, NOON)
        stored = ensure_preferences(connection, world.ann.id, NOON)
        assert not stored.is_reachable(NoticeChannel.WEBHOOK)
    assert world.choose(world.ann, webhook=HOOK) not in (None, first)
