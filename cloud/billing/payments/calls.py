"""Send the stored calls of payments, and store their outcomes.

A call that was sent without an answer stays open and is sent again with the same key, as long as
the provider certainly remembers it. Two processes that send the same call get the same answer, and
one of them stores it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from cloud import database
from cloud.billing.payments.expired_keys import find_outcome, is_expired
from cloud.billing.payments.payment_store import (
    CallOutcome,
    Payment,
    ProviderCall,
    end_call,
    list_open_calls,
    read_payment,
    update_payment,
)
from cloud.billing.payments.provider import (
    Amount,
    CallAction,
    NewPayment,
    PaymentProvider,
    PaymentStatus,
    ProviderPayment,
    ProviderRefund,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from cloud.billing.payments.recording import (
    PaymentMismatchError,
    Report,
    record_payment,
    record_refund,
)
from cloud.billing.payments.requests import MANUAL

log = logging.getLogger(__name__)
MOST_FAILURE = 200


@dataclass(frozen=True, slots=True)
class PaymentService:
    """The providers of this installation, by name, with the database and the clock."""

    engine: Engine
    providers: Mapping[str, PaymentProvider]
    clock: Callable[[], datetime]


def complete_calls(service: PaymentService, payment: str, *, by: str) -> Payment:
    """Send the open calls of a payment and return the payment after that.

    Raises:
        ProviderUnavailableError: the outcome of a call is not known: call this again later.
        PaymentMismatchError: the provider answered with another amount or currency.
    """
    while True:
        with database.writing(service.engine) as connection:
            stored = read_payment(connection, payment)
            calls = list_open_calls(connection, payment)
        if not calls:
            return stored
        _complete(service, stored, calls[0], by)


def complete_all(service: PaymentService, *, by: str) -> tuple[int, int]:
    """Send every open call; how many payments were completed, and how many still wait.

    A payment that contradicts its provider waits for a person, and the others go on.
    """
    with database.reading(service.engine) as connection:
        waiting = dict.fromkeys(call.payment for call in list_open_calls(connection))
    done = 0
    for payment in waiting:
        try:
            complete_calls(service, payment, by=by)
        except ProviderUnavailableError:
            continue
        except PaymentMismatchError as error:
            log.error("payment.mismatch", extra={"payment": payment, "reason": str(error)})
            continue
        done += 1
    return done, len(waiting) - done


def _complete(service: PaymentService, stored: Payment, call: ProviderCall, by: str) -> None:
    provider = service.providers.get(stored.provider)
    if provider is None:
        raise ProviderUnavailableError(
            f"payment {stored.id} needs the provider {stored.provider}: set it up again"
        )
    refusal = ""
    answer: ProviderPayment | ProviderRefund | None = None
    try:
        outcome, answer = _ask(provider, stored, call, service.clock())
    except ProviderRefusedError as refused:
        outcome, refusal = CallOutcome.REFUSED, str(refused)[:MOST_FAILURE]
    report = Report(by, service.clock())
    with database.writing(service.engine) as connection:
        present = read_payment(connection, stored.id)
        if end_call(connection, call, outcome, report.at):
            _store_answer(connection, present, answer, refusal, report)


def _store_answer(
    connection: Connection,
    present: Payment,
    answer: ProviderPayment | ProviderRefund | None,
    refusal: str,
    report: Report,
) -> None:
    if isinstance(answer, ProviderPayment):
        record_payment(connection, present, answer, report)
    elif isinstance(answer, ProviderRefund):
        record_refund(connection, present, answer, report)
    else:
        is_new = present.status is PaymentStatus.PENDING
        status = PaymentStatus.CANCELED if is_new else present.status
        update_payment(connection, present.id, report.at, failure=refusal, status=status.value)


def _ask(
    provider: PaymentProvider, stored: Payment, call: ProviderCall, now: datetime
) -> tuple[CallOutcome, ProviderPayment | ProviderRefund]:
    """Send a call, or look up what became of one whose key the provider may have forgotten."""
    if is_expired(provider, call, now):
        return CallOutcome.EXPIRED, find_outcome(provider, stored, call, now)
    return CallOutcome.DONE, _send(provider, stored, call)


def _send(
    provider: PaymentProvider, stored: Payment, call: ProviderCall
) -> ProviderPayment | ProviderRefund:
    amount = Amount(call.amount_minor, stored.currency)
    if call.action is CallAction.CREATE:
        is_manual = call.method == MANUAL
        new = NewPayment(stored.id, call.amount_minor, stored.currency, is_manual)
        return provider.create(new, call.key)
    reference = stored.reference or ""
    if call.action is CallAction.CONFIRM:
        return provider.confirm(reference, call.method or "", call.key)
    if call.action is CallAction.CAPTURE:
        return provider.capture(reference, amount, call.key)
    if call.action is CallAction.CANCEL:
        return provider.cancel(reference, amount, call.key)
    return provider.refund(reference, amount, call.key)
