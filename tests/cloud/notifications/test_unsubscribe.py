"""A link turns off one kind, or the digest, for one user; any other token does nothing."""

import pytest

from cloud.auth.audit import read_entries
from cloud.database import reading, writing
from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.preference_store import ensure_preferences, read_preferences
from cloud.notifications.unsubscribe import (
    DIGEST_SCOPE,
    UnsubscribeError,
    make_token,
    read_token,
    unsubscribe,
)
from tests.cloud.notifications.notice_world import NOON, NoticeWorld, by

EMAIL = NoticeChannel.EMAIL


def token_for(world: NoticeWorld, scope: str) -> str:
    with writing(world.engine) as connection:
        stored = ensure_preferences(connection, world.ann.id, NOON)
    return make_token(world.ann.id, scope, stored.unsubscribe_secret)


def modes(world: NoticeWorld) -> dict[NoticeTopic, NoticeMode]:
    with reading(world.engine) as connection:
        stored = read_preferences(connection, world.ann.id)
    assert stored is not None
    return {kind: stored.preferences.mode(kind, EMAIL, is_staff=False) for kind in NoticeTopic}


def test_a_link_turns_off_its_kind_only(world: NoticeWorld) -> None:
    world.choose(world.ann, by(NoticeChannel.SMS, NoticeTopic.PRICE_DROP), phone="+447700900123")
    before = modes(world)
    token = token_for(world, NoticeTopic.HOLD_EXPIRING.value)
    with writing(world.engine) as connection:
        assert unsubscribe(connection, token, NOON).title == "Holds that are about to expire"
        assert unsubscribe(connection, token, NOON).user == world.ann.id
    assert modes(world) == {**before, NoticeTopic.HOLD_EXPIRING: NoticeMode.OFF}
    with reading(world.engine) as connection:
        stored = read_preferences(connection, world.ann.id)
        actions = [entry.action for entry in read_entries(connection)]
    assert stored is not None
    assert stored.preferences.choices[NoticeTopic.PRICE_DROP] == {
        NoticeChannel.SMS: NoticeMode.IMMEDIATE
    }
    assert actions.count("notification.unsubscribe") == 1


def test_the_link_of_a_digest_turns_off_what_is_in_digests(world: NoticeWorld) -> None:
    world.choose(world.ann, by(EMAIL, NoticeTopic.PRICE_DROP, mode=NoticeMode.DIGEST))
    token = token_for(world, DIGEST_SCOPE)
    with writing(world.engine) as connection:
        unsubscribe(connection, token, NOON)
    after = modes(world)
    assert NoticeMode.DIGEST not in after.values()
    assert after[NoticeTopic.HOLD_EXPIRING] is NoticeMode.IMMEDIATE


def test_no_other_token_works(world: NoticeWorld) -> None:
    token = token_for(world, "price_drop")
    user, scope, mac = token.split(".")
    forged = [
        "", token[:-1], token + "0", f"{world.bob.id}.{scope}.{mac}", f"{user}.flash_sale.{mac}",
        f"{user}.everything.{mac}", f"{user}.{scope}.{'0' * 64}", token.upper(), token + "\n",
        "x" * 10_000,
    ]  # fmt: skip
    for one in forged:
        with writing(world.engine) as connection, pytest.raises(UnsubscribeError):
            read_token(connection, one)
