"""Store events once, with the notifications that follow from each, in one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, select

from cloud import database
from cloud.notifications.audience import NoticeReader, find_readers
from cloud.notifications.event import MOST_TITLE, NoticeEvent
from cloud.notifications.kinds import NoticeChannel, NoticeMode
from cloud.notifications.preference_store import (
    StoredPreferences,
    ensure_preferences,
    read_all_preferences,
)
from cloud.notifications.preferences import Preferences
from cloud.notifications.tables import notice_events, notices

AT_ONCE: Final = 400
PENDING: Final = "pending"
RETENTION: Final = timedelta(days=92)
"""No rule looks back so far, so that a deleted event is not found again."""


def store_events(
    connection: Connection, events: Iterable[NoticeEvent], now: datetime
) -> Sequence[NoticeEvent]:
    """Store the events that are new and plan their notifications; returns the new events."""
    return [
        event for event in _iterate_unknown(connection, events) if _store(connection, event, now)
    ]


def delete_old_events(connection: Connection, now: datetime) -> int:
    """Delete events after a quarter, with their notifications; returns how many events."""
    old = notice_events.c.found_at <= now - RETENTION
    theirs = notices.c.event.in_(select(notice_events.c.id).where(old))
    connection.execute(delete(notices).where(theirs))
    return connection.execute(delete(notice_events).where(old)).rowcount


def _iterate_unknown(
    connection: Connection, events: Iterable[NoticeEvent]
) -> Iterator[NoticeEvent]:
    """The events that are not stored, found with few queries."""
    found = list(events)
    columns = notice_events.c
    for start in range(0, len(found), AT_ONCE):
        some = found[start : start + AT_ONCE]
        keys = {event.key for event in some}
        wanted = select(columns.kind, columns.key).where(columns.key.in_(keys))
        known = {(row.kind, row.key) for row in connection.execute(wanted)}
        yield from (event for event in some if (event.kind.value, event.key) not in known)


def _store(connection: Connection, event: NoticeEvent, now: datetime) -> bool:
    insert = database.insert(connection.dialect.name, notice_events).values(_row(event, now))
    stored = insert.on_conflict_do_nothing().returning(notice_events.c.id)
    number = connection.execute(stored).scalar()
    if number is None:  # another process was first
        return False
    readers = find_readers(connection, event)
    chosen = read_all_preferences(connection, [reader.user for reader in readers])
    rows = [
        {"event": number, **row}
        for reader in readers
        for row in _plan(connection, event, reader, chosen.get(reader.user), now)
    ]
    if rows:
        connection.execute(notices.insert(), rows)
    return True


def _row(event: NoticeEvent, now: datetime) -> dict[str, Any]:
    return {
        "kind": event.kind.value,
        "key": event.key,
        "subject": event.subject,
        "account": event.account,
        "at": event.at,
        "stale_at": event.stale_at,
        "title": event.title[:MOST_TITLE],
        "facts": msgspec.json.encode(event.facts).decode(),
        "path": event.path,
        "found_at": now,
    }


def _plan(
    connection: Connection,
    event: NoticeEvent,
    reader: NoticeReader,
    stored: StoredPreferences | None,
    now: datetime,
) -> Iterator[dict[str, Any]]:
    """The notifications of one user, one for each channel that the user has chosen."""
    preferences = Preferences() if stored is None else stored.preferences
    for channel in NoticeChannel:
        mode = preferences.mode(event.kind, channel, is_staff=reader.is_staff)
        if mode is NoticeMode.OFF or not preferences.is_set_up(channel):
            continue
        if stored is not None and not stored.is_reachable(channel):
            continue
        ensure_preferences(connection, reader.user, now)
        due_at = preferences.due_at(event, mode, now)
        yield {
            "user": reader.user,
            "channel": channel.value,
            "mode": mode.value,
            "state": PENDING,
            "due_at": due_at,
            "next_at": due_at,
            "attempts": 0,
        }
