"""Webhooks are applied once, in any order; what is forged or contradicts is refused and audited."""

from datetime import timedelta

import pytest

from cloud.auth.audit import read_entries, verify_chain
from cloud.billing.ledger import find_unbalanced, read_open_minor
from cloud.billing.payments.event_store import EventOutcome, delete_old_events
from cloud.billing.payments.provider import CallAction, PaymentStatus, WebhookRefusedError
from cloud.billing.payments.webhooks import UnknownProviderError, receive_event
from cloud.database import reading, writing
from tests.cloud.billing.payments.conftest import FORMER
from tests.cloud.databases import SQLITE_ONLY

pytestmark = SQLITE_ONLY
THREE_D = "pm_card_threeDSecure2Required"


def paid(payer) -> int:
    """What is posted as paid in advance for the order."""
    with reading(payer.engine) as connection:
        assert find_unbalanced(connection) == []
        return -read_open_minor(connection, "order:SO-1")


def refusals(payer) -> list[str]:
    with reading(payer.engine) as connection:
        verify_chain(connection)
        return [one.details for one in read_entries(connection) if one.action == "webhook.refuse"]


def test_a_payment_confirmed_by_the_payer_succeeds_by_a_webhook_that_comes_twice(payer):
    waiting = payer.call(payer.open(), CallAction.CONFIRM, method=THREE_D)
    assert waiting.status is PaymentStatus.REQUIRES_ACTION
    assert waiting.next_url == f"{payer.server.url}/3ds/{waiting.reference}"
    payer.server.state.answer_payer(waiting.reference, accepts=True)
    (succeeded,) = payer.events("payment_intent.succeeded")
    assert payer.deliver(succeeded) is EventOutcome.APPLIED
    assert payer.deliver(succeeded) is EventOutcome.REPEATED
    assert payer.read(waiting).status is PaymentStatus.SUCCEEDED
    assert paid(payer) == 900


def test_events_in_another_order_than_they_happened_leave_the_last_state(payer):
    waiting = payer.call(payer.open(), CallAction.CONFIRM, method=THREE_D)
    payer.server.state.answer_payer(waiting.reference, accepts=True)
    outcomes = [payer.deliver(event) for event in reversed(payer.server.state.events)]
    assert outcomes == [EventOutcome.APPLIED, EventOutcome.UNCHANGED, EventOutcome.UNCHANGED]
    found = payer.read(waiting)
    assert (found.status, found.next_url) == (PaymentStatus.SUCCEEDED, None)
    assert paid(payer) == 900


def test_a_webhook_that_arrives_before_the_answer_is_applied_by_our_id(payer):
    payment = payer.store()
    payer.server.state.create({"amount": "900", "currency": "gbp", "metadata[payment]": payment.id})
    (intent,) = payer.server.state.intents
    payer.server.state.confirm(intent, {"payment_method": "pm_card_visa"})
    assert payer.deliver(payer.events("payment_intent.succeeded")[0]) is EventOutcome.APPLIED
    assert payer.read(payment).reference == intent


def test_the_former_secret_is_valid_while_it_is_replaced(payer):
    payment = payer.open()
    event = payer.events("payment_intent.created")[0]
    assert payer.deliver(event, FORMER) is EventOutcome.UNCHANGED
    assert payer.read(payment).status is PaymentStatus.REQUIRES_METHOD


def test_a_forged_webhook_is_refused_and_audited_once_in_ten_seconds(payer):
    payment = payer.open()
    event = {**payer.events("payment_intent.created")[0], "type": "payment_intent.succeeded"}
    event["data"] = {"object": {**event["data"]["object"], "status": "succeeded"}}
    payload, signature = payer.server.sign(event)
    for body, header in (
        (payload, payer.server.sign(event, "whsec_other")[1]), (payload + b" ", signature),
        (payload, ""), (payload, "t=1"), (payload, "t=x,v1=y"), (b"\xff", signature),
    ):  # fmt: skip
        with pytest.raises(WebhookRefusedError, match="not one of ours"):
            receive_event(payer.service, "stripe", body, header, payer.forged)
    payer.wait(seconds=11)
    with pytest.raises(WebhookRefusedError):
        payer.deliver(event, "whsec_other")
    assert payer.read(payment).status is PaymentStatus.REQUIRES_METHOD
    assert ['"webhooks":1' in one for one in refusals(payer)] == [True, False]
    assert '"webhooks":6' in refusals(payer)[1]


@pytest.mark.parametrize("aside", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_a_signature_of_another_time_is_refused(payer, aside):
    payer.open()
    payload, signature = payer.server.sign(payer.server.state.events[0])
    payer.now += aside
    with pytest.raises(WebhookRefusedError, match="of the last 5 minutes"):
        receive_event(payer.service, "stripe", payload, signature, payer.forged)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount": 899}, "found 899 GBP, expected 900 GBP"),
        ({"currency": "usd"}, "found 900 USD, expected 900 GBP"),
        ({"metadata": {"payment": "f" * 32}}, "has the reference"),
        ({"id": "pi_unknown", "metadata": {}}, "not stored here"),
    ],
)
def test_a_signed_event_that_contradicts_the_payment_is_refused_and_audited(payer, change, reason):
    payment = payer.open()
    event = payer.events("payment_intent.created")[0]
    intent = {**event["data"]["object"], "status": "succeeded", **change}
    altered = {"id": "evt_x", "type": "payment_intent.succeeded", "data": {"object": intent}}
    with pytest.raises(WebhookRefusedError, match=reason):
        payer.deliver(altered)
    assert payer.deliver(altered) is EventOutcome.REPEATED
    assert payer.read(payment).status is PaymentStatus.REQUIRES_METHOD
    assert len(refusals(payer)) == 1
    assert paid(payer) == 0


