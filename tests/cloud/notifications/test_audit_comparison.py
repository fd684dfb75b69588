"""Preferences that were changed without the program differ from the audit log."""

from typing import Any

from sqlalchemy import delete, update

from cloud.auth.audit_comparisons import compare_with_log
from cloud.database import reading, writing
from cloud.notifications.audit_comparison import PreferenceComparison
from cloud.notifications.kinds import NoticeChannel, NoticeTopic
from cloud.notifications.preference_store import (
    disable_webhook,
    ensure_preferences,
    turn_off_email,
)
from cloud.notifications.tables import notice_settings
from tests.cloud.notifications.notice_world import NOON, NoticeWorld, by

HOOK = "https://hooks.acme.example/x"


def compare(world: NoticeWorld, *changes: Any) -> list[str]:
    with writing(world.engine) as connection:
        for change in changes:
            connection.execute(change)
    with reading(world.engine) as connection:
        return compare_with_log(connection, NOON, [PreferenceComparison()])


def test_preferences_are_compared_with_what_was_chosen(world: NoticeWorld) -> None:
    world.choose(world.ann, by(NoticeChannel.WEBHOOK, NoticeTopic.PRICE_DROP), webhook=HOOK)
    with writing(world.engine) as connection:
        ensure_preferences(connection, world.bob.id, NOON)
        turn_off_email(connection, world.bob.id, frozenset({NoticeTopic.PRICE_DROP}), now=NOON)
        disable_webhook(connection, world.ann.id, HOOK, NOON)
    assert compare(world) == []

    settings = notice_settings.c
    enabled = update(notice_settings).where(settings.user == world.ann.id)
    (found,) = compare(world, enabled.values(webhook_disabled_at=None))
    assert f"those of user {world.ann.id}: webhook_disabled_at is None" in found
    changed = update(notice_settings).where(settings.user == world.bob.id)
    found = "\n".join(compare(world, changed.values(choices="{}")))
    assert f"those of user {world.bob.id}: choices is {{}}" in found
    gone = compare(world, delete(notice_settings).where(settings.user == world.bob.id))
    assert any(world.bob.id in one and one.endswith("is missing") for one in gone)
