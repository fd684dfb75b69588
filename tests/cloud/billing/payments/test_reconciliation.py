"""The provider's list is compared with the ledger: missing, extra, other amount."""

from datetime import timedelta

from sqlalchemy import update

from cloud.billing.payments.provider import CallAction
from cloud.billing.payments.reconciliation import DifferenceKind, reconcile
from cloud.database import writing
from cloud.database.billing import ledger_entries
from tests.cloud.billing.billing_examples import NOV_2


def differences(payer):
    day = timedelta(days=1)
    with writing(payer.engine) as connection:
        found = reconcile(connection, payer.stripe, NOV_2 - day, NOV_2 + day)
    return found.compared, [(one.kind, one.reference) for one in found.differences]


def test_equal_lists_have_no_difference(payer):
    paid = payer.pay()
    payer.call(paid, CallAction.REFUND, amount_minor=400)
    assert differences(payer) == (2, [])


def test_missing_extra_and_different_amounts_are_found(payer):
    paid = payer.pay()
    payer.call(paid, CallAction.REFUND, amount_minor=400)
    intent = payer.server.state.create({"amount": "5", "currency": "gbp"})["id"]
    payer.server.state.confirm(intent, {"payment_method": "pm_card_visa"})
    (refund,) = payer.server.state.refunds
    del payer.server.state.refunds[refund]
    with writing(payer.engine) as connection:
        connection.execute(update(ledger_entries).where(ledger_entries.c.amount_minor == 900)
                           .values(amount_minor=899))  # fmt: skip
    compared, found = differences(payer)
    assert compared == 2
    assert sorted(found) == sorted([
        (DifferenceKind.AMOUNT, paid.reference), (DifferenceKind.MISSING, intent),
        (DifferenceKind.EXTRA, refund),
    ])  # fmt: skip
