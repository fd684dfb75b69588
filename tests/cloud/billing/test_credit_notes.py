"""Credit notes are requested, approved by another person, and never exceed their invoice."""

import pytest
from sqlalchemy import Engine

from cloud.auth.audit import verify_chain
from cloud.billing.credit_amounts import CreditError, LineCredit
from cloud.billing.credit_notes import (
    SelfApprovalError,
    approve_credit,
    reject_credit,
    request_credit,
)
from cloud.billing.document import DocumentStatus
from cloud.billing.document_store import DocumentStateError, UnknownDocumentError, read_document
from cloud.billing.ledger import find_unbalanced, read_balances, read_open_minor
from cloud.database import writing
from tests.cloud.billing.billing_examples import (
    DEC_5,
    decision,
    draft_one,
    finalise_one,
    flight,
    store_accounts,
    store_lines,
)
from tests.cloud.databases import SQLITE_ONLY


def ask(connection, invoice, line=1, amount=100, by="sales"):
    wanted = [LineCredit(line, amount)]
    return request_credit(connection, invoice.id, wanted, "no picture", by=by, now=DEC_5)


def test_an_approved_credit_note_has_a_number_of_its_own_and_reduces_the_balance(
    engine: Engine,
) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(4))
        invoice = finalise_one(connection)
        requested = ask(connection, invoice, amount=1_000)
        assert (requested.status, requested.number) == (DocumentStatus.REQUESTED, None)
        assert read_open_minor(connection, invoice.id) == invoice.content.totals.total_minor
        final = approve_credit(connection, requested.id, decision())
        assert (final.number, final.content.corrects_number) == (
            "CN-2026-000001", "INV-2026-000001",
        )  # fmt: skip
        assert final.content.totals == invoice.content.totals
        assert read_open_minor(connection, invoice.id) == 0
        assert [one.amount_minor for one in read_balances(connection)] == [0]
        assert find_unbalanced(connection) == []
        assert read_document(connection, invoice.id) == invoice
        verify_chain(connection)


@SQLITE_ONLY
def test_parts_of_a_line_add_up_to_it_with_commission_and_vat(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(1, price_minor=333))
        invoice = finalise_one(connection)
        notes = [ask(connection, invoice, amount=111) for _ in range(3)]
        with pytest.raises(CreditError, match=r"at most 0\.00 GBP"):
            ask(connection, invoice, amount=1)
        for note in notes:
            approve_credit(connection, note.id, decision())
        found = [read_document(connection, note.id).content for note in notes]
        assert sum(one.totals.total_minor for one in found) == invoice.content.totals.total_minor
        assert read_open_minor(connection, invoice.id) == 0


@SQLITE_ONLY
def test_a_request_is_decided_once_and_by_another_person(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(4))
        invoice = finalise_one(connection)
        note = ask(connection, invoice, by="finance")
        with pytest.raises(SelfApprovalError, match="another person"):
            approve_credit(connection, note.id, decision())
        rejected = reject_credit(connection, note.id, by="finance", now=DEC_5)
        assert rejected.status is DocumentStatus.REJECTED
        for decide in (
            lambda: approve_credit(connection, note.id, decision(by="other")),
            lambda: reject_credit(connection, note.id, by="other", now=DEC_5),
        ):
            with pytest.raises(DocumentStateError, match="is rejected"):
                decide()
        assert ask(connection, invoice, amount=1_000).status is DocumentStatus.REQUESTED


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("line", "amount", "reason"),
    [(1, 0, "above 0"), (1, -5, "above 0"), (1, 1_001, "at most 10.00"), (2, 1, "the commission"),
     (3, 1, "lines 1 to 2"), (0, 1, "lines 1 to 2")],
)  # fmt: skip
def test_a_credit_outside_the_invoice_is_refused(engine: Engine, line, amount, reason) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(4))
        invoice = finalise_one(connection)
        with pytest.raises(CreditError, match=reason):
            ask(connection, invoice, line, amount)


@SQLITE_ONLY
def test_only_a_final_invoice_is_corrected(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(4))
        tentative = draft_one(connection)
        with pytest.raises(DocumentStateError, match="only a final invoice"):
            ask(connection, tentative)
        with pytest.raises(UnknownDocumentError):
            request_credit(connection, "f" * 32, [LineCredit(1, 1)], "x", by="x", now=DEC_5)
