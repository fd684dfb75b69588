"""Exceptions of billing and payments, each with the status and title of its answer."""

from collections.abc import Mapping
from typing import Final

from cloud.billing.credit_amounts import CreditError
from cloud.billing.document_store import DocumentStateError, UnknownDocumentError
from cloud.billing.payments.payment_store import UnknownPaymentError
from cloud.billing.payments.provider import (
    ProviderRefusedError,
    ProviderUnavailableError,
    WebhookRefusedError,
)
from cloud.billing.payments.recording import PaymentMismatchError
from cloud.billing.payments.webhooks import UnknownProviderError
from cloud.billing.vat import VatError

BILLING_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    UnknownDocumentError: (404, "Unknown invoice"),
    UnknownPaymentError: (404, "Unknown payment"),
    UnknownProviderError: (404, "Unknown payment provider"),
    DocumentStateError: (409, "Wrong state"),
    VatError: (409, "No VAT rate"),
    CreditError: (422, "Invalid credit"),
    PaymentMismatchError: (422, "Wrong amount"),
    ProviderRefusedError: (422, "Refused by the provider"),
    WebhookRefusedError: (400, "Refused webhook"),
    ProviderUnavailableError: (503, "Provider unavailable"),
}
