"""Approved make-goods become credit notes: finance has approved them with the make-good.

A credit is taken from the newest final invoices that bill the line, at most what is left of each.
Where too little is billed, the make-good waits for the next invoice of the line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from cloud.billing.credit_amounts import LineCredit, sum_credits
from cloud.billing.credit_notes import approve_credit, list_invoices_of_line, request_credit
from cloud.billing.document_store import list_corrections
from cloud.billing.finalising import Decision
from cloud.billing.order_charges import SUPPLIES
from cloud.campaigns.make_good_store import MakeGood, Remedy, list_approved, settle_make_good

MOST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class SettleResult:
    """Credit notes that were made, and make-goods that wait for an invoice."""

    notes: tuple[str, ...]
    waiting: tuple[str, ...]


def settle_make_goods(connection: Connection, decision: Decision) -> SettleResult:
    """Credit every approved make-good whose line is billed with enough."""
    notes: list[str] = []
    waiting: list[str] = []
    for make_good in list_approved(connection, Remedy.CREDIT):
        parts = _split_credit(connection, make_good)
        if parts is None:
            waiting.append(make_good.id)
            continue
        made = [_credit(connection, make_good, *part, decision) for part in parts]
        document = made[0] if made else "nothing"
        settle_make_good(connection, make_good.id, document, by=decision.by, now=decision.now)
        notes.extend(made)
    return SettleResult(tuple(notes), tuple(waiting))


def _split_credit(
    connection: Connection, make_good: MakeGood
) -> Sequence[tuple[str, LineCredit]] | None:
    """What to credit of each invoice; None where the invoices have too little left."""
    rest = make_good.credit_minor
    parts = []
    for invoice in list_invoices_of_line(connection, make_good.line_id):
        before = sum_credits(one.content for one in list_corrections(connection, invoice.id))
        for number, line in enumerate(invoice.content.lines, 1):
            if line.line_id != make_good.line_id or line.kind not in SUPPLIES:
                continue
            amount = min(rest, line.amount_minor - before.lines.get(number, 0))
            if amount > 0:
                parts.append((invoice.id, LineCredit(number, amount)))
                rest -= amount
    return None if rest else parts


def _credit(
    connection: Connection,
    make_good: MakeGood,
    invoice: str,
    credit: LineCredit,
    decision: Decision,
) -> str:
    reason = f"make-good: {make_good.reason}"[:MOST_REASON]
    note = request_credit(connection, invoice, [credit], reason, by=decision.by, now=decision.now)
    return approve_credit(connection, note.id, decision, by_another=False).id
