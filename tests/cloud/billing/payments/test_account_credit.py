"""Orders on account stay within the credit limit of the payer."""

import pytest

from cloud.auth.accounts.account_store import require_account
from cloud.billing.finalising import finalise_due
from cloud.billing.payments.account_credit import OverCreditError, read_exposure
from cloud.billing.payments.amounts_due import read_order_due
from cloud.billing.payments.payment_store import Payment, list_payments
from cloud.billing.payments.provider import CallAction, PaymentStatus
from cloud.billing.payments.requests import ExpectedAmount, open_payment
from cloud.database import writing
from cloud.database.billing import payments
from tests.cloud.billing.billing_examples import (
    CONFIG,
    NOV_2,
    decision,
    draft_one,
    flight,
    store_lines,
)
from tests.cloud.databases import SQLITE_ONLY

pytestmark = SQLITE_ONLY


def test_orders_on_account_stay_within_the_credit_limit_until_they_are_paid(payer):
    first = payer.open("account")
    assert first.status is PaymentStatus.REQUIRES_CAPTURE
    with writing(payer.engine) as connection:
        store_lines(connection, flight(1, order_id="SO-2", line_id="SO-2-1"))
        due = read_order_due(connection, "SO-2", None, CONFIG, NOV_2)
        account = payer.service.providers["account"]
        with pytest.raises(OverCreditError, match=r"credit of 1000 .* and 900 are used"):
            open_payment(connection, due, account, ExpectedAmount(), payer.report)
    payer.call(first, CallAction.CAPTURE)
    with writing(payer.engine) as connection:
        open_payment(connection, due, account, ExpectedAmount(), payer.report)


def test_every_order_on_account_counts_however_many_there_are(payer):
    first = payer.open("account")
    row = {name: getattr(first, name) for name in Payment.__slots__}
    others = [
        {**row, "id": f"p{number}", "reference": f"r{number}", "document": f"order:X-{number}",
         "amount_minor": 2}
        for number in range(1_001)
    ]  # fmt: skip
    with writing(payer.engine) as connection:
        connection.execute(payments.insert(), others)
        acme = require_account(connection, "acme")
        assert len(list_payments(connection)) == 1_002
        assert read_exposure(connection, acme) == 900 + 2 * 1_001
        draft_one(connection)
        finalise_due(connection, decision())
        assert read_exposure(connection, acme) == 900 + 2 * 1_001  # invoiced, and so counted once
