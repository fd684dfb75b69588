"""Payments of the portal's server: a simulated provider that sends its webhooks at once."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cloud.app.billing.services import Billing
from cloud.billing.payments.account_provider import AccountProvider
from cloud.billing.payments.stripe_provider import StripeProvider, StripeSettings
from simulators.payments.server import PaymentServer, WebhookSender
from tests.cloud.billing.billing_examples import CONFIG

KEY, SECRET = "sk_test_portal", "whsec_portal"
LOOK_S = 0.2
PATH = "/api/payments/webhooks/stripe"


@contextmanager
def open_billing() -> Iterator[tuple[Billing, PaymentServer]]:
    """Card payments with the simulated provider, and payment on account."""
    server = PaymentServer(KEY, SECRET, time.time)
    stripe = StripeProvider(StripeSettings(KEY, (SECRET,), server.start()))
    yield Billing(CONFIG, {"stripe": stripe, "account": AccountProvider()}), server
    stripe.close()
    server.stop()


@contextmanager
def sending_webhooks(server: PaymentServer, address: str) -> Iterator[None]:
    """Send the provider's events to the API until the end."""
    sender = WebhookSender(server, address + PATH)
    is_over = threading.Event()

    def send() -> None:
        while not is_over.wait(LOOK_S):
            with suppress(OSError):
                sender.send_new()

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
