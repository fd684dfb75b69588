"""Start the sales server of the demonstration: keys for every caller, payments, a moved clock.

It runs on the database of the demonstration in place of the server whose clock is right: of two
servers, each would end holds by its own clock. The payment provider is simulated and charges
nothing.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from subprocess import Popen
from typing import Final

from simulators.demo.running import Demo, wait_for
from simulators.demo.sale.flight import Flight
from simulators.demo.sale.moved_clock import MovedClock
from simulators.demo.sale.receipts import ORIGIN, ReceiptKeys, create_receipt_keys
from simulators.demo.sale.sales_api import SaleRole, SalesApi
from simulators.payments.server import PaymentServer, WebhookSender
from simulators.servers.mosquitto import free_port

ACCOUNT: Final = "harbour-tea"
MEDIA_OWNER: Final = "media-owner"
OWNERS: Final = {
    SaleRole.BUYER: ACCOUNT,
    SaleRole.SELLER: MEDIA_OWNER,
    SaleRole.FINANCE: MEDIA_OWNER,
}


@dataclass(frozen=True, slots=True)
class SalesServer:
    """A running sales server, its clock, and the provider that reports payments to it."""

    demo: Demo
    api: SalesApi
    process: Popen[bytes]
    clock: MovedClock
    webhooks: WebhookSender
    receipt_keys: ReceiptKeys
    environment: Mapping[str, str]
    """The variables of its payments and receipts, without the clock."""

    def run(self, name: str, *arguments: str) -> str:
        """Run a command of the cloud on the same database and clock."""
        words = ["cloud", *arguments, "--database", self.demo.database]
        return self.demo.processes.run(name, words, self.clock.environment)

    def move_to(self, at: datetime) -> None:
        """Move the clock."""
        self.clock.move_to(at, datetime.now(UTC))


@contextmanager
def open_sales_server(demo: Demo, flight: Flight) -> Iterator[SalesServer]:
    """A sales server whose clock is a day before the flight."""
    clock = MovedClock(demo.folder / "clock")
    clock.move_to(flight.bought_at, datetime.now(UTC))
    payments = PaymentServer(
        f"sk_test_{secrets.token_hex(12)}",
        f"whsec_{secrets.token_hex(12)}",
        lambda: clock.show(datetime.now(UTC)).timestamp(),
    )
    receipt_keys = create_receipt_keys(demo, flight, clock.environment)
    environment = {
        "ONLOOKER_RECEIPTS_KEY": str(receipt_keys.log_key),
        "ONLOOKER_RECEIPTS_ORIGIN": ORIGIN,
        "ONLOOKER_STRIPE_KEY": payments.secret_key,
        "ONLOOKER_STRIPE_WEBHOOK_SECRETS": payments.webhook_secret,
        "ONLOOKER_STRIPE_URL": payments.start(),
    }
    try:
        process, api = _start_server(demo, {**clock.environment, **environment})
        webhooks = WebhookSender(payments, webhooks_address(api.url))
        yield SalesServer(demo, api, process, clock, webhooks, receipt_keys, environment)
    finally:
        payments.stop()


def webhooks_address(url: str) -> str:
    """Where an API receives the events of the provider."""
    return f"{url}/api/payments/webhooks/stripe"


def _start_server(demo: Demo, environment: Mapping[str, str]) -> tuple[Popen[bytes], SalesApi]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    database = ["--database", demo.database]
    serve = ["cloud", "serve", "--port", str(port), "--access", "keys", *database]
    process = demo.processes.start("sales", serve, environment)
    keys = {
        party: demo.processes.run(
            f"key-{party}",
            ["cloud", "keys", "create", "--role", party, "--owner", f"the {party} of the demo",
             "--account", owner, *database],
            environment,
        ).strip()
        for party, owner in OWNERS.items()
    }  # fmt: skip
    wait_for(replace(demo, api=url), "/readyz", lambda ready: True)
    return process, SalesApi(url, keys)
