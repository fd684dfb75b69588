"""Payments of an order over a simulated provider."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from cloud.billing.payments.account_provider import AccountProvider
from cloud.billing.payments.amounts_due import read_order_due
from cloud.billing.payments.calls import PaymentService, complete_calls
from cloud.billing.payments.event_store import EventOutcome
from cloud.billing.payments.payment_store import Payment, read_payment
from cloud.billing.payments.provider import CallAction, PaymentProvider
from cloud.billing.payments.recording import Report
from cloud.billing.payments.requests import ExpectedAmount, open_payment, request_call
from cloud.billing.payments.stripe_provider import StripeProvider, StripeSettings
from cloud.billing.payments.webhooks import ForgedWebhooks, receive_event
from cloud.database import writing
from simulators.payments.server import PaymentServer
from tests.cloud.billing.billing_examples import (
    CONFIG,
    NOV_2,
    flight,
    store_accounts,
    store_lines,
)

KEY, SECRET, FORMER = "sk_test_key", "whsec_new", "whsec_former"


@dataclass
class Payer:
    """A payer, its payments, and the provider behind them."""

    engine: Engine
    server: PaymentServer
    stripe: StripeProvider
    now: datetime = NOV_2
    forged: ForgedWebhooks = field(default_factory=ForgedWebhooks)

    @property
    def service(self) -> PaymentService:
        providers: dict[str, PaymentProvider] = {
            "stripe": self.stripe, "account": AccountProvider(),
        }  # fmt: skip
        return PaymentService(self.engine, providers, lambda: self.now)

    @property
    def report(self) -> Report:
        return Report("a test", self.now)

    def open(self, provider: str = "stripe", *, is_manual: bool = False) -> Payment:
        """A payment of the order in advance, created at its provider."""
        opened = self.store(provider, is_manual=is_manual)
        return complete_calls(self.service, opened.id, by="a test")

    def store(self, provider: str = "stripe", *, is_manual: bool = False) -> Payment:
        """The same, not sent to its provider yet."""
        with writing(self.engine) as connection:
            due = read_order_due(connection, "SO-1", None, CONFIG, self.now)
            chosen = self.service.providers[provider]
            return open_payment(
                connection, due, chosen, ExpectedAmount(), self.report, is_manual=is_manual
            )

    def call(self, payment: Payment, action: CallAction, **more: object) -> Payment:
        """An action of a payment, sent to its provider."""
        with writing(self.engine) as connection:
            request_call(connection, payment.id, action, self.report, **more)
        return complete_calls(self.service, payment.id, by="a test")

    def pay(self, method: str = "pm_card_visa") -> Payment:
        """The order, paid with a method."""
        return self.call(self.open(), CallAction.CONFIRM, method=method)

    def read(self, payment: Payment) -> Payment:
        with writing(self.engine) as connection:
            return read_payment(connection, payment.id)

    def deliver(self, event: dict, secret: str | None = None) -> EventOutcome:
        """A webhook with its signature."""
        payload, signature = self.server.sign(event, secret)
        return receive_event(self.service, "stripe", payload, signature, self.forged)

    def events(self, kind: str) -> list[dict]:
        return [one for one in self.server.state.events if one["type"] == kind]

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def payer(engine: Engine) -> Iterator[Payer]:
    payer: Payer
    server = PaymentServer(KEY, SECRET, lambda: payer.now.timestamp())
    settings = StripeSettings(KEY, (SECRET, FORMER), server.start())
    stripe = StripeProvider(settings)
    payer = Payer(engine, server, stripe)
    with writing(engine) as connection:
        store_accounts(connection, agency=None, credit_limit_minor=1_000)
        store_lines(connection, flight(3))
    yield payer
    stripe.close()
    server.stop()
