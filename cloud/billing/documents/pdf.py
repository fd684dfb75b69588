"""An invoice or a credit note as PDF; the e-invoice inside it has every character as it is."""

from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from cloud.billing.document import BillingLine, DocumentKind, Party
from cloud.billing.document_store import StoredDocument
from cloud.money import exponent, written
from cloud.pdf_document import write_day, write_pdf_document

TEMPLATE: Final = Path(str(files("cloud.billing.documents") / "invoice.typ"))
TITLES: Final = {DocumentKind.INVOICE: "Invoice", DocumentKind.CREDIT_NOTE: "Credit note"}


def write_pdf(stored: StoredDocument) -> bytes:
    """The document as PDF, without an e-invoice; a tentative one says so."""
    return write_pdf_document(TEMPLATE, _describe(stored), _made_on(stored))


def write_title(stored: StoredDocument) -> str:
    """The heading, such as `Invoice INV-2026-000017`."""
    title = TITLES[stored.kind]
    return f"{title} {stored.number}" if stored.number else f"{title}, {stored.status}"


def _made_on(stored: StoredDocument) -> date:
    return stored.issued_on or stored.changed_at.date()


def _describe(stored: StoredDocument) -> Any:
    content = stored.content
    made = _made_on(stored)
    return {
        "title": write_title(stored),
        "made": [made.year, made.month, made.day],
        "currency": content.currency,
        "seller": _describe_party(content.seller),
        "buyer": _describe_party(content.buyer),
        "facts": _list_facts(stored),
        "lines": [
            _describe_line(number, line, content.currency)
            for number, line in enumerate(content.lines, 1)
        ],
        "totals": _list_totals(stored),
        "notes": _list_notes(stored),
    }


def _describe_party(party: Party) -> list[str]:
    numbers = [
        f"{label} {value}"
        for label, value in (
            ("VAT number", party.vat_number), ("Company number", party.company_number),
        )
        if value
    ]  # fmt: skip
    email = [party.email] if party.email else []
    return [party.name, *party.address, party.country, *email, *numbers]


def _list_facts(stored: StoredDocument) -> list[tuple[str, str]]:
    content = stored.content
    facts = [
        ("Date", write_day(stored.issued_on) if stored.issued_on else "not final yet"),
        ("Supplied", f"{write_day(content.period_from)} to {write_day(content.period_until)}"),
        ("Order", content.order_id),
        ("Advertiser", content.advertiser),
        ("Campaign", content.campaign),
    ]
    if content.corrects_on is not None:
        corrected = f"{content.corrects_number} of {write_day(content.corrects_on)}"
        facts.append(("Corrects invoice", corrected))
    if stored.reason:
        facts.append(("Reason", stored.reason))
    if stored.due_on is not None:
        facts.append(("Payment due", write_day(stored.due_on)))
    return facts


def _describe_line(number: int, line: BillingLine, currency: str) -> dict[str, str]:
    decimals = max(exponent(currency), -_exponent(line.unit_price))
    price = f"{line.unit_price:,.{decimals}f}"
    return {
        "number": str(number),
        "text": line.text,
        "note": line.note,
        "quantity": f"{line.quantity.normalize():,f}",
        "price": price if line.price_base == 1 else f"{price} per {line.price_base:,}",
        "amount": written(line.amount_minor, currency),
    }


def _exponent(number: Decimal) -> int:
    found = number.as_tuple().exponent
    assert isinstance(found, int)
    return found


def _list_totals(stored: StoredDocument) -> list[tuple[str, str, bool]]:
    content, currency = stored.content, stored.content.currency
    totals, treatment = content.totals, content.treatment
    rate = f"{treatment.percent.normalize():f}"
    rows = [
        ("Without VAT", totals.net_minor, False),
        (f"VAT {rate} % (category {treatment.category})", totals.vat_minor, False),
        ("Total with VAT", totals.total_minor, True),
    ]
    if content.prepaid_minor:
        rows.append(("Paid in advance", -content.prepaid_minor, False))
        rows.append(("Amount due", totals.total_minor - content.prepaid_minor, True))
    return [(label, written(amount, currency), is_sum) for label, amount, is_sum in rows]


def _list_notes(stored: StoredDocument) -> list[str]:
    content = stored.content
    notes = [content.treatment.reason] if content.treatment.reason else []
    if stored.kind is DocumentKind.CREDIT_NOTE:
        return [*notes, "The total is credited to your account."]
    if stored.number is None:
        return [*notes, "This is not an invoice: cameras may still report, and it has no number."]
    if content.seller.iban:
        notes.append(f"Please pay to {content.seller.iban}, with the reference {stored.number}.")
    return notes
