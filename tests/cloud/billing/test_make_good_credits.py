"""An approved make-good is credited once, from the invoices of its line."""

from datetime import timedelta

from sqlalchemy import Engine, update

from cloud.billing.document_store import DocumentFilter, DocumentKind, list_documents
from cloud.billing.finalising import finalise_due
from cloud.billing.make_good_credits import settle_make_goods
from cloud.campaigns.make_good_store import Remedy, find_make_good
from cloud.campaigns.tables import make_goods
from cloud.database import writing
from tests.cloud.billing.billing_examples import (
    DEC_1,
    DEC_5,
    NOV_2,
    decision,
    draft,
    finalise_one,
    flight,
    store_accounts,
    store_lines,
)
from tests.cloud.databases import SQLITE_ONLY

pytestmark = SQLITE_ONLY


def store_approved(connection, credit_minor: int) -> None:
    connection.execute(
        make_goods.insert().values(
            id="m" * 32, line_id="SO-1-1", account="acme", metric="plays", booked=10, delivered=5,
            delivered_low=5, delivered_high=6, remedy=Remedy.CREDIT.value,
            credit_minor=credit_minor, currency="GBP", status="approved", reason="half the plays",
            proposed_at=NOV_2, proposed_by="sales", decided_at=NOV_2, decided_by="finance",
        )
    )  # fmt: skip


def test_it_waits_for_the_invoice_and_is_then_credited_once(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, flight(4))
        store_approved(connection, 500)
        assert settle_make_goods(connection, decision()).waiting == ("m" * 32,)
        invoice = finalise_one(connection)
        (note,) = settle_make_goods(connection, decision()).notes
        assert settle_make_goods(connection, decision()).notes == ()
        (found,) = list_documents(connection, DocumentFilter(kind=DocumentKind.CREDIT_NOTE))
        assert (found.id, found.corrects, found.number) == (note, invoice.id, "CN-2026-000001")
        assert found.content.totals.net_minor == 500
        assert find_make_good(connection, "m" * 32, None).settled_by_document == note


def test_a_credit_above_one_invoice_is_taken_from_several(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, flight(5, starts_at=DEC_1 - timedelta(hours=2)))
        draft(connection, now=DEC_5)
        assert len(finalise_due(connection, decision(DEC_5 + timedelta(days=9)))) == 2
        store_approved(connection, 1_000)
        assert len(settle_make_goods(connection, decision()).notes) == 2
        notes = list_documents(connection, DocumentFilter(kind=DocumentKind.CREDIT_NOTE))
        assert sum(one.content.totals.net_minor for one in notes) == 1_000
        connection.execute(update(make_goods).values(settled_at=None, credit_minor=251))
        assert settle_make_goods(connection, decision()).waiting == ("m" * 32,)
