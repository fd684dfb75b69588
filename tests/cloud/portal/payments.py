"""Payments of the portal's server: a simulated provider that sends its webhooks at once."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from cloud.app.billing.services import Billing
from cloud.billing.payments.account_provider import AccountProvider
from cloud.billing.payments.stripe_provider import StripeProvider, StripeSettings
from simulators.payments.server import PaymentServer, WebhookSender
from tests.cloud.billing.billing_examples import CONFIG

KEY, SECRET = "sk_test_portal", "whsec_portal"
LOOK_S = 0.2
PATH = "/api/payments/webhooks/stripe"


class ControlledProvider(PaymentServer):
    """The simulated provider, with what a journey does to it and asks it."""

    loses_confirmation = False

    def lose_next_answer(self) -> None:
        """Execute the next confirmation and lose its answer."""
        self.loses_confirmation = True

    def list_charges(self) -> list[int]:
        """The amounts that were received."""
        received = [one["amount_received"] for one in self.state.intents.values()]
        return [amount for amount in received if amount]

    def answer(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """See `PaymentServer`."""
        if self.loses_confirmation and target.endswith("/confirm"):
            self.loses_confirmation, self.lost_answers = False, 1
        return super().answer(method, target, body, headers)


@contextmanager
def open_billing() -> Iterator[tuple[Billing, ControlledProvider]]:
    """Card payments with the simulated provider, and payment on account."""
    server = ControlledProvider(KEY, SECRET, time.time)
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
