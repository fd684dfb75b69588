"""Notifications and their state: pending, sent, withdrawn or given up.

A notification is one change of one alert for one recipient. It is stored with the change itself.
It waits for others of its kind (grouping), for the end of the recipient's quiet hours or of a mute,
and for the next attempt after a failure. Notifications that are first attempted together stay one
message. The end of an alert is not sent before its beginning.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, exists, func, or_, select, update

from cloud.alerting.backoff import GIVE_UP_AFTER, MOST_ATTEMPTS, pause
from cloud.alerting.lifecycle import AlertChange, AlertEvent
from cloud.alerting.message import AlertItem, AlertMessage
from cloud.alerting.mutes import AlertMute, find_muted_until, read_active_mutes
from cloud.alerting.recipients import Recipient
from cloud.alerting.retail.regions import read_regions
from cloud.database import alert_notifications, alerts, insert, recipient_status
from cloud.messaging.failures import DeliveryFailure as DeliveryFailure
from cloud.messaging.failures import FailureKind as FailureKind

GROUP_WITHIN: Final = timedelta(minutes=2)
"""Two to three evaluations: cameras that lose one network are reported offline within two."""
ALERT_COLUMNS: Final = (
    "kind",
    "location",
    "device",
    "message",
    "raised_at",
    "cleared_at",
    "closed_by",
    "close_reason",
)
LEASE: Final = timedelta(minutes=2)
AT_ONCE: Final = 400


class NotificationState(StrEnum):
    """The state of a notification."""

    PENDING = "pending"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message that this process delivers now, and its notifications."""

    recipient: str
    message: AlertMessage
    numbers: tuple[int, ...]


def plan_notifications(
    connection: Connection,
    events: Iterable[AlertEvent],
    recipients: Sequence[Recipient],
    within: timedelta = GROUP_WITHIN,
) -> None:
    """Plan the notifications of each event, and when they are due."""
    unacknowledged = [event for event in events if not event.acknowledged]
    if not unacknowledged:
        return
    mutes = read_active_mutes(connection, unacknowledged[-1].at)
    planning = _Planning(connection, within, mutes, read_regions(connection, unacknowledged))
    new = [
        _row(event, recipient.name, due_at)
        for event in unacknowledged
        for recipient in recipients
        if recipient.matches(event, planning.regions.get(event.location))
        and (due_at := _due_at(planning, event, recipient)) is not None
    ]
    _insert(connection, new)


@dataclass(slots=True)
class _Planning:
    """What the events of one evaluation share; `windows` are when groups are sent."""

    connection: Connection
    within: timedelta
    mutes: Sequence[AlertMute]
    regions: Mapping[str, str]  # by store, for alerts of retail prices
    windows: dict[tuple[str, str, str], datetime] = field(default_factory=dict)


def _due_at(planning: _Planning, event: AlertEvent, recipient: Recipient) -> datetime | None:
    """When a recipient is notified of an event; None when it is not."""
    connection, windows = planning.connection, planning.windows
    muted_until = find_muted_until(planning.mutes, event.kind, event.location, event.device)
    if muted_until is not None:
        is_over = event.change is AlertChange.CLEARED
        if is_over and _withdraw_unsent(connection, event, recipient.name):
            return None
        return recipient.due_at(muted_until)
    quiet_until = recipient.due_at(event.at)
    if quiet_until > event.at:
        return None if _ended_in_quiet_hours(connection, event, recipient) else quiet_until
    key = (recipient.name, event.kind, str(event.change))
    if key not in windows:
        windows[key] = _window(connection, key, event.at, planning.within)
    return windows[key]


def _ended_in_quiet_hours(connection: Connection, event: AlertEvent, recipient: Recipient) -> bool:
    """Whether an alert began and ended within the same quiet hours: then nothing is sent."""
    if event.change is not AlertChange.CLEARED:
        return False
    raised_at: datetime = connection.execute(
        select(alerts.c.raised_at).where(alerts.c.id == event.alert)
    ).scalar_one()
    began_in_quiet_hours = raised_at < recipient.due_at(raised_at) > event.at
    return began_in_quiet_hours and _withdraw_unsent(connection, event, recipient.name)


def plan_for_notified(connection: Connection, event: AlertEvent) -> None:
    """Plan the end of an alert that was closed by hand, for those who received its beginning."""
    if event.acknowledged:
        return
    notified = select(alert_notifications.c.recipient, alert_notifications.c.attempts).where(
        alert_notifications.c.alert == event.alert,
        alert_notifications.c.change == str(AlertChange.RAISED),
        alert_notifications.c.state.in_([NotificationState.PENDING, NotificationState.SENT]),
    )
    names = [recipient for recipient, _ in connection.execute(notified).all()]
    new = [
        _row(event, name, event.at)
        for name in names
        if not _withdraw_unsent(connection, event, name)
    ]
    _insert(connection, new)


