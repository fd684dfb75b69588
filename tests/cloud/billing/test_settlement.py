"""Payments settle what is sold, net of VAT; a credit note settles what it credits."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from cloud.billing.ledger import Book, LedgerEntry, Posting, add_posting
from cloud.billing.payments.account_provider import AccountProvider
from cloud.billing.payments.amounts_due import read_order_due
from cloud.billing.payments.calls import PaymentService, complete_calls
from cloud.billing.payments.provider import CallAction
from cloud.billing.payments.recording import Report
from cloud.billing.payments.requests import ExpectedAmount, open_payment, request_call
from cloud.billing.settlement import read_paid
from cloud.database import reading, writing
from tests.cloud.billing.billing_examples import (
    CONFIG,
    NOV_2,
    finalise_one,
    flight,
    store_accounts,
    store_lines,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_cash_counts_less_vat_and_credits_count(engine: Engine) -> None:
    def post(reference: str, *amounts: tuple[Book, int], account: str = "acme") -> int:
        entries = tuple(LedgerEntry(book, "doc", amount) for book, amount in amounts)
        with writing(engine) as connection:
            add_posting(connection, Posting(reference, account, "GBP", entries), at=NOON)
        with reading(engine) as connection:
            return read_paid(connection, "acme", "GBP")

    assert post("i", (Book.RECEIVABLE, 120), (Book.REVENUE, -100), (Book.VAT, -20)) == -20
    assert post("p", (Book.CASH, 120), (Book.RECEIVABLE, -120)) == 100
    assert post("c", (Book.REVENUE, 30), (Book.VAT, 6), (Book.RECEIVABLE, -36)) == 136
    assert post("x", (Book.CASH, 9), (Book.RECEIVABLE, -9), account="bolt") == 136
    with reading(engine) as connection:
        assert read_paid(connection, "acme", "EUR") == 0


def test_the_vat_of_an_amount_paid_in_advance_pays_for_no_other_order(engine: Engine) -> None:
    provider = AccountProvider()
    service = PaymentService(engine, {provider.name: provider}, lambda: NOV_2)
    report = Report("a test", NOV_2)

    def settled() -> int:
        with reading(engine) as connection:
            return read_paid(connection, "acme", "GBP")

    def call(action: CallAction, amount_minor: int | None = None) -> int:
        with writing(engine) as connection:
            request_call(connection, opened.id, action, report, amount_minor=amount_minor)
        complete_calls(service, opened.id, by="a test")
        return settled()

    with writing(engine) as connection:
        store_accounts(connection, agency=None, credit_limit_minor=900)
        store_lines(connection, flight(3))
        due = read_order_due(connection, "SO-1", None, CONFIG, NOV_2)
        opened = open_payment(connection, due, provider, ExpectedAmount(), report)
    complete_calls(service, opened.id, by="a test")
    assert (due.amount_minor, due.vat_minor) == (900, 150)
    assert call(CallAction.CAPTURE) == 750
    assert call(CallAction.REFUND, 300) == 500
    with writing(engine) as connection:
        finalise_one(connection)
    assert settled() == 450  # 600 of the invoice of 750 and 150 VAT are paid
