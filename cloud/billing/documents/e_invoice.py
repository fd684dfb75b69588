"""A final document as e-invoice: EN 16931 in the syntaxes CII (Factur-X) and UBL.

The XML is checked against its schema here, offline. The business rules of the standard are checked
by tests with the official rules; the library would send an invoice to a server for that.
"""

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, cast

from cloud.billing.document import BillingDocument, BillingLine, DocumentKind, LineKind, Party
from cloud.billing.document_store import DocumentStateError, StoredDocument
from cloud.billing.documents.pdf import write_pdf, write_title
from cloud.billing.vat import VatCategory
from cloud.money import exponent, major

LEVEL: Final = "en16931"
TYPE_CODES: Final = {DocumentKind.INVOICE: "380", DocumentKind.CREDIT_NOTE: "381"}
CREDIT_TRANSFER: Final = "30"
UNITS: Final = {LineKind.HOURS: "HUR"}
ONE: Final = "C62"
EMAIL_SCHEME: Final = "EM"
ADDRESS_LINES: Final = 3
MOST_DECIMALS: Final = 2
REASON_CODES: Final = {VatCategory.REVERSE_CHARGE: "VATEX-EU-AE"}
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Syntax(StrEnum):
    """The syntaxes of EN 16931."""

    CII = "cii"
    UBL = "ubl"


class EInvoiceError(DocumentStateError):
    """A document that the standard cannot express."""


def write_xml(stored: StoredDocument, syntax: Syntax) -> bytes:
    """A final document in a syntax of EN 16931.

    Raises:
        EInvoiceError: it is not final, its currency has three decimals, or the seller has no VAT
            number.
    """
    import facturx  # which takes a second, and most programs write no invoice

    values = _replace_forbidden(_describe(stored))
    generate = facturx.generate_cii_xml if syntax is Syntax.CII else facturx.generate_ubl_xml
    return cast(bytes, generate(values, level=LEVEL, check_xsd=True, check_schematron=False))


def write_factur_x(stored: StoredDocument) -> bytes:
    """A final document as PDF with its XML inside; raises EInvoiceError."""
    import facturx

    xml = write_xml(stored, Syntax.CII)
    title = write_title(stored)
    metadata = {
        "author": stored.content.seller.name, "title": title, "subject": title,
        "keywords": "Factur-X",
    }  # fmt: skip
    pdf = facturx.generate_from_binary(
        write_pdf(stored), xml, level=LEVEL, flavor="factur-x", check_xsd=False,
        pdf_metadata=metadata, lang="en-GB",
    )  # fmt: skip
    return cast(bytes, pdf)


def write_any_pdf(stored: StoredDocument) -> bytes:
    """With its XML inside where the standard can express it, else without."""
    return write_pdf(stored) if _find_obstacle(stored) else write_factur_x(stored)


def _find_obstacle(stored: StoredDocument) -> str | None:
    """Why the standard cannot express a document."""
    content = stored.content
    if stored.number is None:
        return f"document {stored.id} is {stored.status}: an e-invoice has a number"
    if exponent(content.currency) > MOST_DECIMALS:
        return f"{content.currency} has three decimals and EN 16931 allows two: send the PDF"
    if not content.seller.vat_number:
        return "the seller has no VAT number: add it to the billing file"
    return None


def _describe(stored: StoredDocument) -> dict[str, Any]:
    """The document by the terms of EN 16931 (BT: a value, BG: a group)."""
    obstacle = _find_obstacle(stored)
    if obstacle:
        raise EInvoiceError(obstacle)
    content = stored.content
    return {
        "BT-1": stored.number,
        "BT-2": stored.issued_on,
        "BT-3": TYPE_CODES[stored.kind],
        "BT-5": content.currency,
        "BT-10": content.order_id,
        "BT-13": content.order_id,
        "BT-72": content.period_until,
        "BT-73": content.period_from,
        "BT-74": content.period_until,
        "BG-1": [{"BT-22": f"{content.advertiser}: {content.campaign}"}],
        "BG-4": _describe_party(content.seller),
        "BG-7": _describe_party(content.buyer),
        **_describe_payment(stored),
        **_describe_totals(content),
        "BG-25": [
            _describe_line(number, line, content) for number, line in enumerate(content.lines, 1)
        ],
        **_describe_correction(content.corrects_number, content.corrects_on),
    }


