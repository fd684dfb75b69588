"""The table of webhooks that were received, so that none is applied twice.

An event with the id of a stored one repeats it if the content that is read is the same: the rest of
an event may differ, such as how many webhooks are pending.
"""

import hashlib
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from cloud import database
from cloud.billing.payments.provider import ProviderEvent
from cloud.billing.payments.recording import PaymentMismatchError
from cloud.database.billing import provider_events

MOST_ID: Final = 120
MOST_KIND: Final = 60
RETENTION: Final = timedelta(days=30)
"""How long an event is stored; its provider repeats one for a few days."""


class EventOutcome(StrEnum):
    """What was done with a webhook."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    IGNORED = "ignored"  # of a kind that is of no concern to us
    REPEATED = "repeated"
    REFUSED = "refused"


class EventReusedError(PaymentMismatchError):
    """An event with the id of another one."""


def store_event(
    connection: Connection,
    provider: str,
    event: ProviderEvent,
    outcome: EventOutcome,
    now: datetime,
) -> bool:
    """Store an event; False where its id is stored already."""
    row = {
        "provider": provider, "event_id": event.event_id[:MOST_ID],
        "kind": event.kind[:MOST_KIND], "digest": digest_of(event), "outcome": outcome.value,
        "received_at": now,
    }  # fmt: skip
    insert = database.insert(connection.dialect.name, provider_events).values(row)
    stored = insert.on_conflict_do_nothing().returning(provider_events.c.event_id)
    return connection.execute(stored).first() is not None


def set_outcome(
    connection: Connection, provider: str, event: ProviderEvent, outcome: EventOutcome
) -> None:
    """Store what was done with a stored event."""
    same = _is_event(provider, event)
    connection.execute(update(provider_events).where(same).values(outcome=outcome.value))


def require_repeat(connection: Connection, provider: str, event: ProviderEvent) -> None:
    """Raise EventReusedError where the stored event of this id has other content."""
    wanted = select(provider_events.c.digest).where(_is_event(provider, event))
    if connection.execute(wanted).scalar_one() != digest_of(event):
        raise EventReusedError("an event of this id came before with other content")


def delete_old_events(connection: Connection, now: datetime) -> int:
    """Delete events that were received long ago; how many there were."""
    is_old = provider_events.c.received_at < now - RETENTION
    return connection.execute(delete(provider_events).where(is_old)).rowcount


def digest_of(event: ProviderEvent) -> str:
    """Of the content that is read, for the audit log."""
    content = None if event.subject is None else asdict(event.subject)
    return hashlib.sha256(msgspec.json.encode((event.kind, content))).hexdigest()


def _is_event(provider: str, event: ProviderEvent) -> ColumnElement[bool]:
    columns = provider_events.c
    return and_(columns.provider == provider, columns.event_id == event.event_id[:MOST_ID])
