"""An event is stored once, and planned for those who may see its object and want to know."""

from dataclasses import replace

from sqlalchemy import update
from sqlalchemy.event import listen, remove

from cloud.database import writing
from cloud.notifications.event_store import RETENTION, delete_old_events, store_events
from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.tables import notice_events
from tests.cloud.notifications.notice_world import MINUTE, NOON, NoticeWorld, by, notice_event


def test_an_event_is_stored_and_planned_once(world_of_each: NoticeWorld) -> None:
    world = world_of_each
    assert world.store(notice_event(), notice_event()) == 1
    assert world.store(notice_event(), notice_event(key="2")) == 1
    assert [(row.user, row.channel) for row in world.rows(event=1)] == [
        (user, "email") for user in sorted((world.ann.id, world.bob.id, world.eve.id))
    ]


def test_an_event_for_everybody_reads_the_preferences_of_all_users_at_once(
    world: NoticeWorld,
) -> None:
    statements: list[str] = []
    record = lambda *arguments: statements.append(arguments[2])  # noqa: E731
    listen(world.engine, "before_cursor_execute", record)
    world.store(notice_event(NoticeTopic.FLASH_SALE, account=None))
    remove(world.engine, "before_cursor_execute", record)
    assert len([one for one in statements if "FROM notice_settings" in one]) == 1


def test_a_process_that_lost_the_race_plans_nothing(world: NoticeWorld, monkeypatch) -> None:
    world.store(notice_event())
    known = "cloud.notifications.event_store._iterate_unknown"
    monkeypatch.setattr(known, lambda _, events: iter(events))
    with writing(world.engine) as connection:
        assert store_events(connection, [notice_event()], NOON) == []
    assert len(world.rows()) == 3


def test_nothing_that_advertises_is_sent_without_a_choice(world: NoticeWorld) -> None:
    kinds = (NoticeTopic.FLASH_SALE, NoticeTopic.PRICE_DROP, NoticeTopic.OPTIMAL_SLOTS)
    world.store(*(notice_event(kind) for kind in kinds))
    assert world.rows() == []
    world.choose(world.bob, by(NoticeChannel.EMAIL, NoticeTopic.FLASH_SALE))
    world.choose(world.mallory, by(NoticeChannel.EMAIL, NoticeTopic.FLASH_SALE))
    world.store(notice_event(NoticeTopic.FLASH_SALE, "2", account=None))
    assert {row.user for row in world.rows()} == {world.bob.id, world.mallory.id}


def test_each_chosen_channel_has_a_notification_of_its_own(world: NoticeWorld) -> None:
    everything = {
        NoticeTopic.UNDER_DELIVERY: {
            NoticeChannel.EMAIL: NoticeMode.DIGEST,
            NoticeChannel.SMS: NoticeMode.IMMEDIATE,
            NoticeChannel.WEBHOOK: NoticeMode.IMMEDIATE,
        }
    }
    world.choose(
        world.ann, everything, phone="+447700900123", webhook="https://hooks.acme.example/x"
    )
    world.store(notice_event())
    rows = world.rows(user=world.ann.id)
    assert [(row.channel, row.mode) for row in rows] == [
        ("email", "digest"), ("sms", "immediate"), ("webhook", "immediate"),
    ]  # fmt: skip
    assert rows[0].due_at > rows[1].due_at == NOON


def test_events_are_deleted_after_a_quarter(world: NoticeWorld) -> None:
    world.store(notice_event())
    with writing(world.engine) as connection:
        assert delete_old_events(connection, NOON + RETENTION - MINUTE) == 0
        assert delete_old_events(connection, NOON + RETENTION) == 1
    assert world.rows() == []


def test_a_long_title_is_cut_and_the_event_is_stored(world: NoticeWorld) -> None:
    assert world.store(replace(notice_event(), title="x" * 1_000)) == 1
    with writing(world.engine) as connection:
        assert connection.execute(update(notice_events).values(subject="")).rowcount == 1
