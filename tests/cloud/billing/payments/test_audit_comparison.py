"""A payment that was altered without the program differs from the audit log."""

from sqlalchemy import update

from cloud.auth.audit_comparisons import compare_with_log
from cloud.billing.payments.audit_comparison import PaymentComparison
from cloud.billing.payments.provider import CallAction
from cloud.database.billing import payments
from tests.cloud.databases import SQLITE_ONLY

pytestmark = SQLITE_ONLY


def find_differences(payer, statement=None) -> list[str]:
    with payer.engine.connect() as connection:
        if statement is not None:
            connection.execute(statement)
        found = compare_with_log(connection, payer.now, [PaymentComparison()])
        connection.rollback()
    return found


CHANGES = [
    (update(payments).values(amount_minor=1), "amount_minor is 1, and entry"),
    (update(payments).values(vat_minor=0), "vat_minor is 0"),
    (update(payments).values(account="bolt"), "account is bolt"),
    (update(payments).values(document="order:SO-2"), "document is order:SO-2"),
    (update(payments).values(refunded_minor=0), "refunded_minor is 0"),
    (update(payments).values(status="canceled"), "is canceled, and by the log succeeded (entry"),
    (update(payments).values(id="x"), "payment x has no entry"),
]


def test_a_payment_is_what_the_log_records_in_all_its_states(payer):
    failed = payer.pay("pm_card_visa_chargeDeclined")
    assert find_differences(payer) == []
    payer.call(failed, CallAction.CONFIRM, method="pm_card_visa")
    assert find_differences(payer) == []
    payer.call(failed, CallAction.REFUND, amount_minor=400)
    assert find_differences(payer) == []
    for statement, sentence in CHANGES:
        found = find_differences(payer, statement)
        assert any(sentence in one for one in found), (sentence, found)


def test_a_payment_that_was_set_to_succeeded_is_found(payer):
    payer.store()
    paid = update(payments).values(status="succeeded")
    (found,) = find_differences(payer, paid)
    assert "is succeeded, and by the log pending (no entry records a change)" in found
