"""A document as PDF: A4, tagged for screen readers (PDF/UA-1) and for archives (PDF/A-3a).

The template gets values as JSON and never as markup. Fonts are those of the library, so the same
document has the same pages on every machine; a character that they lack is printed as `?`, and the
e-invoice inside the PDF has it as it is.
"""

import threading
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from cloud.billing.document import BillingLine, DocumentKind, Party
from cloud.billing.document_store import StoredDocument
from cloud.money import exponent, written

STANDARDS: Final[list[Any]] = ["a-3a", "ua-1"]
TITLES: Final = {DocumentKind.INVOICE: "Invoice", DocumentKind.CREDIT_NOTE: "Credit note"}
SCRIPTS: Final = ("LATIN", "GREEK", "CYRILLIC", "DIGIT", "COMBINING")
PLAIN: Final = frozenset(["P", "S", "Z"])
"""Categories of punctuation, symbols and blanks; those below U+2200 are in the fonts."""
LAST_SYMBOL: Final = 0x2200
LAST_COMMON: Final = 0x460
"""The fonts have every letter, digit and symbol below."""
_SETTING: Final = threading.Lock()
"""A compiler sets one document at a time."""


class PdfError(RuntimeError):
    """A document that cannot be set."""


def write_pdf(stored: StoredDocument) -> bytes:
    """The document as PDF, without an e-invoice; a tentative one says so.

    Where a rare character is in no font after all, it is set with `?` for all rare characters.
    """
    values = _describe(stored)
    try:
        return _set(stored, _print_known(values, _is_printable))
    except PdfError:
        return _set(stored, _print_known(values, _is_common))


def _set(stored: StoredDocument, printed: Any) -> bytes:
    values = msgspec.json.encode(printed).decode()
    try:
        with _SETTING:
            pdf = _compiler().compile(
                format="pdf",
                sys_inputs={"document": values},
                pdf_standards=STANDARDS,
                timestamp=datetime.combine(_made_on(stored), datetime.min.time(), UTC),
            )
    except typst.TypstError as error:
        raise PdfError(f"document {stored.id} cannot be set: {error.message}") from error
    assert isinstance(pdf, bytes)
    return pdf


def write_title(stored: StoredDocument) -> str:
    """The heading, such as `Invoice INV-2026-000017`."""
    title = TITLES[stored.kind]
    return f"{title} {stored.number}" if stored.number else f"{title}, {stored.status}"


@cache
def _compiler() -> typst.Compiler:
    template = Path(str(files("cloud.billing.documents") / "invoice.typ"))
    return typst.Compiler(template, root=template.parent, ignore_system_fonts=True)


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
        ("Date", _write_day(stored.issued_on) if stored.issued_on else "not final yet"),
        ("Supplied", f"{_write_day(content.period_from)} to {_write_day(content.period_until)}"),
        ("Order", content.order_id),
        ("Advertiser", content.advertiser),
        ("Campaign", content.campaign),
    ]
    if content.corrects_on is not None:
        corrected = f"{content.corrects_number} of {_write_day(content.corrects_on)}"
        facts.append(("Corrects invoice", corrected))
    if stored.reason:
        facts.append(("Reason", stored.reason))
    if stored.due_on is not None:
        facts.append(("Payment due", _write_day(stored.due_on)))
    return facts


def _write_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


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


def _print_known(value: Any, is_known: Callable[[str], bool]) -> Any:
    """The value with `?` for each character that the fonts lack."""
    if isinstance(value, str):
        normal = unicodedata.normalize("NFC", value)
        return "".join(one if is_known(one) else "?" for one in normal)
    if isinstance(value, list | tuple):
        return [_print_known(one, is_known) for one in value]
    if isinstance(value, dict):
        return {key: _print_known(one, is_known) for key, one in value.items()}
    return value


def _is_printable(character: str) -> bool:
    if unicodedata.category(character)[0] in PLAIN:
        return ord(character) < LAST_SYMBOL
    return unicodedata.name(character, "").startswith(SCRIPTS)


def _is_common(character: str) -> bool:
    return ord(character) < LAST_COMMON and _is_printable(character)
