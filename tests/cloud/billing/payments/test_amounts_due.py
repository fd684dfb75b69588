"""What is due is computed here, and not by the client."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from cloud.auth.accounts.account_store import close_account
from cloud.billing.document_store import DocumentStateError, UnknownDocumentError
from cloud.billing.finalising import finalise_due
from cloud.billing.ledger import find_unbalanced, read_open_minor
from cloud.billing.payments.amounts_due import (
    NothingDueError,
    OtherPayerError,
    read_invoice_due,
    read_order_due,
)
from cloud.billing.payments.provider import CallAction
from cloud.billing.payments.recording import PaymentMismatchError
from cloud.billing.payments.requests import ExpectedAmount, open_payment
from cloud.booking.orders.order_rows import UnknownOrderError
from cloud.database import writing
from tests.cloud.billing.billing_examples import (
    CONFIG,
    DEC_1,
    NOV_2,
    decision,
    draft_one,
    flight,
    store_accounts,
    store_lines,
)
from tests.cloud.databases import SQLITE_ONLY


def order_due(connection, order="SO-1", accounts=None):
    return read_order_due(connection, order, accounts, CONFIG, NOV_2)


@SQLITE_ONLY
def test_an_invoice_is_due_less_what_was_paid_for_its_order(payer):
    payer.pay()
    with writing(payer.engine) as connection:
        store_lines(connection, flight(5))
        draft_one(connection)
        (invoice,) = finalise_due(connection, decision())
        due = read_invoice_due(connection, invoice, None)
        assert (due.payer.id, due.amount_minor, due.currency) == ("acme", 600, "GBP")
        with pytest.raises(NothingDueError, match="nothing is to be paid"):
            order_due(connection)
        with pytest.raises(UnknownDocumentError):
            read_invoice_due(connection, invoice, frozenset({"bolt"}))


@SQLITE_ONLY
def test_an_order_is_due_with_vat_less_what_was_paid_and_once_at_a_time(payer):
    payment = payer.open()
    with writing(payer.engine) as connection:
        with pytest.raises(NothingDueError, match=f"payment {payment.id} of order:SO-1"):
            order_due(connection)
        for unknown in ({"order": "SO-9"}, {"accounts": frozenset({"bolt"})}):
            with pytest.raises(UnknownOrderError):
                order_due(connection, **unknown)
    payer.call(payment, CallAction.CONFIRM, method="pm_card_visa")
    with writing(payer.engine) as connection:
        store_lines(connection, flight(4))
        assert order_due(connection).amount_minor == 300


@SQLITE_ONLY
def test_the_client_cannot_set_the_price(payer):
    stripe = payer.stripe
    with writing(payer.engine) as connection:
        due = order_due(connection)
        for expected in (ExpectedAmount(1), ExpectedAmount(900, "JPY"), ExpectedAmount(901, "GBP")):
            with pytest.raises(PaymentMismatchError, match="expected 900 GBP"):
                open_payment(connection, due, stripe, expected, payer.report)
        open_payment(connection, due, stripe, ExpectedAmount(900, "GBP"), payer.report)


@SQLITE_ONLY
def test_the_agency_of_the_account_pays(payer):
    from cloud.auth.accounts.account_store import accounts

    with writing(payer.engine) as connection:
        connection.execute(accounts.update().where(accounts.c.id == "acme").values(agency="north"))
        due = order_due(connection, accounts=frozenset({"acme", "north"}))
        assert (due.payer.id, due.amount_minor) == ("north", 764)  # 7.50 - 1.13 + 1.27
        with pytest.raises(OtherPayerError, match="is paid by north"):
            order_due(connection, accounts=frozenset({"acme"}))


@SQLITE_ONLY
def test_a_tentative_invoice_is_not_paid(payer):
    with writing(payer.engine) as connection:
        tentative = draft_one(connection, now=DEC_1 + timedelta(hours=1))
        with pytest.raises(DocumentStateError, match="pay a final invoice"):
            read_invoice_due(connection, tentative.id, None)


@SQLITE_ONLY
def test_an_account_that_was_closed_still_pays_its_invoices(payer):
    with writing(payer.engine) as connection:
        draft_one(connection)
        (invoice,) = finalise_due(connection, decision())
        close_account(connection, "acme", by="a test", now=DEC_1)
        assert read_invoice_due(connection, invoice, None).amount_minor == 900


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_second_payment_waits_for_the_first_one(engine):
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, flight(3))
    with writing(engine) as first, writing(engine) as second:
        order_due(first)
        second.exec_driver_sql("SET LOCAL lock_timeout = '20ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            order_due(second)


@SQLITE_ONLY
@pytest.mark.parametrize("provider", ["stripe", "account"])
def test_a_payment_of_an_order_that_succeeds_after_its_invoice_pays_the_invoice(payer, provider):
    payment = payer.open(provider)
    with writing(payer.engine) as connection:
        draft_one(connection)
        (invoice,) = finalise_due(connection, decision())
    if provider == "stripe":
        payer.call(payment, CallAction.CONFIRM, method="pm_card_visa")
    else:
        payer.call(payment, CallAction.CAPTURE)
    with writing(payer.engine) as connection:
        with pytest.raises(NothingDueError, match="nothing is to be paid"):
            read_invoice_due(connection, invoice, None)
        assert read_open_minor(connection, "order:SO-1") == 0
        assert find_unbalanced(connection) == []
