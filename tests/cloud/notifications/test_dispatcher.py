"""Delivery: once each, nothing lost, and nobody held up by another's failure."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Connection

from cloud.alerting.backoff import MOST_ATTEMPTS
from cloud.database import writing
from cloud.messaging.failures import DeliveryFailure, FailureKind
from cloud.notifications import dispatcher
from cloud.notifications.claims import ClaimedNotice, claim_message
from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.notice_store import LEASE
from cloud.notifications.preference_store import read_preferences
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
HOOK = "https://hooks.acme.example/x"
REFUSED = DeliveryFailure("refused", FailureKind.REFUSED)


def failed_mails() -> float:
    labels = {"channel": "email", "outcome": "failed"}
    return REGISTRY.get_sample_value("onlooker_notices_total", labels) or 0.0


def states(world: NoticeWorld) -> set[str]:
    return {row.state for row in world.rows()}


def test_every_user_receives_an_event_once(world_of_each: NoticeWorld) -> None:
    world = world_of_each
    world.store(notice_event())
    sent = world.deliver()
    assert {(one.user, one.to) for one in sent} == {
        (user.id, user.email) for user in (world.ann, world.bob, world.eve)
    }
    assert world.deliver(NOON + HOUR) == []
    assert states(world) == {"sent"}


def test_two_processes_at_once_send_every_message_once(world_of_each: NoticeWorld) -> None:
    world, together = world_of_each, threading.Barrier(2)

    def run() -> None:
        together.wait(30)
        for number in range(4):
            world.store(notice_event(key=str(number)))
            world.dispatcher().run_until_idle(NOON)

    processes = [threading.Thread(target=run) for _ in range(2)]
    for one in processes:
        one.start()
    for one in processes:
        one.join()
    items = [(one.user, item.id) for one in world.mailbox.sent for item in one.message.items]
    assert len(items) == len(set(items)) == 12
    assert states(world) == {"sent"}


def test_a_call_that_was_not_recorded_is_repeated_as_the_same_message(world: NoticeWorld) -> None:
    world.choose(world.ann, by(WEBHOOK, UNDER), webhook=HOOK)
    world.store(notice_event(), notice_event(key="2"))
    sent = []
    for channel in (EMAIL, WEBHOOK):
        with writing(world.engine) as connection:  # the process ends during the call
            sent.append(claim_message(connection, world.ann.id, channel, LINK, NOON))
    world.store(notice_event(key="3"))
    early = {one.message.key for one in world.deliver(NOON + MINUTE)}
    assert early.isdisjoint(one.message.key for one in sent)
    again = [one for one in world.deliver(NOON + LEASE) if one.user == world.ann.id]
    assert {one.message.key for one in again} >= {one.message.key for one in sent}
    mails = [one for one in again if one.channel is EMAIL]
    assert [item.title[-2] for item in mails[0].message.items] == ["1", "2"]


def test_a_failed_message_is_tried_again_later_and_others_are_not_held_up(
    world: NoticeWorld,
) -> None:
    world.mailbox.fails_for = frozenset({world.ann.id})
    before = failed_mails()
    world.store(notice_event())
    assert {one.user for one in world.deliver()} == {world.bob.id, world.eve.id}
    assert failed_mails() == before + 1
    assert world.deliver(NOON + MINUTE / 2) == []
    world.mailbox.fails_for = frozenset()
    assert [one.user for one in world.deliver(NOON + MINUTE)] == [world.ann.id]


def test_a_recipient_that_hangs_holds_up_no_other_and_its_late_answer_counts_once(
    world: NoticeWorld,
) -> None:
    ends, steady = threading.Event(), [0.0]

    def send(claimed: ClaimedNotice) -> DeliveryFailure | None:
        if claimed.user == world.ann.id:
            ends.wait(30)
        return world.mailbox(claimed)

    dispatcher = world.dispatcher(send)
    dispatcher.clock = lambda: steady[0]
    dispatcher.__post_init__()
    world.store(notice_event())
    while len(world.rows(state="sent")) < 2:
        dispatcher.step(NOON)
    steady[0] = 20.0
    dispatcher.step(NOON)
    assert [row.failure for row in world.rows(state="pending")] == ["no answer in time"]
    ends.set()


def test_a_message_that_is_always_refused_is_given_up(world: NoticeWorld) -> None:
    world.choose(world.bob, by(EMAIL, UNDER, mode=NoticeMode.OFF))
    world.choose(world.eve, by(EMAIL, UNDER, mode=NoticeMode.OFF))
    world.store(notice_event())
    for attempt in range(MOST_ATTEMPTS):
        assert states(world) == {"pending"}
        world.mailbox.failures = [REFUSED]
        world.deliver(NOON + attempt * HOUR)
    assert [(row.state, row.attempts) for row in world.rows()] == [("given_up", MOST_ATTEMPTS)]


def test_events_of_one_kind_that_wait_are_one_mail_and_webhooks_one_each(
    world: NoticeWorld,
) -> None:
    world.choose(world.ann, by(WEBHOOK, UNDER), webhook=HOOK, time_zone="Europe/London",
                 quiet_from="11:00", quiet_until="13:00")  # fmt: skip
    world.store(*(notice_event(key=str(number)) for number in range(3)))
    assert world.ann.id not in {one.user for one in world.deliver()}
    sent = [one for one in world.deliver(NOON + HOUR) if one.user == world.ann.id]
    assert [len(one.message.items) for one in sent if one.channel is EMAIL] == [3]
    rows = world.rows(user=world.ann.id, channel="webhook")
    assert [row.state for row in rows] == ["sent"] * 3
    assert len({row.batch for row in rows}) == 3


def test_a_digest_is_one_mail_a_day(world: NoticeWorld) -> None:
    world.choose(world.ann, by(EMAIL, *NoticeTopic, mode=NoticeMode.DIGEST), digest_at="08:00")
    for hours in (0, 3):
        event = notice_event(key=f"a{hours}"), notice_event(NoticeTopic.REPORT_READY, f"b{hours}")
        world.store(*event, now=NOON + hours * HOUR)
    morning = NOON + 20 * HOUR
    assert world.ann.id not in {one.user for one in world.deliver(morning - MINUTE)}
    world.store(notice_event(key="late"), now=morning + MINUTE)
    (sent,) = (one for one in world.deliver(morning + MINUTE) if one.user == world.ann.id)
    assert (len(sent.message.items), sent.message.is_digest) == (4, True)
    (then,) = (one for one in world.deliver(morning + 24 * HOUR) if one.user == world.ann.id)
    assert [item.title[-5:-1] for item in then.message.items] == ["late"]


def test_a_webhook_that_is_gone_is_disabled_and_its_user_gets_a_mail(
    world: NoticeWorld,
) -> None:
    world.choose(world.ann, by(WEBHOOK, UNDER, NoticeTopic.REPORT_READY), webhook=HOOK)
    world.store(notice_event(), notice_event(NoticeTopic.REPORT_READY, "2"))

    def send(claimed: ClaimedNotice) -> DeliveryFailure | None:
        if claimed.channel is WEBHOOK:
            return DeliveryFailure("gone", FailureKind.REFUSED, 410)
        return world.mailbox(claimed)

    world.dispatcher(send).run_until_idle(NOON)
    hooks = world.rows(channel="webhook")
    assert sorted(row.state for row in hooks) == ["given_up", "withdrawn"]
    mails = [one for one in world.mailbox.sent
            if one.message.items[0].kind is NoticeTopic.WEBHOOK_DISABLED]  # fmt: skip
    assert [(one.user, one.channel) for one in mails] == [(world.ann.id, EMAIL)]
    with writing(world.engine) as connection:
        stored = read_preferences(connection, world.ann.id)
    assert stored is not None
    assert stored.webhook_disabled_at == NOON
    assert world.choose(world.ann, by(WEBHOOK, UNDER), webhook=HOOK) != stored.webhook_secret
    world.store(notice_event(key="3"), now=NOON + HOUR)
    later = [one.channel for one in world.deliver(NOON + HOUR) if one.user == world.ann.id]
    assert WEBHOOK in later


def test_nothing_is_lost_when_the_program_starts_again(world: NoticeWorld) -> None:
    world.mailbox.failures = [DeliveryFailure("away")] * 3
    world.store(notice_event())
    world.deliver()
    assert states(world) == {"pending"}
    assert len(world.deliver(NOON + timedelta(minutes=5))) == 3  # by another NoticeDispatcher


def test_a_user_for_whom_no_message_can_be_made_delays_nobody(
    world: NoticeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def claim(connection: Connection, user: str, *rest: Any) -> ClaimedNotice | None:
        if user == world.ann.id:
            raise LookupError("no such zone")
        return claim_message(connection, user, *rest)

    monkeypatch.setattr(dispatcher, "claim_message", claim)
    world.store(notice_event())
    assert {one.user for one in world.deliver()} == {world.bob.id, world.eve.id}
    monkeypatch.undo()
    assert world.deliver(NOON + MINUTE) == []
    assert [one.user for one in world.deliver(NOON + HOUR)] == [world.ann.id]


def test_users_who_want_nothing_any_more_end_no_run_early(world: NoticeWorld) -> None:
    world.store(notice_event())
    *others, last = sorted((world.ann, world.bob, world.eve), key=lambda one: one.id)
    for user in others:
        world.choose(user, by(EMAIL, UNDER, mode=NoticeMode.OFF))
    with_one_thread = world.dispatcher()
    with_one_thread.workers = 1
    with_one_thread.__post_init__()
    assert with_one_thread.run_until_idle(NOON) == 1
    assert [one.user for one in world.mailbox.sent] == [last.id]


def test_a_text_message_that_may_have_arrived_is_not_repeated(world: NoticeWorld) -> None:
    world.choose(world.ann, by(SMS, UNDER), phone=PHONE)
    world.store(notice_event())

    def send(claimed: ClaimedNotice) -> DeliveryFailure | None:
        if claimed.channel is SMS:
            return DeliveryFailure("no answer", is_outcome_known=False)
        return None

    world.dispatcher(send).run_until_idle(NOON)
    (row,) = world.rows(channel="sms")
    assert (row.state, row.attempts) == ("unknown", 1)
    assert world.deliver(NOON + HOUR) == []
