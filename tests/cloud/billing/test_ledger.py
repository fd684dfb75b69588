"""A posting is balanced, has a reference of its own, and is found if it was altered."""

import pytest
from sqlalchemy import Engine, delete, update

from cloud.billing.ledger import (
    Balance,
    Book,
    LedgerEntry,
    LedgerError,
    Posting,
    add_posting,
    find_unbalanced,
    iterate_postings,
    read_balances,
    read_open_minor,
)
from cloud.database import writing
from cloud.database.billing import ledger_entries
from tests.cloud.billing.billing_examples import NOV_2


def posting(reference: str = "final:1", amount: int = 100, account: str = "acme") -> Posting:
    entries = LedgerEntry(Book.RECEIVABLE, "1", amount), LedgerEntry(Book.REVENUE, "1", -amount)
    return Posting(reference, account, "GBP", entries)


def test_postings_add_up_for_each_document_account_and_currency(engine: Engine) -> None:
    with writing(engine) as connection:
        for one in (posting(), posting("final:2", 50), posting("final:3", 7, "bolt")):
            add_posting(connection, one, at=NOV_2)
        assert read_open_minor(connection, "1") == 157
        assert read_open_minor(connection, "2") == 0
        assert read_balances(connection) == [
            Balance("acme", "GBP", 150), Balance("bolt", "GBP", 7),
        ]  # fmt: skip
        assert read_balances(connection, "bolt") == [Balance("bolt", "GBP", 7)]
        assert next(iterate_postings(connection)) == posting()


def test_a_posting_is_refused_if_it_is_not_balanced_or_was_posted(engine: Engine) -> None:
    with writing(engine) as connection:
        add_posting(connection, posting(), at=NOV_2)
        with pytest.raises(LedgerError, match="is posted already"):
            add_posting(connection, posting(), at=NOV_2)
        for entries in ((), posting().entries[:1]):
            with pytest.raises(LedgerError, match="expected 0"):
                add_posting(connection, Posting("other", "acme", "GBP", entries), at=NOV_2)


def test_altered_and_missing_entries_are_found(engine: Engine) -> None:
    with writing(engine) as connection:
        for number in range(4):
            add_posting(connection, posting(f"final:{number}"), at=NOV_2)
        columns = ledger_entries.c
        connection.execute(update(ledger_entries).where(columns.posting == 1, columns.position == 0)
                           .values(amount_minor=101))  # fmt: skip
        connection.execute(
            delete(ledger_entries).where(columns.posting == 2, columns.position == 1)
        )
        connection.execute(delete(ledger_entries).where(columns.posting == 3))
        assert find_unbalanced(connection) == ["final:0", "final:1", "final:2"]
