"""A final invoice has a number, dates and a balanced posting, and never changes."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from cloud.billing.document import DocumentStatus
from cloud.billing.document_store import DocumentStateError, read_document, replace_content
from cloud.billing.finalising import TooEarlyError, finalise_due, finalise_invoice
from cloud.billing.ledger import (
    Balance,
    Book,
    LedgerEntry,
    Posting,
    add_posting,
    find_unbalanced,
    read_balances,
    read_open_minor,
)
from cloud.database import writing
from tests.cloud.billing.billing_examples import (
    DEC_1,
    DEC_5,
    NOV_2,
    decision,
    draft_one,
    finalise_one,
    flight,
    store_accounts,
    store_lines,
)
from tests.cloud.databases import SQLITE_ONLY


def test_an_invoice_becomes_final_after_the_window_for_late_data(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(3, starts_at=DEC_1 - timedelta(hours=3)))
        invoice = draft_one(connection)
        early = decision(DEC_1 + timedelta(days=7, seconds=-1))
        with pytest.raises(TooEarlyError, match="2026-12-08T00:00:00"):
            finalise_invoice(connection, invoice.id, early)
        assert finalise_due(connection, early) == ()
        assert finalise_due(connection, decision(DEC_1 + timedelta(days=7))) == (invoice.id,)
        final = read_document(connection, invoice.id)
        assert (final.number, final.status) == ("INV-2026-000001", DocumentStatus.FINAL)
        assert (final.issued_on, final.due_on) == (date(2026, 12, 8), date(2027, 1, 7))
        total = final.content.totals.total_minor
        assert read_balances(connection) == [Balance("north", "GBP", total)]
        assert read_open_minor(connection, final.id) == total
        assert find_unbalanced(connection) == []


@SQLITE_ONLY
def test_a_final_invoice_is_neither_finalised_nor_changed_again(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(3))
        final = finalise_one(connection)
        with pytest.raises(DocumentStateError, match="is final"):
            finalise_invoice(connection, final.id, decision())
        with pytest.raises(DocumentStateError, match="correct it by a credit note"):
            replace_content(connection, replace(final, reason="changed"))


@SQLITE_ONLY
def test_what_was_paid_in_advance_for_the_order_is_deducted(engine: Engine) -> None:
    entries = (
        LedgerEntry(Book.CASH, "order:SO-1", 400),
        LedgerEntry(Book.RECEIVABLE, "order:SO-1", -400),
    )
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, flight(3))
        add_posting(connection, Posting("payment:1", "acme", "GBP", entries), at=NOV_2)
        final = finalise_one(connection)
        assert final.content.prepaid_minor == 400
        assert read_open_minor(connection, final.id) == 900 - 400
        assert read_open_minor(connection, "order:SO-1") == 0
        assert find_unbalanced(connection) == []


@SQLITE_ONLY
def test_the_year_of_a_number_is_that_of_the_sellers_clock(engine: Engine) -> None:
    new_year = DEC_5.replace(year=2027, month=1, day=1)
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(1), flight(1, order_id="SO-2", line_id="SO-2-1"))
        draft_one_of = [one.id for one in _drafts(connection)]
        numbers = [
            finalise_invoice(connection, one, decision(at)).number
            for one, at in zip(draft_one_of, (DEC_5, new_year), strict=True)
        ]
    assert numbers == ["INV-2026-000001", "INV-2027-000001"]


def _drafts(connection):
    from cloud.billing.document_store import list_documents
    from tests.cloud.billing.billing_examples import draft

    draft(connection)
    return list_documents(connection)
