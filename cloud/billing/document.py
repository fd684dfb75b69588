"""Invoices and credit notes: their lines and totals, as EN 16931 adds them up.

The amount of a line is rounded once, when the line is computed. VAT is computed once from the sum
of the lines and rounded once. A document has one VAT treatment: all its lines are the same service
to the same buyer in the same month. Amounts of a credit note are above zero.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from cloud.billing.vat import VatTreatment
from cloud.money import round_minor

PER_CENT: Final = Decimal("0.01")


class DocumentKind(StrEnum):
    """What a billing document is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class DocumentStatus(StrEnum):
    """The state of a document; a final or rejected one never changes."""

    TENTATIVE = "tentative"
    REQUESTED = "requested"
    FINAL = "final"
    REJECTED = "rejected"


class LineKind(StrEnum):
    """What a line bills."""

    HOURS = "hours"  # position-hours of a flight, at a price for each
    LOT = "lot"  # position-hours of several prices together
    IMPRESSIONS = "impressions"  # at a price for a thousand
    ADJUSTMENT = "adjustment"  # of an amount that a change of the order added
    CANCELLATION = "cancellation"  # what is due for released hours
    COMMISSION = "commission"  # of the agency, below zero on an invoice


class Party(msgspec.Struct, frozen=True):
    """A seller or a buyer with the details of the day on which the document was written."""

    name: str
    address: tuple[str, ...]
    country: str
    email: str = ""
    vat_number: str = ""
    company_number: str = ""
    iban: str = ""


class BillingLine(msgspec.Struct, frozen=True):
    """One line. `unit_price` is in major units, for `price_base` units of the quantity."""

    kind: LineKind
    text: str
    quantity: Decimal
    unit_price: Decimal
    amount_minor: int
    price_base: int = 1
    line_id: str = ""
    note: str = ""
    corrects_line: int = 0  # the line of the invoice that a credit note corrects, from 1


class Totals(msgspec.Struct, frozen=True):
    """BT-109, BT-110 and BT-112 of EN 16931."""

    net_minor: int
    vat_minor: int

    @property
    def total_minor(self) -> int:
        """With VAT."""
        return self.net_minor + self.vat_minor


class BillingDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The content of an invoice or a credit note; number and dates are columns beside it."""

    kind: DocumentKind
    currency: str
    seller: Party
    buyer: Party
    advertiser: str
    campaign: str
    order_id: str
    period_from: date
    period_until: date  # the last day
    treatment: VatTreatment
    lines: tuple[BillingLine, ...]
    totals: Totals
    prepaid_minor: int = 0
    corrects_number: str = ""
    corrects_on: date | None = None


def compute_totals(lines: Sequence[BillingLine], treatment: VatTreatment) -> Totals:
    """The totals of the lines."""
    net = sum(line.amount_minor for line in lines)
    return Totals(net, compute_vat(net, treatment.percent))


def compute_vat(net_minor: int, percent: Decimal) -> int:
    """VAT of an amount, rounded once."""
    return round_minor(net_minor * percent * PER_CENT)


def remove_vat(total_minor: int, percent: Decimal) -> int:
    """The amount without VAT of one with VAT, rounded once."""
    return round_minor(total_minor / (1 + percent * PER_CENT))


def encode_document(document: BillingDocument) -> str:
    """As the column `body` has it."""
    return msgspec.json.encode(document).decode()


def decode_document(body: str) -> BillingDocument:
    """The document of the column `body`; raises msgspec.ValidationError."""
    return msgspec.json.decode(body, type=BillingDocument)
