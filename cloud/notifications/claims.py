"""Claim the next message of a user for a channel: due, still wanted, and allowed to be sent now."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from cloud.auth.access import STAFF_ROLES
from cloud.auth.users.user import User
from cloud.auth.users.user_store import require_user
from cloud.notifications.event import Fact
from cloud.notifications.kinds import URGENT, NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.message import NoticeItem, NoticeMessage
from cloud.notifications.notice_store import (
    MOST_SMS,
    claim,
    count_sms,
    find_due,
    postpone,
    withdraw,
)
from cloud.notifications.preference_store import StoredPreferences, ensure_preferences
from cloud.notifications.reports.report_document import ReportDocument
from cloud.notifications.reports.sent_reports import read_reports
from cloud.notifications.unsubscribe import make_token


@dataclass(frozen=True, slots=True)
class ClaimedNotice:
    """A message that this process sends now, where to, and its notifications."""

    user: str
    channel: NoticeChannel
    to: str = field(repr=False)
    message: NoticeMessage
    numbers: frozenset[int]
    attempts: int
    secret: bytes | None = field(default=None, repr=False)


def claim_message(
    connection: Connection, user: str, channel: NoticeChannel, link: str, now: datetime
) -> ClaimedNotice | None:
    """Claim what is due first; None where nothing may be sent now."""
    rows = find_due(connection, user, channel, now)
    if not rows:
        return None
    person, stored = require_user(connection, user), ensure_preferences(connection, user, now)
    rows = _keep_sendable(connection, rows, person, stored, channel, now)
    if not rows:
        return None
    batch = rows[0].batch or secrets.token_hex(16)
    numbers = claim(connection, [row.notice for row in rows], batch, now)
    claimed = [row for row in rows if row.notice in numbers]
    if not claimed:
        return None
    return ClaimedNotice(
        user=user,
        channel=channel,
        to=_address(person, stored, channel),
        message=_make_message(connection, stored, claimed, batch, link),
        numbers=numbers,
        attempts=claimed[0].attempts + 1,
        secret=_secret(stored, channel),
    )


def _keep_sendable(
    connection: Connection,
    rows: Sequence[Row[Any]],
    person: User,
    stored: StoredPreferences,
    channel: NoticeChannel,
    now: datetime,
) -> list[Row[Any]]:
    """What the user still wants, unless quiet hours or the limit of text messages hold it up."""
    is_staff = not person.roles.isdisjoint(STAFF_ROLES)
    unwanted = [
        row.notice
        for row in rows
        if not stored.is_reachable(channel)
        or stored.preferences.mode(NoticeTopic(row.kind), channel, is_staff=is_staff)
        is NoticeMode.OFF
    ]
    if unwanted:
        withdraw(connection, unwanted, "the user has turned it off")
    wanted = [row for row in rows if row.notice not in unwanted]
    if (
        wanted
        and channel is NoticeChannel.SMS
        and count_sms(connection, person.id, now) >= MOST_SMS
    ):
        withdraw(connection, [row.notice for row in wanted], f"{MOST_SMS} were sent within a day")
        return []
    return _keep_outside_quiet_hours(connection, wanted, stored, now)


def _keep_outside_quiet_hours(
    connection: Connection, rows: Sequence[Row[Any]], stored: StoredPreferences, now: datetime
) -> list[Row[Any]]:
    until = stored.preferences.after_quiet_hours(now)
    if until <= now:
        return list(rows)
    urgent = [row for row in rows if NoticeTopic(row.kind) in URGENT and row.stale_at is not None
              and row.stale_at <= until]  # fmt: skip
    waiting = {row.notice for row in rows} - {row.notice for row in urgent}
    if waiting:
        postpone(connection, waiting, until)
    return urgent


def _make_message(
    connection: Connection,
    stored: StoredPreferences,
    rows: Sequence[Row[Any]],
    batch: str,
    link: str,
) -> NoticeMessage:
    scheduled = [row.subject for row in rows if row.kind == NoticeTopic.SCHEDULED_REPORT]
    reports = read_reports(connection, scheduled) if scheduled else {}
    items = tuple(_item(row, reports.get(row.subject)) for row in rows)
    message = NoticeMessage(
        batch=batch,
        items=items,
        is_digest=rows[0].mode == NoticeMode.DIGEST,
        zone=stored.preferences.zone,
        link=link,
    )
    token = make_token(stored.user, message.scope, stored.unsubscribe_secret)
    return replace(message, unsubscribe_token=token)


def _item(row: Row[Any], report: ReportDocument | None) -> NoticeItem:
    return NoticeItem(
        id=row.id,
        kind=NoticeTopic(row.kind),
        account=row.account,
        at=row.at,
        title=row.title,
        facts=msgspec.json.decode(row.facts, type=tuple[Fact, ...]),
        path=row.path,
        stale_at=row.stale_at,
        report=report,
    )


def _address(person: User, stored: StoredPreferences, channel: NoticeChannel) -> str:
    preferences = stored.preferences
    other = {NoticeChannel.SMS: preferences.phone, NoticeChannel.WEBHOOK: preferences.webhook}
    return other.get(channel) or person.email


def _secret(stored: StoredPreferences, channel: NoticeChannel) -> bytes | None:
    if channel is not NoticeChannel.WEBHOOK or stored.webhook_secret is None:
        return None
    return stored.webhook_secret.encode()
