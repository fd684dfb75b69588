"""Invoices, payments and credits in any order, in any currency: the ledger is always consistent."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cloud.billing.credit_amounts import CreditError, LineCredit
from cloud.billing.credit_notes import approve_credit, request_credit
from cloud.billing.document import (
    BillingLine,
    DocumentKind,
    DocumentStatus,
    LineKind,
    compute_totals,
)
from cloud.billing.document_store import DocumentFilter, StoredDocument, list_documents
from cloud.billing.finalising import finalise_due
from cloud.billing.ledger import (
    find_unbalanced,
    read_balances,
    read_open_minor,
)
from cloud.billing.order_charges import add_commission
from cloud.billing.payments.account_provider import AccountProvider
from cloud.billing.payments.amounts_due import NothingDueError, read_invoice_due
from cloud.billing.payments.calls import PaymentService, complete_calls
from cloud.billing.payments.payment_store import list_payments
from cloud.billing.payments.provider import CallAction, PaymentStatus
from cloud.billing.payments.recording import Report
from cloud.billing.payments.requests import ExpectedAmount, open_payment, request_call
from cloud.billing.vat import VatCategory, VatTreatment
from cloud.database import reading, writing
from tests.cloud.billing.billing_examples import (
    DEC_5,
    decision,
    draft,
    flight,
    store_accounts,
    store_lines,
)
from tests.cloud.databases import new_engine

CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD"])
PRICES = st.integers(1, 10**6)


class MoneyMachine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.folder = TemporaryDirectory()
        self.engine = new_engine(Path(self.folder.name))
        with writing(self.engine) as connection:
            store_accounts(connection)
        account = AccountProvider()
        self.service = PaymentService(self.engine, {"account": account}, lambda: DEC_5)
        self.orders = 0

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()
            self.folder.cleanup()

    @rule(currency=CURRENCIES, price=PRICES, account=st.sampled_from(["acme", "bolt"]))
    def invoice(self, currency: str, price: int, account: str) -> None:
        self.orders += 1
        name = f"SO-{self.orders}"
        line = flight(3, order_id=name, line_id=f"{name}-1", account=account,
                      currency=currency, price_minor=price)  # fmt: skip
        with writing(self.engine) as connection:
            store_lines(connection, line)
            draft(connection)
            finalise_due(connection, decision())

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), share=st.integers(1, 100))
    def credit(self, data: st.DataObject, share: int) -> None:
        invoice = data.draw(st.sampled_from(self.final()))
        amount = max(1, invoice.content.lines[0].amount_minor * share // 100)
        try:
            with writing(self.engine) as connection:
                note = request_credit(connection, invoice.id, [LineCredit(1, amount)], "late",
                                      by="sales", now=DEC_5)  # fmt: skip
                approve_credit(connection, note.id, decision())
        except CreditError:
            assert share > 1

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def pay(self, data: st.DataObject) -> None:
        invoice = data.draw(st.sampled_from(self.final()))
        report = Report("a test", DEC_5)
        try:
            with writing(self.engine) as connection:
                due = read_invoice_due(connection, invoice.id, None)
                paid = open_payment(connection, due, AccountProvider(), ExpectedAmount(), report)
        except NothingDueError:
            return
        complete_calls(self.service, paid.id, by="a test")
        with writing(self.engine) as connection:
            request_call(connection, paid.id, CallAction.CAPTURE, report)
        complete_calls(self.service, paid.id, by="a test")

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), share=st.integers(1, 100))
    def refund(self, data: st.DataObject, share: int) -> None:
        with reading(self.engine) as connection:
            paid = [one for one in list_payments(connection)
                    if one.refunded_minor < one.amount_minor]  # fmt: skip
        if not paid:
            return
        payment = data.draw(st.sampled_from(paid))
        amount = max(1, (payment.amount_minor - payment.refunded_minor) * share // 100)
        with writing(self.engine) as connection:
            request_call(connection, payment.id, CallAction.REFUND, Report("a test", DEC_5),
                         amount_minor=amount)  # fmt: skip
        complete_calls(self.service, payment.id, by="a test")

    @invariant()
    def ledger_is_consistent(self) -> None:
        if not hasattr(self, "engine"):
            return
        with reading(self.engine) as connection:
            assert find_unbalanced(connection) == []
            balances = {(one.account, one.currency): one.amount_minor
                        for one in read_balances(connection)}  # fmt: skip
            expected: dict[tuple[str, str], int] = {}
            for one in list_documents(connection):
                key = (one.payer, one.content.currency)
                sign = 1 if one.kind is DocumentKind.INVOICE else -1
                total = sign * one.content.totals.total_minor
                expected[key] = expected.get(key, 0) + total
            for payment in list_payments(connection):
                key = (payment.account, payment.currency)
                left = payment.amount_minor - payment.refunded_minor
                assert payment.status is PaymentStatus.SUCCEEDED
                expected[key] -= left
            assert balances == expected
            for invoice in self.final():
                credited = read_open_minor(connection, invoice.id)
                assert credited <= invoice.content.totals.total_minor

    def final(self) -> list[StoredDocument]:
        chosen = DocumentFilter(kind=DocumentKind.INVOICE, status=DocumentStatus.FINAL)
        with reading(self.engine) as connection:
            return sorted(list_documents(connection, chosen), key=lambda one: one.number or "")


TestMoneyMachine = MoneyMachine.TestCase
TestMoneyMachine.settings = settings(max_examples=4, stateful_step_count=8, deadline=None)


@settings(max_examples=60)
@given(
    prices=st.lists(st.integers(0, 10**9), min_size=1, max_size=9),
    commission_bp=st.integers(0, 5_000),
    currency=CURRENCIES,
)
def test_totals_are_the_exact_sum_of_lines_rounded_once(prices, commission_bp, currency):
    lines = [BillingLine(LineKind.HOURS, "a", Decimal(1), Decimal(1), price) for price in prices]
    every = add_commission(lines, commission_bp, currency)
    totals = compute_totals(every, VatTreatment(VatCategory.STANDARD, Decimal(20)))
    exact = sum(prices) * (1 - Decimal(commission_bp) / 10_000)
    assert totals.net_minor == sum(line.amount_minor for line in every)
    assert abs(totals.net_minor - exact) <= Decimal("0.5")
    assert abs(totals.vat_minor - totals.net_minor * Decimal("0.2")) <= Decimal("0.5")
    assert totals.total_minor == totals.net_minor + totals.vat_minor
