"""Documents and payments as lines of text."""

from collections.abc import Iterator

from cloud.billing.document_store import StoredDocument
from cloud.billing.payments.payment_store import Payment
from cloud.money import written


def describe_document(document: StoredDocument) -> str:
    """One line: id, number, status, period, payer and total."""
    content = document.content
    total = written(content.totals.total_minor, content.currency)
    return (
        f"{document.id}  {document.number or '-':<17}{document.kind:<12}{document.status:<10}"
        f"{content.period_from:%Y-%m}  {content.order_id}  {document.payer}  "
        f"{total} {content.currency}"
    )


def list_lines(document: StoredDocument) -> Iterator[str]:
    """The document with its lines and totals."""
    content = document.content
    yield describe_document(document)
    for number, line in enumerate(content.lines, 1):
        amount = written(line.amount_minor, content.currency)
        yield f"{number:>4}  {line.text}: {line.quantity:f} x {line.unit_price}  {amount}"
    net = written(content.totals.net_minor, content.currency)
    vat = written(content.totals.vat_minor, content.currency)
    rate = f"{content.treatment.percent:f} % {content.treatment.category}"
    yield f"      without VAT {net}, VAT {vat} ({rate}) {content.treatment.reason}".rstrip()


def describe_payment(payment: Payment) -> str:
    """One line: id, provider, status, what is paid, and the amount."""
    amount = written(payment.amount_minor, payment.currency)
    return (
        f"{payment.id}  {payment.provider:<8}{payment.status:<25}{payment.account}  "
        f"{payment.document}  {amount} {payment.currency}"
    )
