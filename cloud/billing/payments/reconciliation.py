"""The provider's list of payments and refunds against our ledger.

Both are listed for an interval. A payment of ours belongs to it by the time at which it was stored,
which is at most `MARGIN` before the provider created it: near the limits of the interval, what the
other side lacks is not reported.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Select, select

from cloud.billing.ledger import Book
from cloud.billing.payments.provider import PaymentProvider, PaymentStatus, RefundStatus
from cloud.database.billing import ledger_entries, ledger_postings, payments, provider_refunds

MARGIN: Final = timedelta(hours=1)


class DifferenceKind(StrEnum):
    """How the two lists differ."""

    MISSING = "missing"  # the provider has it, the ledger does not
    EXTRA = "extra"  # the ledger has it, the provider does not
    AMOUNT = "amount"  # another amount or currency


@dataclass(frozen=True, slots=True)
class Booked:
    """An amount on one side; below zero for a refund."""

    reference: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A payment or refund that differs; a side is None where it does not have it."""

    kind: DifferenceKind
    reference: str
    provider: Booked | None
    ledger: Booked | None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many payments and refunds the provider has, and which differ."""

    compared: int
    differences: tuple[Difference, ...]


def reconcile(
    connection: Connection, provider: PaymentProvider, first: datetime, until: datetime
) -> Reconciliation:
    """Compare what the provider has taken and paid back with what is posted."""
    theirs = _index(_list_theirs(provider, first, until))
    wider = _index(_read_ours(connection, provider.name, first - MARGIN, until + MARGIN))
    certain = _index(_read_ours(connection, provider.name, first, until - MARGIN))
    differences = tuple(_compare(theirs, wider, certain))
    return Reconciliation(len(theirs), differences)


def _compare(
    theirs: Mapping[str, Booked], wider: Mapping[str, Booked], certain: Mapping[str, Booked]
) -> Iterator[Difference]:
    for reference, booked in sorted(theirs.items()):
        ours = wider.get(reference)
        if ours is None:
            yield Difference(DifferenceKind.MISSING, reference, booked, None)
        elif ours != booked:
            yield Difference(DifferenceKind.AMOUNT, reference, booked, ours)
    for reference in sorted(certain.keys() - theirs.keys()):
        yield Difference(DifferenceKind.EXTRA, reference, None, certain[reference])


def _list_theirs(provider: PaymentProvider, first: datetime, until: datetime) -> Iterator[Booked]:
    for payment in provider.list_payments(first, until):
        if payment.status is PaymentStatus.SUCCEEDED:
            yield Booked(payment.reference, payment.amount_minor, payment.currency)
    for refund in provider.list_refunds(first, until):
        if refund.status is RefundStatus.SUCCEEDED:
            yield Booked(refund.reference, -refund.amount_minor, refund.currency)


def _read_ours(
    connection: Connection, provider: str, first: datetime, until: datetime
) -> Iterator[Booked]:
    """What the book `cash` has of payments and refunds that were stored in an interval."""
    columns = payments.c
    taken = select(columns.reference, ledger_entries.c.amount_minor, columns.currency).where(
        columns.provider == provider, columns.created_at >= first, columns.created_at < until,
        ledger_postings.c.reference == "payment:" + columns.id,
    )  # fmt: skip
    returned = (
        select(provider_refunds.c.reference, ledger_entries.c.amount_minor, columns.currency)
        .join(payments, columns.id == provider_refunds.c.payment)
        .where(
            provider_refunds.c.provider == provider,
            provider_refunds.c.status == RefundStatus.SUCCEEDED.value,
            provider_refunds.c.changed_at >= first, provider_refunds.c.changed_at < until,
            ledger_postings.c.reference == f"refund:{provider}:" + provider_refunds.c.reference,
        )
    )  # fmt: skip
    for wanted in (taken, returned):
        for row in connection.execute(_with_cash(wanted)):
            yield Booked(row.reference, row.amount_minor, row.currency)


def _with_cash(wanted: Select[tuple[str, int, str]]) -> Select[tuple[str, int, str]]:
    return wanted.where(
        ledger_entries.c.posting == ledger_postings.c.id,
        ledger_entries.c.book == Book.CASH.value,
    )


def _index(booked: Iterable[Booked]) -> dict[str, Booked]:
    return {one.reference: one for one in booked}
