"""An API with seeded data and a user of each role, which the journeys and the gallery visit."""

import importlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from msgspec import structs
from sqlalchemy import Connection, Engine

from cloud import database
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.app.sign_in.mailer import Mailer
from cloud.app.sign_in.sign_in_state import SignInOptions
from cloud.auth.accounts.account import AccountKind
from cloud.auth.keys import Role
from cloud.auth.quota import Quota
from cloud.auth.users.user import User
from cloud.booking.orders.policy import HoldLimits, load_booking_policy
from cloud.lake.catalogue.cached_catalogue import LakeCatalogue
from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from cloud.messaging.deadline import Deadline
from cloud.messaging.smtp import MailRelay
from cloud.planning.plan_worker import PlanWorker
from cloud.products.open_lake import ServedProducts
from cloud.receipts.signing_keys import LogKeys
from tests.cloud.databases import new_engine
from tests.cloud.lake.catalogue.small_lake import fill_lake
from tests.cloud.people import CHEAP, PASSWORD, add_account, add_user
from tests.cloud.portal.clock_file import start_clock
from tests.cloud.portal.controls import serve_controls
from tests.cloud.portal.data_products import SHOWN, fill_products
from tests.cloud.portal.late_reports import LateReports
from tests.cloud.portal.payments import open_billing, sending_webhooks
from tests.cloud.portal.restartable_server import RestartableServer
from tests.cloud.rates import CARD, sites
from tests.cloud.receipts.receipt_data import LOG_KEY, ORIGIN
from wire.clock import utc_now

SEEDS = Path(__file__).parent / "seeds"
FIRST = "explore"
"""The seed of measured hours, which others add to."""
MANY_REQUESTS = 1_000_000
PARAMETERS = {"/screens/$id": "/screens/KX-01", **SHOWN}
"""Addresses of routes that no seed has to create."""


CLOCK = "clock"
"""The parameter with the file of seconds that a journey adds to the server's clock."""
MAILS = "mails"
"""The parameter with the file to which the texts of mails are written."""
CONTROLS = "controls"
"""The parameter with the address of the actions on the server (`controls.py`)."""
SHORT_HOLDS = HoldLimits(hours=5 / 60, longest_hours=10 / 60)
POLICY = structs.replace(load_booking_policy(), holds=SHORT_HOLDS)
"""Holds of five minutes, ten at most."""


@dataclass(frozen=True)
class PortalServer:
    """Where it listens, who may sign in, and the seeded objects that routes name."""

    address: str
    users: Mapping[str, Mapping[str, str]]
    """E-mail address and password by role."""
    parameters: Mapping[str, str]


@contextmanager
def open_portal_server(folder: Path) -> Iterator[PortalServer]:
    """A server over a new SQLite database with all seeds."""
    engine = new_engine(folder)
    now = utc_now()
    with database.writing(engine) as connection:
        users = add_people(connection, now)
    parameters = seed_all(engine, now)
    clock = start_clock(folder)
    keys = LogKeys(ORIGIN, (LOG_KEY,))
    lake = Lake(open_storage(f"{folder}/lake"), engine)
    fill_lake(lake)
    fill_products(lake, folder, now)
    context = AppContext(
        engine, sites(), CARD, clock, booking_policy=POLICY, receipt_keys=keys,
        lake_catalogue=LakeCatalogue(lake.storage.root),
        served_products=ServedProducts(lake.storage.root),
    )  # fmt: skip
    with open_billing() as (billing, provider):
        server = RestartableServer(
            lambda: create_app(
                context, quota=Quota(MANY_REQUESTS),
                sign_in_options=SignInOptions(CHEAP, new_mailer(folder / MAILS)),
                billing=billing,
            )
        )  # fmt: skip
        reports = LateReports(engine, clock)
        actions = {
            "stop": server.stop, "start": server.start, "report": reports.send,
            "lose-answer": provider.lose_next_answer, "charges": provider.list_charges,
        }  # fmt: skip
        files = {CLOCK: str(clock.file), MAILS: str(folder / MAILS)}
        with compute_plans(context), running(server), serve_controls(actions) as controls:
            named = {**PARAMETERS, **parameters, **files, CONTROLS: controls}
            with sending_webhooks(provider, server.address):
                yield PortalServer(server.address, users, named)
    engine.dispose()


def new_mailer(file: Path) -> Mailer:
    """Writes mails to a file in place of sending them."""

    def send(_: MailRelay, mail: EmailMessage, __: Deadline) -> None:
        with file.open("a") as written:
            written.write(f"To: {mail['To']}\n{mail.get_content()}\n")

    return Mailer(MailRelay(), "https://sales.example", send)


def add_people(connection: Connection, now: datetime) -> dict[str, dict[str, str]]:
    """A media owner, an agency with its clients Acme and Bolt, and a user of each role."""
    owner = add_account(connection, "owner", now, AccountKind.MEDIA_OWNER)
    agency = add_account(connection, "media", now, AccountKind.AGENCY)
    acme = add_account(connection, "acme", now, agency="media")
    add_account(connection, "bolt", now, agency="media")
    staff = [
        (role, add_user(connection, owner, role.value, now, role))
        for role in (Role.SALES, Role.OPERATIONS, Role.FINANCE, Role.PRICING, Role.ADMIN)
    ]
    buyers = [
        (Role.AGENCY, add_user(connection, agency, "dan", now)),
        (Role.ADVERTISER, add_user(connection, acme, "bob", now, manages_users=True)),
    ]
    return {role.value: _sign_in_of(user) for role, user in [*staff, *buyers]}


def _sign_in_of(user: User) -> dict[str, str]:
    return {"email": user.email, "password": PASSWORD}


def seed_all(engine: Engine, now: datetime) -> dict[str, str]:
    """Call `seed(engine, now)` of every module in `seeds/`.

    Each may return parameters of routes by name (`{"order": id}`), or the address of a route by its
    path (`{"/orders/$order": "/orders/17"}`).
    """
    names = sorted(file.stem for file in SEEDS.glob("*.py"))
    parameters: dict[str, str] = {}
    for name in sorted(names, key=lambda name: name != FIRST):
        seed = importlib.import_module(f"tests.cloud.portal.seeds.{name}").seed
        parameters |= seed(engine, now) or {}
    return parameters


@contextmanager
def compute_plans(context: AppContext) -> Iterator[None]:
    """A worker that computes plans in the background, as `serve` has one."""
    worker = PlanWorker(lambda: context)
    thread = threading.Thread(target=worker.follow)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()


@contextmanager
def running(server: RestartableServer) -> Iterator[None]:
    """Serve in the block."""
    server.start()
    try:
        yield
    finally:
        server.stop()
