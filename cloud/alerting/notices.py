"""The state of every notice: pending, sent, withdrawn or given up.

A notice is one change of one alert for one recipient. It is written down with the change itself,
waits for the others of its kind (grouping), for the recipient's quiet hours, and for its turn after
a failure. Notices that are first attempted together stay one message at every further attempt. An
alert's end is not sent before its beginning.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, exists, func, or_, select, update

from cloud.alerting.backoff import GIVE_UP_AFTER, MOST_TRIES, pause
from cloud.alerting.lifecycle import Change, Event
from cloud.alerting.message import Item, Message
from cloud.alerting.recipients import Recipient
from cloud.database import alerts, insert, notices, recipient_states

GROUP_WITHIN: Final = timedelta(minutes=2)
"""Two to three evaluations: cameras that lose one network are reported silent within two."""
LEASE: Final = timedelta(minutes=2)
AT_ONCE: Final = 400


class State(StrEnum):
    """What has become of a notice."""

    PENDING = "pending"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that this process delivers now, and the notices that it carries."""

    recipient: str
    message: Message
    numbers: tuple[int, ...]


class Fault(StrEnum):
    """What a failure says about further attempts."""

    AWAY = "away"  # the recipient cannot be reached: nothing is tried for a while
    LATER = "later"  # it answers that it cannot take this message now
    REFUSED = "refused"  # it answers that it will not take this message


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message was not delivered."""

    reason: str
    fault: Fault = Fault.AWAY


def plan(
    connection: Connection,
    events: Iterable[Event],
    recipients: Sequence[Recipient],
    within: timedelta = GROUP_WITHIN,
) -> None:
    """Write down who is to be told of each event, and when."""
    windows: dict[tuple[str, str, str], datetime] = {}
    new = [
        _row(event, recipient.name, due_at)
        for event in events
        if not event.acknowledged
        for recipient in recipients
        if recipient.wants(event.kind, event.location)
        and (due_at := _due_at(connection, event, recipient, within, windows)) is not None
    ]
    _insert(connection, new)


def _due_at(
    connection: Connection,
    event: Event,
    recipient: Recipient,
    within: timedelta,
    windows: dict[tuple[str, str, str], datetime],
) -> datetime | None:
    """When a recipient is told of an event; None when there is nothing to tell."""
    quiet_until = recipient.due_at(event.at)
    if quiet_until > event.at:
        return None if _was_all_quiet(connection, event, recipient) else quiet_until
    key = (recipient.name, event.kind, str(event.change))
    if key not in windows:
        windows[key] = _window(connection, key, event.at, within)
    return windows[key]


def _was_all_quiet(connection: Connection, event: Event, recipient: Recipient) -> bool:
    """Whether an alert began and ended within the same quiet hours: then nothing is told of it."""
    if event.change is not Change.CLEARED:
        return False
    raised_at: datetime = connection.execute(
        select(alerts.c.raised_at).where(alerts.c.id == event.alert)
    ).scalar_one()
    began_in_quiet = raised_at < recipient.due_at(raised_at) > event.at
    return began_in_quiet and _withdraw_unsent(connection, event, recipient.name)


def plan_for_told(connection: Connection, event: Event) -> None:
    """Tell the end of an alert that was closed by hand to those who were told that it began."""
    if event.acknowledged:
        return
    told = select(notices.c.recipient, notices.c.tries).where(
        notices.c.alert == event.alert,
        notices.c.change == str(Change.RAISED),
        notices.c.state.in_([State.PENDING, State.SENT]),
    )
    names = [recipient for recipient, _ in connection.execute(told).all()]
    new = [
        _row(event, name, event.at)
        for name in names
        if not _withdraw_unsent(connection, event, name)
    ]
    _insert(connection, new)


def withdraw(connection: Connection, alert: int, reason: str) -> None:
    """Send nothing more of an alert."""
    waiting = (notices.c.alert == alert) & (notices.c.state == State.PENDING)
    connection.execute(
        update(notices).where(waiting).values(state=str(State.WITHDRAWN), failure=reason)
    )


def claim(
    connection: Connection,
    recipient: Recipient,
    now: datetime,
    site_names: Mapping[str, str],
    base_url: str = "",
) -> Claim | None:
    """The next message that is due for a recipient; nobody else delivers it for two minutes."""
    if recipient.due_at(now) > now or _is_away(connection, recipient.name, now):
        return None
    first = connection.execute(_due(recipient.name, now).limit(1)).one_or_none()
    if first is None:
        return None
    together = _due(recipient.name, now)
    if first.batch is None:
        same = (alerts.c.kind == first.kind) & (notices.c.change == first.change)
        together = together.where(same, notices.c.batch.is_(None))
    else:
        together = together.where(notices.c.batch == first.batch)
    rows = list(connection.execute(together))
    batch = first.batch or secrets.token_hex(16)
    numbers = tuple(row.id for row in rows)
    _set(connection, numbers, batch=batch, leased_until_at=now + LEASE)
    change = Change(first.change)
    items = tuple(_item(row, change, site_names) for row in rows)
    return Claim(recipient.name, Message(batch, change, first.kind, items, base_url), numbers)


def recipients_due(connection: Connection, now: datetime) -> set[str]:
    """Recipients that have something to be told now and are not waited for after a failure."""
    waiting = (
        select(notices.c.recipient)
        .distinct()
        .where(notices.c.state == State.PENDING, notices.c.due_at <= now)
        .where(or_(notices.c.leased_until_at.is_(None), notices.c.leased_until_at <= now))
    )
    away = select(recipient_states.c.recipient).where(recipient_states.c.next_at > now)
    due = set(connection.execute(waiting).scalars())
    return due - set(connection.execute(away).scalars())


def record(connection: Connection, claim: Claim, failure: Failure | None, now: datetime) -> None:
    """Write down how the delivery of a message ended."""
    if failure is None:
        sent = {"state": str(State.SENT), "told_at": now, "failure": None}
        _set(connection, claim.numbers, **sent, tries=notices.c.tries + 1, leased_until_at=None)
        connection.execute(
            recipient_states.delete().where(recipient_states.c.recipient == claim.recipient)
        )
        return
    rows = connection.execute(
        select(notices.c.id, notices.c.tries).where(notices.c.id.in_(claim.numbers[:1]))
    )
    tries = max((row.tries for row in rows), default=0) + 1
    is_last = failure.fault is Fault.REFUSED and tries >= MOST_TRIES
    state = State.GIVEN_UP if is_last else State.PENDING
    _set(
        connection,
        claim.numbers,
        state=str(state),
        tries=tries,
        failure=failure.reason,
        due_at=now + pause(tries),
        leased_until_at=None,
    )
    if failure.fault is Fault.AWAY:
        _note_away(connection, claim.recipient, failure.reason, now)


def give_up_old(connection: Connection, now: datetime) -> int:
    """Give up notices of changes that happened too long ago; how many."""
    since_at = now - GIVE_UP_AFTER
    happened_long_ago = exists().where(
        alerts.c.id == notices.c.alert,
        or_(
            (notices.c.change == str(Change.RAISED)) & (alerts.c.raised_at < since_at),
            (notices.c.change == str(Change.CLEARED)) & (alerts.c.cleared_at < since_at),
        ),
    )
    old = (notices.c.state == State.PENDING) & (notices.c.due_at < now) & happened_long_ago
    reason = func.coalesce(notices.c.failure, "not delivered within two days")
    given_up = update(notices).where(old).values(state=str(State.GIVEN_UP), failure=reason)
    return connection.execute(given_up).rowcount


def _due(recipient: str, now: datetime) -> Any:
    begun = notices.alias("begun")
    unsent_beginning = exists().where(
        begun.c.alert == notices.c.alert,
        begun.c.recipient == notices.c.recipient,
        begun.c.change == str(Change.RAISED),
        begun.c.state == State.PENDING,
        notices.c.change == str(Change.CLEARED),
    )
    return (
        select(notices, alerts.c.kind, alerts.c.location, alerts.c.device, alerts.c.message,
               alerts.c.raised_at, alerts.c.cleared_at, alerts.c.closed_by, alerts.c.close_reason)
        .join(alerts, alerts.c.id == notices.c.alert)
        .where(notices.c.state == State.PENDING, notices.c.due_at <= now)
        .where(notices.c.recipient == recipient, ~unsent_beginning)
        .where(or_(notices.c.leased_until_at.is_(None), notices.c.leased_until_at <= now))
        .order_by(notices.c.id)
    )  # fmt: skip


def _item(row: Row[Any], change: Change, site_names: Mapping[str, str]) -> Item:
    is_end = change is Change.CLEARED
    message = row.message
    if is_end and row.closed_by:
        message = f"closed by {row.closed_by}: {row.close_reason}"
    elif is_end:
        message = f"over; it was: {row.message}"
    at = (row.cleared_at if is_end else None) or row.raised_at
    name = site_names.get(row.location, row.location)
    return Item(row.id, row.alert, row.location, name, row.device, at, message)


def _window(
    connection: Connection, key: tuple[str, str, str], at: datetime, within: timedelta
) -> datetime:
    """When the group that is being gathered is sent: the end of the one that is open, or a new."""
    recipient, kind, change = key
    waiting = (
        select(func.min(notices.c.due_at))
        .join(alerts, alerts.c.id == notices.c.alert)
        .where(notices.c.state == State.PENDING, notices.c.batch.is_(None))
        .where(notices.c.recipient == recipient, notices.c.change == change, alerts.c.kind == kind)
        .where(notices.c.due_at >= at, notices.c.due_at <= at + within)
    )
    return connection.execute(waiting).scalar() or at + within


def _withdraw_unsent(connection: Connection, event: Event, recipient: str) -> bool:
    """Withdraw the notice of a beginning that was never attempted; whether there was one."""
    never_tried = (
        (notices.c.alert == event.alert)
        & (notices.c.recipient == recipient)
        & (notices.c.change == str(Change.RAISED))
        & (notices.c.state == State.PENDING)
        & (notices.c.tries == 0)
        & notices.c.batch.is_(None)
    )
    reason = "the alert ended before the recipient was to be told"
    withdrawn = update(notices).where(never_tried)
    return bool(
        connection.execute(withdrawn.values(state=str(State.WITHDRAWN), failure=reason)).rowcount
    )


def _row(event: Event, recipient: str, due_at: datetime) -> dict[str, Any]:
    return {
        "alert": event.alert,
        "change": str(event.change),
        "recipient": recipient,
        "due_at": due_at,
    }


def _insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        new = insert(connection.dialect.name, notices).on_conflict_do_nothing()
        connection.execute(new, list(rows))


def _set(connection: Connection, numbers: Sequence[int], **values: Any) -> None:
    for start in range(0, len(numbers), AT_ONCE):
        some = notices.c.id.in_(numbers[start : start + AT_ONCE])
        pending = notices.c.state == State.PENDING  # not what was withdrawn meanwhile
        connection.execute(update(notices).where(some, pending).values(**values))


def _is_away(connection: Connection, recipient: str, now: datetime) -> bool:
    states = recipient_states.c
    query = select(states.next_at).where(states.recipient == recipient)
    next_at = connection.execute(query).scalar_one_or_none()
    return next_at is not None and next_at > now


def _note_away(connection: Connection, recipient: str, reason: str, now: datetime) -> None:
    states = recipient_states.c
    query = select(states.failures).where(states.recipient == recipient)
    failures = (connection.execute(query).scalar_one_or_none() or 0) + 1
    values = {
        "failures": failures,
        "next_at": now + pause(failures),
        "failure": reason,
        "failed_at": now,
    }
    new = insert(connection.dialect.name, recipient_states).values(recipient=recipient, **values)
    connection.execute(new.on_conflict_do_update(index_elements=["recipient"], set_=values))
