"""The tables of payments, of the calls of providers, and of refunds.

A call is stored before it is sent, with all that is needed to send it again. Its key is derived
from the payment, the action and the attempt, so a call that is repeated after a crash has the same
key and charges once.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, func, select, tuple_, update

from cloud.billing.payments.provider import Amount, CallAction, PaymentStatus, RefundStatus
from cloud.database.billing import payment_calls, payments, provider_refunds

REFUND_STAGE: Final = {
    RefundStatus.PENDING: 0,
    RefundStatus.SUCCEEDED: 1,
    RefundStatus.FAILED: 2,
}
"""A refund that has succeeded may fail later; one that has failed stays so."""


class UnknownPaymentError(LookupError):
    """No payment with that id, or none that the caller may see."""


class CallOutcome(StrEnum):
    """How a call ended."""

    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"  # never answered: the state at the provider was read instead


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment of an invoice, or of an order in advance."""

    id: str
    account: str
    document: str
    provider: str
    reference: str | None
    amount_minor: int
    currency: str
    refunded_minor: int
    status: PaymentStatus
    failure: str | None
    next_url: str | None
    created_by: str
    created_at: datetime
    changed_at: datetime
    vat_minor: int | None = None  # part of the amount; None: not known

    @property
    def amount(self) -> Amount:
        """What is to be paid."""
        return Amount(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """A call whose outcome is not known yet, or how it ended."""

    payment: str
    action: CallAction
    attempt: int
    amount_minor: int
    started_at: datetime
    method: str | None = None
    outcome: CallOutcome | None = None

    @property
    def key(self) -> str:
        """The idempotency key at the provider."""
        return f"{self.payment}-{self.action}-{self.attempt}"


def new_payment_id() -> str:
    """An id that cannot be guessed."""
    return secrets.token_hex(16)


def insert_payment(connection: Connection, payment: Payment) -> None:
    """Store a new payment."""
    row = {name: getattr(payment, name) for name in Payment.__slots__}
    connection.execute(payments.insert().values({**row, "status": payment.status.value}))


def update_payment(connection: Connection, payment: str, at: datetime, **values: Any) -> None:
    """Store another state of a payment."""
    changed = {**values, "changed_at": at}
    connection.execute(update(payments).where(payments.c.id == payment).values(changed))


def read_payment(
    connection: Connection, payment: str, *, accounts: frozenset[str] | None = None
) -> Payment:
    """A payment, of one of the accounts or of any; locked until the transaction ends.

    Raises:
        UnknownPaymentError: there is none, or it is of another account.
    """
    wanted = select(payments).where(payments.c.id == payment).with_for_update()
    if accounts is not None:
        wanted = wanted.where(payments.c.account.in_(sorted(accounts)))
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise UnknownPaymentError(f"no payment {payment[:32]!r}: GET /api/payments lists them")
    return _to_payment(row)


def find_by_reference(connection: Connection, provider: str, reference: str) -> Payment | None:
    """The payment with a provider's id."""
    columns = payments.c
    wanted = select(payments).where(columns.provider == provider, columns.reference == reference)
    row = connection.execute(wanted.with_for_update()).mappings().one_or_none()
    return None if row is None else _to_payment(row)


def list_payments(
    connection: Connection,
    accounts: frozenset[str] | None = None,
    *,
    document: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int | None = None,
) -> Sequence[Payment]:
    """Payments, of one document or of all, the latest first; all of them without a limit."""
    columns = payments.c
    wanted = select(payments)
    if document is not None:
        wanted = wanted.where(columns.document == document)
    if accounts is not None:
        wanted = wanted.where(columns.account.in_(sorted(accounts)))
    if after is not None:
        wanted = wanted.where(tuple_(columns.created_at, columns.id) < after)
    ordered = wanted.order_by(columns.created_at.desc(), columns.id.desc()).limit(limit)
    return [_to_payment(row) for row in connection.execute(ordered).mappings()]


def insert_call(connection: Connection, call: ProviderCall) -> None:
    """Store a call that is to be sent."""
    connection.execute(
        payment_calls.insert().values(
            payment=call.payment, action=call.action.value, attempt=call.attempt,
            amount_minor=call.amount_minor, method=call.method, started_at=call.started_at,
        )
    )  # fmt: skip


def end_call(
    connection: Connection, call: ProviderCall, outcome: CallOutcome, at: datetime
) -> bool:
    """Store how a call ended; False where another process has done so."""
    columns = payment_calls.c
    ended = (
        update(payment_calls)
        .where(
            columns.payment == call.payment, columns.action == call.action.value,
            columns.attempt == call.attempt, columns.outcome.is_(None),
        )
        .values(outcome=outcome.value, ended_at=at)
    )  # fmt: skip
    return bool(connection.execute(ended).rowcount)


def list_open_calls(connection: Connection, payment: str | None = None) -> Sequence[ProviderCall]:
    """Calls without an outcome, of one payment or of all, oldest first."""
    columns = payment_calls.c
    wanted = select(payment_calls).where(columns.outcome.is_(None))
    if payment is not None:
        wanted = wanted.where(columns.payment == payment)
    ordered = wanted.order_by(columns.started_at, columns.payment, columns.action, columns.attempt)
    return [_to_call(row) for row in connection.execute(ordered)]


def count_calls(connection: Connection, payment: str, action: CallAction) -> int:
    """How often an action of a payment was asked for."""
    columns = payment_calls.c
    wanted = select(func.count()).where(columns.payment == payment, columns.action == action.value)
    return int(connection.execute(wanted).scalar_one())


def read_confirmed_at(connection: Connection, payment: str) -> datetime | None:
    """When the newest confirmation of a payment was asked for; None without one."""
    columns = payment_calls.c
    wanted = select(func.max(columns.started_at)).where(
        columns.payment == payment, columns.action == CallAction.CONFIRM.value
    )
    found: datetime | None = connection.execute(wanted).scalar()
    return found


def store_refund(
    connection: Connection,
    provider: str,
    reference: str,
    payment: str,
    amount_minor: int,
    status: RefundStatus,
    at: datetime,
) -> bool:
    """Store the state of a refund; False where the stored one is not of an earlier stage."""
    columns = provider_refunds.c
    same = (columns.provider == provider) & (columns.reference == reference)
    before = connection.execute(select(columns.status).where(same)).scalar()
    if before is None:
        connection.execute(
            provider_refunds.insert().values(
                provider=provider,
                reference=reference,
                payment=payment,
                amount_minor=amount_minor,
                status=status.value,
                changed_at=at,
            )
        )
        return True
    if REFUND_STAGE[status] <= REFUND_STAGE[RefundStatus(before)]:
        return False
    connection.execute(
        update(provider_refunds).where(same).values(status=status.value, changed_at=at)
    )
    return True


def _to_payment(row: Any) -> Payment:
    values = {name: row[name] for name in Payment.__slots__}
    return Payment(**{**values, "status": PaymentStatus(row["status"])})


def _to_call(row: Any) -> ProviderCall:
    return ProviderCall(
        row.payment, CallAction(row.action), row.attempt, row.amount_minor, row.started_at,
        row.method,
        None if row.outcome is None else CallOutcome(row.outcome),
    )  # fmt: skip