def withdraw_notifications(connection: Connection, alert: int, reason: str) -> None:
    """Withdraw the pending notifications of an alert."""
    waiting = (alert_notifications.c.alert == alert) & (
        alert_notifications.c.state == NotificationState.PENDING
    )
    connection.execute(
        update(alert_notifications)
        .where(waiting)
        .values(state=str(NotificationState.WITHDRAWN), failure=reason)
    )


def never_attempted() -> ColumnElement[bool]:
    """The notifications that are pending and were not attempted yet."""
    columns = alert_notifications.c
    is_pending = columns.state == NotificationState.PENDING
    return is_pending & (columns.attempts == 0) & columns.batch.is_(None)


def claim_message(
    connection: Connection,
    recipient: Recipient,
    now: datetime,
    site_names: Mapping[str, str],
    base_url: str = "",
) -> ClaimedMessage | None:
    """Claim the next message that is due for a recipient, for two minutes."""
    if recipient.due_at(now) > now or _is_unreachable(connection, recipient.name, now):
        return None
    first = connection.execute(_due(recipient.name, now).limit(1)).one_or_none()
    if first is None:
        return None
    together = _due(recipient.name, now)
    if first.batch is None:
        same = (alerts.c.kind == first.kind) & (alert_notifications.c.change == first.change)
        together = together.where(same, alert_notifications.c.batch.is_(None))
    else:
        together = together.where(alert_notifications.c.batch == first.batch)
    rows = list(connection.execute(together))
    batch = first.batch or secrets.token_hex(16)
    numbers = tuple(row.id for row in rows)
    update_pending(connection, numbers, batch=batch, leased_until_at=now + LEASE)
    change = AlertChange(first.change)
    items = tuple(_item(row, change, site_names) for row in rows)
    return ClaimedMessage(
        recipient.name, AlertMessage(batch, change, first.kind, items, base_url), numbers
    )


def recipients_due(connection: Connection, now: datetime) -> set[str]:
    """Recipients with due notifications that are not waiting after a failure."""
    waiting = (
        select(alert_notifications.c.recipient)
        .distinct()
        .where(
            alert_notifications.c.state == NotificationState.PENDING,
            alert_notifications.c.due_at <= now,
        )
        .where(
            or_(
                alert_notifications.c.leased_until_at.is_(None),
                alert_notifications.c.leased_until_at <= now,
            )
        )
    )
    away = select(recipient_status.c.recipient).where(recipient_status.c.next_at > now)
    due = set(connection.execute(waiting).scalars())
    return due - set(connection.execute(away).scalars())


def record_delivery(
    connection: Connection, claim: ClaimedMessage, failure: DeliveryFailure | None, now: datetime
) -> None:
    """Record the result of a delivery."""
    if failure is None:
        sent = {"state": str(NotificationState.SENT), "sent_at": now, "failure": None}
        update_pending(
            connection,
            claim.numbers,
            **sent,
            attempts=alert_notifications.c.attempts + 1,
            leased_until_at=None,
        )
        connection.execute(
            recipient_status.delete().where(recipient_status.c.recipient == claim.recipient)
        )
        return
    rows = connection.execute(
        select(alert_notifications.c.id, alert_notifications.c.attempts).where(
            alert_notifications.c.id.in_(claim.numbers[:1])
        )
    )
    attempts = max((row.attempts for row in rows), default=0) + 1
    is_last = failure.fault is FailureKind.REFUSED and attempts >= MOST_ATTEMPTS
    state = NotificationState.GIVEN_UP if is_last else NotificationState.PENDING
    update_pending(
        connection,
        claim.numbers,
        state=str(state),
        attempts=attempts,
        failure=failure.reason,
        due_at=now + pause(attempts),
        leased_until_at=None,
    )
    if failure.fault is FailureKind.AWAY:
        _record_unreachable(connection, claim.recipient, failure.reason, now)


def give_up_old(connection: Connection, now: datetime) -> int:
    """Give up notifications of changes that are too old; returns how many.

    One that a mute has deferred is old from the end of the mute on.
    """
    since_at = now - GIVE_UP_AFTER
    happened_long_ago = exists().where(
        alerts.c.id == alert_notifications.c.alert,
        or_(
            (alert_notifications.c.change == str(AlertChange.RAISED))
            & (alerts.c.raised_at < since_at),
            (alert_notifications.c.change == str(AlertChange.CLEARED))
            & (alerts.c.cleared_at < since_at),
        ),
    )
    old = (
        (alert_notifications.c.state == NotificationState.PENDING)
        & (alert_notifications.c.due_at < now)
        & or_(alert_notifications.c.attempts > 0, alert_notifications.c.due_at < since_at)
        & happened_long_ago
    )
    reason = func.coalesce(alert_notifications.c.failure, "not delivered within two days")
    given_up = (
        update(alert_notifications)
        .where(old)
        .values(state=str(NotificationState.GIVEN_UP), failure=reason)
    )
    return connection.execute(given_up).rowcount