def _describe_party(party: Party) -> dict[str, Any]:
    lines = [*party.address[: ADDRESS_LINES - 1], ", ".join(party.address[ADDRESS_LINES - 1 :])]
    found = {
        "name": party.name,
        "country_code": party.country,
        "vat_identifier": party.vat_number,
        "legal_identifier": party.company_number,
        **{f"addr_l{place}": line for place, line in enumerate(lines, 1)},
    }
    if party.email:
        found |= {"einvoicing_addr": party.email, "einvoicing_addr_schemeid": EMAIL_SCHEME}
    return {name: value for name, value in found.items() if value}


def _describe_payment(stored: StoredDocument) -> dict[str, Any]:
    if stored.kind is DocumentKind.CREDIT_NOTE:
        return {"BT-20": f"Credited to your account: {stored.reason}"}
    found: dict[str, Any] = {"BT-9": stored.due_on}
    if stored.content.seller.iban:
        found |= {"BT-81": CREDIT_TRANSFER, "BT-83": stored.number}
        found["BT-84"] = stored.content.seller.iban
    return found


def _describe_totals(content: BillingDocument) -> dict[str, Any]:
    totals, treatment = content.totals, content.treatment
    due = totals.total_minor - content.prepaid_minor
    breakdown = {
        "BT-116": _amount(totals.net_minor, content.currency),
        "BT-117": _amount(totals.vat_minor, content.currency),
        "BT-118": treatment.category.value,
        "BT-119": _number(treatment.percent),
    }
    if treatment.category in (VatCategory.REVERSE_CHARGE, VatCategory.EXEMPT):
        breakdown["BT-120"] = treatment.reason
    if code := REASON_CODES.get(treatment.category):
        breakdown["BT-121"] = code
    found: dict[str, Any] = {
        "BT-106": _amount(totals.net_minor, content.currency),
        "BT-109": _amount(totals.net_minor, content.currency),
        "BT-110": _amount(totals.vat_minor, content.currency),
        "BT-112": _amount(totals.total_minor, content.currency),
        "BT-115": _amount(due, content.currency),
        "BG-23": [breakdown],
    }
    if content.prepaid_minor:
        found["BT-113"] = _amount(content.prepaid_minor, content.currency)
    return found


def _describe_line(number: int, line: BillingLine, content: BillingDocument) -> dict[str, Any]:
    unit = UNITS.get(line.kind, ONE)
    found: dict[str, Any] = {
        "BT-126": str(number),
        "BT-129": _number(line.quantity),
        "BT-130": unit,
        "BT-131": _amount(line.amount_minor, content.currency),
        "BT-146": _number(line.unit_price),
        "BT-151": content.treatment.category.value,
        "BT-152": _number(content.treatment.percent),
        "BT-153": line.text,
    }
    if line.price_base != 1:
        found |= {"BT-149": str(line.price_base), "BT-150": unit}
    if line.note:
        found["BT-127-00"] = [{"BT-127": line.note}]
    return found


def _describe_correction(number: str, on: date | None) -> dict[str, Any]:
    return {"BG-3": [{"BT-25": number, "BT-26": on}]} if on is not None else {}


def _replace_forbidden(value: Any) -> Any:
    """The value with `?` for each character that XML cannot hold."""
    if isinstance(value, str):
        return _NOT_IN_XML.sub("?", value)
    if isinstance(value, list):
        return [_replace_forbidden(one) for one in value]
    if isinstance(value, dict):
        return {key: _replace_forbidden(one) for key, one in value.items()}
    return value


def _amount(amount_minor: int, currency: str) -> str:
    return f"{major(amount_minor, currency):.{exponent(currency)}f}"


def _number(number: Decimal) -> str:
    return f"{number.normalize():f}"
