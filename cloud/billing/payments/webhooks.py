"""Webhooks of payment providers: verified, applied once, and recorded when they are refused.

An event is applied in the transaction that stores its id. A repeated event changes nothing, whether
its provider or somebody else repeats it. The audit log has each refusal, of forged ones at most one
entry in ten seconds with the number of those between.
"""

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, select, update

from cloud import database
from cloud.auth import audit
from cloud.billing.payments.calls import PaymentService
from cloud.billing.payments.payment_store import (
    Payment,
    UnknownPaymentError,
    find_by_reference,
    read_payment,
)
from cloud.billing.payments.provider import (
    PaymentProvider,
    ProviderEvent,
    ProviderPayment,
    WebhookRefusedError,
)
from cloud.billing.payments.recording import (
    PaymentMismatchError,
    Report,
    record_payment,
    record_refund,
)
from cloud.database.billing import provider_events

REFUSE: Final = "webhook.refuse"
BETWEEN_ENTRIES: Final = timedelta(seconds=10)
MOST_ID: Final = 120


class EventOutcome(StrEnum):
    """What was done with a webhook."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    IGNORED = "ignored"  # of a kind that is of no concern to us
    REPEATED = "repeated"
    REFUSED = "refused"


class UnknownProviderError(LookupError):
    """No provider of that name is set up."""


@dataclass
class ForgedWebhooks:
    """Forged webhooks since the last entry about them; one for each process."""

    count: int = 0
    recorded_at: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, now: datetime) -> int:
        """Count one; how many to record now, 0 for none."""
        with self.lock:
            self.count += 1
            is_recent = self.recorded_at is not None and now < self.recorded_at + BETWEEN_ENTRIES
            if is_recent:
                return 0
            count, self.count, self.recorded_at = self.count, 0, now
            return count


def receive_event(
    service: PaymentService, provider: str, payload: bytes, signature: str, forged: ForgedWebhooks
) -> EventOutcome:
    """Verify and apply a webhook.

    Raises:
        UnknownProviderError: no such provider is set up.
        WebhookRefusedError: it is forged, too old, or contradicts what is stored.
    """
    receiver = service.providers.get(provider)
    if receiver is None:
        raise UnknownProviderError(f"no payment provider {provider[:16]!r} is set up")
    now = service.clock()
    try:
        event = receiver.read_event(payload, signature, now)
    except WebhookRefusedError as refused:
        count = forged.take(now)
        if count:
            _record_refusal(service, receiver, str(refused), {"webhooks": count}, now)
        raise
    digest = hashlib.sha256(payload).hexdigest()
    try:
        with database.writing(service.engine) as connection:
            return _apply_once(connection, receiver, event, digest, now)
    except (PaymentMismatchError, UnknownPaymentError) as error:
        return _refuse_event(service, receiver, event, digest, str(error), now)


def _apply_once(
    connection: Connection,
    provider: PaymentProvider,
    event: ProviderEvent,
    digest: str,
    now: datetime,
) -> EventOutcome:
    if not _store_event(connection, provider, event, digest, EventOutcome.APPLIED, now):
        return _describe_repeat(connection, provider, event, digest)
    outcome = _apply(connection, provider, event, Report(f"webhook of {provider.name}", now))
    same = _is_event(provider, event)
    connection.execute(update(provider_events).where(same).values(outcome=outcome.value))
    return outcome


def _apply(
    connection: Connection, provider: PaymentProvider, event: ProviderEvent, report: Report
) -> EventOutcome:
    if event.subject is None:
        return EventOutcome.IGNORED
    stored = _find_payment(connection, provider, event)
    if isinstance(event.subject, ProviderPayment):
        is_changed = record_payment(connection, stored, event.subject, report)
    else:
        is_changed = record_refund(connection, stored, event.subject, report)
    return EventOutcome.APPLIED if is_changed else EventOutcome.UNCHANGED


def _find_payment(
    connection: Connection, provider: PaymentProvider, event: ProviderEvent
) -> Payment:
    """The payment of an event: by the provider's id, or by ours before its answer was stored."""
    subject = event.subject
    assert subject is not None
    if not isinstance(subject, ProviderPayment):
        found = find_by_reference(connection, provider.name, subject.payment_reference)
    else:
        found = find_by_reference(connection, provider.name, subject.reference)
        if found is None and subject.payment is not None:
            found = read_payment(connection, subject.payment)
    if found is None or found.provider != provider.name:
        raise UnknownPaymentError("the event is about a payment that is not stored here")
    return found


def _store_event(
    connection: Connection,
    provider: PaymentProvider,
    event: ProviderEvent,
    digest: str,
    outcome: EventOutcome,
    now: datetime,
) -> bool:
    """Store the id of an event; False where it is stored already."""
    row = {
        "provider": provider.name, "event_id": event.event_id[:MOST_ID],
        "kind": event.kind[:60], "digest": digest, "outcome": outcome.value, "received_at": now,
    }  # fmt: skip
    insert = database.insert(connection.dialect.name, provider_events).values(row)
    stored = insert.on_conflict_do_nothing().returning(provider_events.c.event_id)
    return connection.execute(stored).first() is not None


def _describe_repeat(
    connection: Connection, provider: PaymentProvider, event: ProviderEvent, digest: str
) -> EventOutcome:
    wanted = select(provider_events.c.digest).where(_is_event(provider, event))
    if connection.execute(wanted).scalar_one() != digest:
        raise PaymentMismatchError("an event of this id came before with other content")
    return EventOutcome.REPEATED


def _is_event(provider: PaymentProvider, event: ProviderEvent) -> ColumnElement[bool]:
    columns = provider_events.c
    return and_(columns.provider == provider.name, columns.event_id == event.event_id[:MOST_ID])


def _refuse_event(
    service: PaymentService,
    provider: PaymentProvider,
    event: ProviderEvent,
    digest: str,
    reason: str,
    now: datetime,
) -> EventOutcome:
    """Store a refused event, so that it is not tried again, and raise WebhookRefusedError."""
    with database.writing(service.engine) as connection:
        _store_event(connection, provider, event, digest, EventOutcome.REFUSED, now)
    about = {"event": event.event_id[:MOST_ID], "kind": event.kind[:60], "content": digest}
    _record_refusal(service, provider, reason, about, now)
    raise WebhookRefusedError(reason)


def _record_refusal(
    service: PaymentService,
    provider: PaymentProvider,
    reason: str,
    about: dict[str, Any],
    now: datetime,
) -> None:
    with database.writing(service.engine) as connection:
        audit.record_change(
            connection, at=now, actor=f"webhook of {provider.name}", action=REFUSE,
            about=provider.name, details={"reason": reason, **about},
        )  # fmt: skip
