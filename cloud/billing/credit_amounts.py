"""The lines and totals of a credit note, from the lines of its invoice.

Commission and VAT are computed from everything that is credited so far, less what earlier credit
notes have: credits of a whole invoice in any number of parts add up to the invoice exactly.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cloud.billing.document import (
    BillingDocument,
    BillingLine,
    LineKind,
    Totals,
    compute_vat,
)
from cloud.money import major, round_minor, written


class CreditError(ValueError):
    """A credit that the invoice does not allow."""


@dataclass(frozen=True, slots=True)
class LineCredit:
    """An amount without VAT to credit of a line of the invoice, counted from 1."""

    line: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class CreditedBefore:
    """What the earlier credit notes of an invoice have."""

    lines: Mapping[int, int]
    commission_minor: int
    net_minor: int
    vat_minor: int


def sum_credits(notes: Iterable[BillingDocument]) -> CreditedBefore:
    """What credit notes have together."""
    lines: dict[int, int] = defaultdict(int)
    commission = net = vat = 0
    for note in notes:
        for line in note.lines:
            if line.kind is LineKind.COMMISSION:
                commission -= line.amount_minor
            else:
                lines[line.corrects_line] += line.amount_minor
        net += note.totals.net_minor
        vat += note.totals.vat_minor
    return CreditedBefore(lines, commission, net, vat)


def compute_credit(
    invoice: BillingDocument, wanted: Sequence[LineCredit], before: CreditedBefore
) -> tuple[tuple[BillingLine, ...], Totals]:
    """The lines and totals of a credit note; raises CreditError."""
    if not wanted or len({one.line for one in wanted}) != len(wanted):
        raise CreditError("give at least one line of the invoice, each once")
    lines = [_credit_line(invoice, one, before) for one in wanted]
    share = _compute_commission(invoice, lines, before)
    if share:
        lines.append(share)
    net = sum(line.amount_minor for line in lines)
    percent = invoice.treatment.percent
    vat = compute_vat(before.net_minor + net, percent) - before.vat_minor
    return tuple(lines), Totals(net, vat)


def _credit_line(
    invoice: BillingDocument, wanted: LineCredit, before: CreditedBefore
) -> BillingLine:
    if not 1 <= wanted.line <= len(invoice.lines):
        raise CreditError(f"the invoice has lines 1 to {len(invoice.lines)}, not {wanted.line}")
    line = invoice.lines[wanted.line - 1]
    if line.kind is LineKind.COMMISSION:
        raise CreditError(
            f"line {wanted.line} is the commission: credit other lines, it follows from them"
        )
    most = line.amount_minor - before.lines.get(wanted.line, 0)
    if not 0 < wanted.amount_minor <= most:
        raise CreditError(
            f"line {wanted.line}: found {written(wanted.amount_minor, invoice.currency)}, expected "
            f"above 0 and at most {written(most, invoice.currency)} {invoice.currency}, what is "
            "billed and not credited yet"
        )
    return BillingLine(
        kind=line.kind, text=line.text, quantity=Decimal(1),
        unit_price=major(wanted.amount_minor, invoice.currency),
        amount_minor=wanted.amount_minor, line_id=line.line_id, corrects_line=wanted.line,
    )  # fmt: skip


def _compute_commission(
    invoice: BillingDocument, lines: Sequence[BillingLine], before: CreditedBefore
) -> BillingLine | None:
    """The part of the invoice's commission that falls on the credited lines."""
    commission = -sum(one.amount_minor for one in invoice.lines if one.kind is LineKind.COMMISSION)
    gross = invoice.totals.net_minor + commission
    credited = sum(before.lines.values()) + sum(line.amount_minor for line in lines)
    share = round_minor(Decimal(commission) * credited / gross) - before.commission_minor
    if not share:
        return None
    return BillingLine(
        kind=LineKind.COMMISSION, text="Agency commission on the credited amount",
        quantity=Decimal(-1), unit_price=major(share, invoice.currency), amount_minor=-share,
    )  # fmt: skip
