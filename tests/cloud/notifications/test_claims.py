"""A message is claimed once, and only what is still wanted and may be sent now."""

import pytest

from cloud.auth.accounts.account_store import close_account
from cloud.auth.users.user_store import disable_user
from cloud.database import writing
from cloud.notifications import claims
from cloud.notifications.claims import claim_message
from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.preference_store import read_preferences
from cloud.notifications.unsubscribe import make_token, unsubscribe
from tests.cloud.notifications.notice_world import (
    HOUR,
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


def test_two_processes_do_not_claim_the_same_message(world_of_each: NoticeWorld) -> None:
    world = world_of_each
    world.store(notice_event())
    with writing(world.engine) as connection:
        first = claim_message(connection, world.ann.id, EMAIL, LINK, NOON)
    with writing(world.engine) as connection:
        second = claim_message(connection, world.ann.id, EMAIL, LINK, NOON)
    assert first is not None
    assert second is None


def test_quiet_hours_that_were_set_later_count_too(world: NoticeWorld) -> None:
    world.store(notice_event())
    world.choose(world.ann, quiet_from="11:00", quiet_until="13:00")
    assert world.ann.id not in {one.user for one in world.deliver()}
    assert [one.user for one in world.deliver(NOON + HOUR)] == [world.ann.id]


@pytest.mark.parametrize("how", ["turned off", "unsubscribed", "disabled", "closed"])
def test_what_a_user_no_longer_wants_is_withdrawn(world: NoticeWorld, how: str) -> None:
    world.store(notice_event())
    token = token_of(world)
    with writing(world.engine) as connection:
        if how == "disabled":
            disable_user(connection, world.ann.id, by="a test", now=NOON)
        elif how == "closed":
            close_account(connection, world.ann.account, by="a test", now=NOON)
        elif how == "unsubscribed":
            unsubscribe(connection, token, NOON)
    if how == "turned off":
        world.choose(world.ann, by(EMAIL, UNDER, mode=NoticeMode.OFF))
    assert world.ann.id not in {one.user for one in world.deliver()}
    assert [row.state for row in world.rows(user=world.ann.id)] == ["withdrawn"]


def token_of(world: NoticeWorld) -> str:
    with writing(world.engine) as connection:
        stored = read_preferences(connection, world.ann.id)
    assert stored is not None
    return make_token(world.ann.id, UNDER.value, stored.unsubscribe_secret)


def test_a_user_receives_a_bounded_number_of_text_messages_a_day(
    world: NoticeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "MOST_SMS", 2)
    world.choose(world.ann, by(SMS, UNDER), phone=PHONE)
    for number in range(3):
        at = NOON + number * MINUTE
        world.store(notice_event(key=str(number)), now=at)
        world.deliver(at)
    rows = world.rows(channel="sms")
    assert [row.state for row in rows] == ["sent", "sent", "withdrawn"]
