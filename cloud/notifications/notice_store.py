"""Notifications of users and their state.

A process claims what it sends before the call, for two minutes, and stores the outcome after it. A
call whose outcome is unknown, since its process ended, is repeated with the same message id and
`Idempotency-Key`; a text message, which nothing could recognise as a repetition, is not.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, update

from cloud.alerting.backoff import GIVE_UP_AFTER, LONGEST, MOST_ATTEMPTS, pause
from cloud.auth.accounts.account_store import accounts
from cloud.auth.users.user_store import users
from cloud.messaging.failures import DeliveryFailure, FailureKind
from cloud.messaging.webhook import GONE
from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.rules.holds import is_held
from cloud.notifications.tables import notice_events, notices

LEASE: Final = timedelta(minutes=2)
MOST_TOGETHER: Final = 50
MOST_IN_DIGEST: Final = 500
MOST_SMS: Final = 10
"""Text messages of one user within 24 hours."""
DAY: Final = timedelta(days=1)
MOST_FAILURE: Final = 200


class NoticeState(StrEnum):
    """The state of a notification; all but the first are final."""

    PENDING = "pending"
    SENT = "sent"
    WITHDRAWN = "withdrawn"  # the event was over, or the user had turned it off
    GIVEN_UP = "given_up"
    UNKNOWN = "unknown"  # a text message whose call had no answer that was stored


def has_due(connection: Connection, now: datetime) -> bool:
    """Whether anything is due, so that programs without work do not write."""
    return connection.execute(select(notices.c.id).where(_is_due(now)).limit(1)).first() is not None


def find_due_users(
    connection: Connection, channel: NoticeChannel, now: datetime, busy: Collection[str], most: int
) -> Sequence[str]:
    """Users with something due for a channel, those who have waited longest first."""
    wanted = (
        select(notices.c.user)
        .where(_is_due(now), notices.c.channel == channel.value, notices.c.user.not_in(busy))
        .group_by(notices.c.user)
        .order_by(func.min(notices.c.next_at), notices.c.user)
        .limit(most)
    )
    return connection.execute(wanted).scalars().all()


def find_due(
    connection: Connection, user: str, channel: NoticeChannel, now: datetime
) -> Sequence[Row[Any]]:
    """What is due for a user and is sent as one message, with its events; the oldest decides.

    A digest has what was due at one time; other mails have one kind. A webhook has one event.
    """
    wanted = (
        select(
            notices.c.id.label("notice"), notices.c.mode, notices.c.batch, notices.c.due_at,
            notices.c.attempts, notice_events,
        )
        .join(notice_events, notice_events.c.id == notices.c.event)
        .where(_is_due(now), notices.c.user == user, notices.c.channel == channel.value)
        .order_by(notices.c.id)
    )  # fmt: skip
    first = connection.execute(wanted.limit(1)).one_or_none()
    if first is None:
        return []
    most = MOST_IN_DIGEST if first.mode == NoticeMode.DIGEST else MOST_TOGETHER
    return connection.execute(wanted.where(_is_together(first, channel)).limit(most)).all()


def claim(
    connection: Connection, numbers: Collection[int], batch: str, now: datetime
) -> frozenset[int]:
    """Claim notifications for a message; those that no other process has claimed meanwhile."""
    claimed = (
        update(notices)
        .where(notices.c.id.in_(numbers), _is_due(now))
        .values(batch=batch, leased_until_at=now + LEASE, attempts=notices.c.attempts + 1)
        .returning(notices.c.id)
    )
    return frozenset(connection.execute(claimed).scalars())


def record_sent(connection: Connection, numbers: Collection[int], now: datetime) -> None:
    """Store that a message was delivered."""
    _set(connection, numbers, state=NoticeState.SENT.value, sent_at=now, failure=None)


def record_failure(
    connection: Connection,
    numbers: Collection[int],
    failure: DeliveryFailure,
    attempts: int,
    now: datetime,
) -> None:
    """Store a failure, and when the next attempt is, if there is one."""
    is_refused = failure.fault is FailureKind.REFUSED
    is_last = failure.status == GONE or (is_refused and attempts >= MOST_ATTEMPTS)
    state = NoticeState.GIVEN_UP if is_last else NoticeState.PENDING
    values = {"state": state.value, "next_at": now + pause(attempts)}
    _set(connection, numbers, **values, failure=failure.reason[:MOST_FAILURE])


def record_unknown(
    connection: Connection, numbers: Collection[int], reason: str, now: datetime
) -> None:
    """Store that a text message may have arrived: it is not repeated, and counts as sent today."""
    unknown = NoticeState.UNKNOWN.value
    _set(connection, numbers, state=unknown, sent_at=now, failure=reason[:MOST_FAILURE])


def postpone(connection: Connection, numbers: Collection[int], until: datetime) -> None:
    """Try again then, such as at the end of quiet hours."""
    _set(connection, numbers, next_at=until)


def postpone_due(
    connection: Connection, user: str, channel: NoticeChannel, now: datetime, reason: str
) -> None:
    """Try in an hour again what is due for a user, after no message could be made of it."""
    theirs = update(notices).where(
        _is_due(now), notices.c.user == user, notices.c.channel == channel.value
    )
    connection.execute(theirs.values(next_at=now + LONGEST, failure=reason[:MOST_FAILURE]))


def withdraw(connection: Connection, numbers: Collection[int], reason: str) -> None:
    """Do not send notifications."""
    _set(connection, numbers, state=NoticeState.WITHDRAWN.value, failure=reason)


def settle(connection: Connection, now: datetime) -> int:
    """Settle what will not be sent any more; returns how many notifications."""
    is_free = and_(notices.c.state == NoticeState.PENDING.value, _is_unleased(now))
    is_lost_sms = and_(
        notices.c.channel == NoticeChannel.SMS.value, notices.c.leased_until_at.is_not(None)
    )
    is_too_old = notices.c.due_at <= now - GIVE_UP_AFTER
    return (
        _end(connection, and_(is_free, is_lost_sms), NoticeState.UNKNOWN, "the process ended")
        + _end(connection, and_(is_free, _is_over(now)), NoticeState.WITHDRAWN, "the event is over")
        + _end(connection, and_(is_free, _is_of_former_user()), NoticeState.WITHDRAWN,
               "the user is disabled, or the account is closed")
        + _end(connection, and_(is_free, is_too_old), NoticeState.GIVEN_UP, None)
    )  # fmt: skip


def count_sms(connection: Connection, user: str, now: datetime) -> int:
    """The text messages of a user within 24 hours."""
    wanted = select(func.count(notices.c.batch.distinct())).where(
        notices.c.user == user,
        notices.c.channel == NoticeChannel.SMS.value,
        notices.c.sent_at > now - DAY,
    )
    return connection.execute(wanted).scalar_one()


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(
        notices.c.state == NoticeState.PENDING.value, notices.c.next_at <= now, _is_unleased(now)
    )


def _is_unleased(now: datetime) -> ColumnElement[bool]:
    return or_(notices.c.leased_until_at.is_(None), notices.c.leased_until_at <= now)


def _is_together(first: Row[Any], channel: NoticeChannel) -> ColumnElement[bool]:
    if first.batch is not None:
        return and_(notices.c.batch == first.batch)
    fresh = and_(notices.c.batch.is_(None), notices.c.mode == first.mode)
    if channel is NoticeChannel.WEBHOOK:
        return and_(notices.c.id == first.notice)
    if first.mode == NoticeMode.DIGEST:
        return and_(fresh, notices.c.due_at == first.due_at)
    return and_(fresh, notice_events.c.kind == first.kind)


def _is_over(now: datetime) -> ColumnElement[bool]:
    is_ended_hold = and_(notice_events.c.kind == NoticeTopic.HOLD_EXPIRING.value, ~is_held())
    return exists().where(
        notice_events.c.id == notices.c.event, or_(notice_events.c.stale_at <= now, is_ended_hold)
    )


def _is_of_former_user() -> ColumnElement[bool]:
    """Also where the account was closed after the notification was stored."""
    return exists().where(
        users.c.id == notices.c.user,
        accounts.c.id == users.c.account,
        or_(users.c.disabled_at.is_not(None), accounts.c.closed_at.is_not(None)),
    )


def _end(
    connection: Connection, condition: ColumnElement[bool], state: NoticeState, reason: str | None
) -> int:
    values: dict[str, Any] = {"state": state.value, "leased_until_at": None}
    if reason is not None:
        values["failure"] = reason
    return connection.execute(update(notices).where(condition).values(values)).rowcount


def _set(connection: Connection, numbers: Collection[int], **values: Any) -> None:
    is_pending = notices.c.state == NoticeState.PENDING.value  # not what was settled meanwhile
    these = update(notices).where(notices.c.id.in_(numbers), is_pending)
    connection.execute(these.values(leased_until_at=None, **values))
