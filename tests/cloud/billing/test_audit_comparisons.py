"""What was altered, removed or added in the tables of billing is found in the audit log."""

import pytest
from sqlalchemy import Engine, delete, update

from cloud.app.audit_tables import compare_tables
from cloud.billing.credit_amounts import LineCredit
from cloud.billing.credit_notes import approve_credit, request_credit
from cloud.database import writing
from cloud.database.billing import billing_documents, document_numbers, ledger_entries
from tests.cloud.billing.billing_examples import (
    DEC_5,
    decision,
    finalise_one,
    flight,
    store_accounts,
    store_lines,
)
from tests.cloud.databases import SQLITE_ONLY

COLUMNS = billing_documents.c


def store_documents(connection) -> str:
    store_accounts(connection)
    store_lines(connection, flight(4))
    invoice = finalise_one(connection)
    note = request_credit(connection, invoice.id, [LineCredit(1, 1)], "late", by="x", now=DEC_5)
    approve_credit(connection, note.id, decision())
    return invoice.id


def findings(connection) -> list[str]:
    """Without those about order lines, which the tests store without an entry."""
    return [one for one in compare_tables(connection, DEC_5) if "order_line" not in one]


@SQLITE_ONLY
def test_documents_and_ledger_match_the_log(engine: Engine) -> None:
    with writing(engine) as connection:
        store_documents(connection)
        assert findings(connection) == []


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda one: update(billing_documents).where(COLUMNS.id == one).values(net_minor=1),
         "net_minor is 1"),
        (lambda one: update(billing_documents).where(COLUMNS.id == one)
         .values(body=COLUMNS.body + " "), "its content was altered"),
        (lambda one: delete(billing_documents).where(COLUMNS.id == one), "INV-2026 are missing"),
        (lambda _: update(document_numbers).values(last=7), "are missing or odd"),
        (lambda _: update(ledger_entries).where(ledger_entries.c.position == 0)
         .values(amount_minor=5), "do not add up to zero"),
        (lambda one: update(ledger_entries).where(ledger_entries.c.document == one)
         .values(document="other"), "is not the posting of entry"),
        (lambda _: delete(ledger_entries), "is not the posting of entry"),
    ],
)  # fmt: skip
def test_a_change_outside_the_program_is_found(engine: Engine, change, found) -> None:
    with writing(engine) as connection:
        connection.execute(change(store_documents(connection)))
        assert any(found in one for one in findings(connection)), findings(connection)
