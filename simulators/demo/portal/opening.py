"""Open the portal after the sale: the API with the right clock and keys for every caller.

It takes the place of the sales server, on the same database and with the same simulated payment
provider, whose events reach it as they occur.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from simulators.demo.console import print_step
from simulators.demo.portal.accounts import AGENCY_PROFILES, OWNER_PROFILE
from simulators.demo.portal.back_office import (
    collecting_mails,
    run_nightly,
    serve_lake,
    start_notifications,
)
from simulators.demo.portal.people import create_password, write_users
from simulators.demo.running import Demo, start_server
from simulators.demo.sale.sales_api import SaleRole
from simulators.demo.sale.sales_server import SalesServer, webhooks_address
from simulators.payments.server import WebhookSender

USERS_FILE: Final = "users.csv"
SEND_EVERY_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Portal:
    """The running portal and the password of its users."""

    demo: Demo
    password: str
    users_file: Path


@contextmanager
def open_portal(sales: SalesServer, *, is_complete: bool) -> Iterator[Portal]:
    """The portal at the address of the demonstration, instead of the sales server.

    A complete one also has a lake, nightly runs and mails.
    """
    demo = sales.demo
    if not is_complete:
        with _opened(sales, []) as portal:
            yield portal
        return
    with (
        collecting_mails(demo) as mails,
        _opened(sales, [*mails, *serve_lake(demo)]) as portal,
    ):
        start_notifications(demo, mails)
        run_nightly(demo)
        yield portal


@contextmanager
def _opened(sales: SalesServer, options: list[str]) -> Iterator[Portal]:
    demo = sales.demo
    demo.processes.end(sales.process)
    start_server(demo, "keys", sales.environment, options)
    with print_step("users of the portal, cameras of its fleet"):
        portal = _create_users(sales)
        register = ["cloud.fleet", "register", "--database", demo.database]
        demo.processes.run("fleet", register)  # all of the sites file
    webhooks = replace(sales.webhooks, url=webhooks_address(demo.api))
    with _sending_events(webhooks):
        yield portal


def _create_users(sales: SalesServer) -> Portal:
    demo, password = sales.demo, create_password()
    api = replace(sales.api, url=demo.api)
    api.change(SaleRole.SELLER, "POST", "/api/accounts", OWNER_PROFILE)
    for profile in AGENCY_PROFILES:
        api.change(SaleRole.FINANCE, "POST", "/api/accounts", profile)
    users, path = write_users(password), demo.folder / USERS_FILE
    path.touch(mode=0o600)
    path.write_text(users)
    words = ["cloud", "users", "--database", demo.database, "import"]
    demo.processes.run("users", words, input_text=users)
    return Portal(demo, password, path)


@contextmanager
def _sending_events(webhooks: WebhookSender) -> Iterator[None]:
    """Report payments to the portal inside the context."""
    is_over = threading.Event()
    thread = threading.Thread(target=_send_events, args=(webhooks, is_over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _send_events(webhooks: WebhookSender, is_over: threading.Event) -> None:
    while not is_over.wait(SEND_EVERY_S):
        with suppress(OSError):  # the server ends before this thread
            webhooks.send_new()
