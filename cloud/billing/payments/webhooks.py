"""Webhooks of payment providers: verified, applied once, and recorded when they are refused.

An event is applied in the transaction that stores its id. A repeated event changes nothing, whether
its provider or another sender repeats it. The audit log has each refusal; of forged events, and of
those with the id of another, at most one entry in ten seconds with the number of those between.
"""

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from cloud import database
from cloud.auth import audit
from cloud.billing.payments.calls import PaymentService
from cloud.billing.payments.event_store import (
    MOST_ID,
    MOST_KIND,
    EventOutcome,
    EventReusedError,
    digest_of,
    require_repeat,
    set_outcome,
    store_event,
)
from cloud.billing.payments.payment_store import (
    Payment,
    UnknownPaymentError,
    find_by_reference,
    read_confirmed_at,
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

REFUSE: Final = "webhook.refuse"
BETWEEN_ENTRIES: Final = timedelta(seconds=10)


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
        _record_some(service, receiver, str(refused), {}, forged)
        raise
    try:
        with database.writing(service.engine) as connection:
            return _apply_once(connection, receiver, event, now)
    except EventReusedError as error:
        _record_some(service, receiver, str(error), _describe(event), forged)
        raise WebhookRefusedError(str(error)) from error
    except (PaymentMismatchError, UnknownPaymentError) as error:
        with database.writing(service.engine) as connection:  # it is not tried again
            store_event(connection, provider, event, EventOutcome.REFUSED, now)
        _record_refusal(service, receiver, str(error), _describe(event))
        raise WebhookRefusedError(str(error)) from error


def _apply_once(
    connection: Connection, provider: PaymentProvider, event: ProviderEvent, now: datetime
) -> EventOutcome:
    if not store_event(connection, provider.name, event, EventOutcome.APPLIED, now):
        require_repeat(connection, provider.name, event)
        return EventOutcome.REPEATED
    report = Report(f"webhook of {provider.name}", now, is_event=True)
    outcome = _apply(connection, provider, event, report)
    set_outcome(connection, provider.name, event, outcome)
    return outcome


def _apply(
    connection: Connection, provider: PaymentProvider, event: ProviderEvent, report: Report
) -> EventOutcome:
    if event.subject is None:
        return EventOutcome.IGNORED
    stored = _find_payment(connection, provider, event)
    if isinstance(event.subject, ProviderPayment):
        report = replace(report, is_late=_is_of_earlier_attempt(connection, event, stored))
        is_changed = record_payment(connection, stored, event.subject, report)
    else:
        is_changed = record_refund(connection, stored, event.subject, report)
    return EventOutcome.APPLIED if is_changed else EventOutcome.UNCHANGED


def _is_of_earlier_attempt(connection: Connection, event: ProviderEvent, stored: Payment) -> bool:
    """Whether a payer has tried again since the provider wrote an event about a payment."""
    if event.created_at is None:
        return False
    confirmed_at = read_confirmed_at(connection, stored.id)
    return confirmed_at is not None and event.created_at < confirmed_at.replace(microsecond=0)


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


def _describe(event: ProviderEvent) -> dict[str, Any]:
    return {
        "event": event.event_id[:MOST_ID], "kind": event.kind[:MOST_KIND],
        "content": digest_of(event),
    }  # fmt: skip


def _record_some(
    service: PaymentService,
    provider: PaymentProvider,
    reason: str,
    about: dict[str, Any],
    forged: ForgedWebhooks,
) -> None:
    """Record a refusal with the number of those since the last entry, if that was long ago."""
    count = forged.take(service.clock())
    if count:
        _record_refusal(service, provider, reason, {"webhooks": count, **about})


def _record_refusal(
    service: PaymentService, provider: PaymentProvider, reason: str, about: dict[str, Any]
) -> None:
    with database.writing(service.engine) as connection:
        audit.record_change(
            connection, at=service.clock(), actor=f"webhook of {provider.name}", action=REFUSE,
            about=provider.name, details={"reason": reason, **about},
        )  # fmt: skip