def test_an_event_with_the_id_of_another_is_refused(payer):
    payment = payer.open()
    event = payer.events("payment_intent.created")[0]
    payer.deliver(event)
    intent = {**event["data"]["object"], "status": "succeeded"}
    with pytest.raises(WebhookRefusedError, match="came before with other content"):
        payer.deliver({**event, "data": {"object": intent}})
    assert payer.read(payment).status is PaymentStatus.REQUIRES_METHOD


def test_events_of_no_concern_are_accepted_and_unreadable_ones_are_not(payer):
    assert payer.deliver({"id": "evt_1", "type": "customer.created", "data": {"object": {}}}) is (
        EventOutcome.IGNORED
    )
    with pytest.raises(WebhookRefusedError, match="cannot be read"):
        payer.deliver({"id": "evt_2", "type": "payment_intent.created", "data": {"object": {}}})
    with pytest.raises(UnknownProviderError):
        receive_event(payer.service, "other", b"", "", payer.forged)


def test_a_signature_has_one_time_and_ascii_only(payer):
    payer.open()
    payload, signature = payer.server.sign(payer.server.state.events[0])
    payer.wait(minutes=6)
    old, _, rest = signature.removeprefix("t=").partition(",")
    now = int(payer.now.timestamp())
    for header in (f"t= {old},t={now},{rest}", f"t={now},v1=\xe9"):
        with pytest.raises(WebhookRefusedError, match="not one of ours"):
            receive_event(payer.service, "stripe", payload, header, payer.forged)


def test_a_refund_that_has_failed_stays_so_whatever_comes_after(payer):
    paid_one = payer.pay()
    asked = {"payment_intent": paid_one.reference, "amount": "400"}
    failed = {**payer.server.state.refund(asked), "status": "failed"}
    (created,) = payer.events("refund.created")
    event = {"id": "evt_f", "type": "refund.failed", "data": {"object": failed}}
    assert [payer.deliver(event), payer.deliver(created)] == ["applied", "unchanged"]
    assert (payer.read(paid_one).refunded_minor, paid(payer)) == (0, 900)


def test_a_late_event_of_the_same_stage_changes_nothing(payer):
    failed = payer.pay("pm_card_visa_chargeDeclined")
    payer.wait(seconds=5)
    waiting = payer.call(failed, CallAction.CONFIRM, method=THREE_D)
    for kind in ("payment_intent.created", "payment_intent.payment_failed"):
        assert payer.deliver(payer.events(kind)[0]) is EventOutcome.UNCHANGED
        assert payer.read(waiting) == waiting
    assert waiting.next_url is not None


def test_a_payer_who_refuses_is_recorded_and_an_earlier_step_does_not_return(payer):
    waiting = payer.call(payer.open(), CallAction.CONFIRM, method=THREE_D)
    payer.server.state.answer_payer(waiting.reference, accepts=False)
    assert payer.deliver(payer.events("payment_intent.payment_failed")[0]) is EventOutcome.APPLIED
    late = payer.events("payment_intent.requires_action")[0]
    assert payer.deliver(late) is EventOutcome.UNCHANGED
    found = payer.read(waiting)
    assert (found.status, found.failure, found.next_url) == (
        PaymentStatus.REQUIRES_METHOD, "payment_intent_authentication_failure", None,
    )  # fmt: skip


def test_a_repeated_event_may_differ_in_what_is_not_read(payer):
    payer.open()
    event = payer.events("payment_intent.created")[0]
    payer.deliver(event)
    assert payer.deliver({**event, "pending_webhooks": 2}) is EventOutcome.REPEATED


def test_events_with_the_id_of_another_have_one_entry_in_ten_seconds(payer):
    payer.open()
    event = payer.events("payment_intent.created")[0]
    payer.deliver(event)
    for number in range(3):
        intent = {**event["data"]["object"], "amount": number + 1}
        with pytest.raises(WebhookRefusedError, match="came before with other content"):
            payer.deliver({**event, "data": {"object": intent}})
    assert len(refusals(payer)) == 1


def test_events_are_deleted_after_thirty_days(payer):
    payer.open()
    event = payer.events("payment_intent.created")[0]
    payer.deliver(event)
    with writing(payer.engine) as connection:
        payer.wait(days=30)
        assert delete_old_events(connection, payer.now) == 0
        payer.wait(seconds=1)
        assert delete_old_events(connection, payer.now) == 1
    assert payer.deliver(event) is EventOutcome.UNCHANGED