def _due(recipient: str, now: datetime) -> Any:
    begun = alert_notifications.alias("begun")
    unsent_beginning = exists().where(
        begun.c.alert == alert_notifications.c.alert,
        begun.c.recipient == alert_notifications.c.recipient,
        begun.c.change == str(AlertChange.RAISED),
        begun.c.state == NotificationState.PENDING,
        alert_notifications.c.change == str(AlertChange.CLEARED),
    )
    return (
        select(alert_notifications, *(alerts.c[name] for name in ALERT_COLUMNS))
        .join(alerts, alerts.c.id == alert_notifications.c.alert)
        .where(alert_notifications.c.state == NotificationState.PENDING)
        .where(alert_notifications.c.due_at <= now, alert_notifications.c.recipient == recipient)
        .where(~unsent_beginning, _is_unleased(now))
        .order_by(alert_notifications.c.id)
    )


def _is_unleased(now: datetime) -> ColumnElement[bool]:
    leased_until_at = alert_notifications.c.leased_until_at
    return or_(leased_until_at.is_(None), leased_until_at <= now)


def _item(row: Row[Any], change: AlertChange, site_names: Mapping[str, str]) -> AlertItem:
    is_end = change is AlertChange.CLEARED
    message = row.message
    if is_end and row.closed_by:
        message = f"closed by {row.closed_by}: {row.close_reason}"
    elif is_end:
        message = f"over; it was: {row.message}"
    at = (row.cleared_at if is_end else None) or row.raised_at
    name = site_names.get(row.location, row.location)
    return AlertItem(row.id, row.alert, row.location, name, row.device, at, message, row.kind)


def _window(
    connection: Connection, key: tuple[str, str, str], at: datetime, within: timedelta
) -> datetime:
    """When the group is sent: with the pending group, or after `within`."""
    recipient, kind, change = key
    waiting = (
        select(func.min(alert_notifications.c.due_at))
        .join(alerts, alerts.c.id == alert_notifications.c.alert)
        .where(
            alert_notifications.c.state == NotificationState.PENDING,
            alert_notifications.c.batch.is_(None),
        )
        .where(
            alert_notifications.c.recipient == recipient,
            alert_notifications.c.change == change,
            alerts.c.kind == kind,
        )
        .where(alert_notifications.c.due_at >= at, alert_notifications.c.due_at <= at + within)
    )
    return connection.execute(waiting).scalar() or at + within


def _withdraw_unsent(connection: Connection, event: AlertEvent, recipient: str) -> bool:
    """Withdraw the unsent notification of a beginning; returns whether there was one."""
    never_tried = (
        (alert_notifications.c.alert == event.alert)
        & (alert_notifications.c.recipient == recipient)
        & (alert_notifications.c.change == str(AlertChange.RAISED))
        & never_attempted()
    )
    reason = "the alert ended before the notification was due"
    withdrawn = update(alert_notifications).where(never_tried)
    return bool(
        connection.execute(
            withdrawn.values(state=str(NotificationState.WITHDRAWN), failure=reason)
        ).rowcount
    )


def _row(event: AlertEvent, recipient: str, due_at: datetime) -> dict[str, Any]:
    return {
        "alert": event.alert,
        "change": str(event.change),
        "recipient": recipient,
        "due_at": due_at,
    }


def _insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        new = insert(connection.dialect.name, alert_notifications).on_conflict_do_nothing()
        connection.execute(new, list(rows))


def update_pending(connection: Connection, numbers: Sequence[int], **values: Any) -> None:
    """Change columns of those notifications that are still pending."""
    for start in range(0, len(numbers), AT_ONCE):
        some = alert_notifications.c.id.in_(numbers[start : start + AT_ONCE])
        pending = (
            alert_notifications.c.state == NotificationState.PENDING
        )  # not what was withdrawn meanwhile
        connection.execute(update(alert_notifications).where(some, pending).values(**values))


def _is_unreachable(connection: Connection, recipient: str, now: datetime) -> bool:
    states = recipient_status.c
    query = select(states.next_at).where(states.recipient == recipient)
    next_at = connection.execute(query).scalar_one_or_none()
    return next_at is not None and next_at > now


def _record_unreachable(connection: Connection, recipient: str, reason: str, now: datetime) -> None:
    states = recipient_status.c
    query = select(states.failures).where(states.recipient == recipient)
    failures = (connection.execute(query).scalar_one_or_none() or 0) + 1
    values = {
        "failures": failures,
        "next_at": now + pause(failures),
        "failure": reason,
        "failed_at": now,
    }
    new = insert(connection.dialect.name, recipient_status).values(recipient=recipient, **values)
    connection.execute(new.on_conflict_do_update(index_elements=["recipient"], set_=values))
