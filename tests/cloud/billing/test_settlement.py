"""Payments settle what is sold, net of VAT; a credit note settles what it credits."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from cloud.billing.ledger import Book, LedgerEntry, Posting, add_posting
from cloud.billing.settlement import read_paid
from cloud.database import reading, writing

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
