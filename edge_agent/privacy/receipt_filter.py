"""Filters the receipt of a report: it may hold what the report holds, and certificates."""

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import UNSET

from wire.envelope import AudienceEvent
from wire.receipts.receipt import ReceiptError, decode_signed_receipt, require_match

MAX_CERTIFICATES: Final = 5


def find_receipt_fault(event: AudienceEvent) -> str:
    """Why the receipt of an event may not be sent; empty when it may, or the event has none."""
    if event.receipt is UNSET:
        return ""
    try:
        signed = decode_signed_receipt(event.receipt)
        require_match(signed, event.data)
    except ReceiptError:  # its message quotes content
        return "it is not the receipt of its report"
    if signed.certificates is UNSET or _is_chain(signed.certificates):
        return ""
    return "it holds something else than certificates"


def _is_chain(text: str) -> bool:
    try:
        chain = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        return False
    pem = "".join(one.public_bytes(Encoding.PEM).decode() for one in chain)
    return pem == text and len(chain) <= MAX_CERTIFICATES
