"""`python -m simulators payments`: a payment provider on this machine, which charges nothing."""

import argparse
import os
import sys
import time
from typing import Final

from simulators.payments.server import PaymentServer, WebhookSender

EVERY_S: Final = 0.5
DEFAULT_KEY: Final = "sk_test_simulated"
DEFAULT_SECRET: Final = "whsec_simulated"  # noqa: S105 - of the simulation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `payments`."""
    parser.add_argument("--port", type=int, default=12_111, help="port of loopback (12111)")
    parser.add_argument(
        "--webhook", metavar="URL",
        help="address of the webhooks, such as "
        "http://127.0.0.1:8080/api/payments/webhooks/stripe (without one, none are sent)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C; each event is sent twice and shuffled."""
    key = os.environ.get("ONLOOKER_STRIPE_KEY", DEFAULT_KEY)
    secret = os.environ.get("ONLOOKER_STRIPE_WEBHOOK_SECRETS", DEFAULT_SECRET).split(",")[0]
    server = PaymentServer(key, secret)
    try:
        url = server.start(arguments.port)
    except OSError as error:
        sys.stderr.write(f"port {arguments.port} cannot be used: {error.strerror}\n")
        return 2
    sys.stdout.write(f"payments at {url}: set ONLOOKER_STRIPE_URL to it\n")
    sys.stdout.flush()
    try:
        _send_events(server, arguments.webhook)
    finally:
        server.stop()
    return 0


def _send_events(server: PaymentServer, webhook: str | None) -> None:
    sender = WebhookSender(server, webhook) if webhook else None
    while True:
        time.sleep(EVERY_S)
        if sender is not None:
            sender.send_new()
