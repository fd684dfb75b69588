"""`python -m cloud serve`: the API on a port, until a signal stops it.

SIGTERM and Ctrl-C let the answers that are under way finish and end with status 0.
"""

import argparse
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Final, Protocol

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine

from cloud import database, settings
from cloud.api.application import create_app
from cloud.app.billing.services import Billing
from cloud.app.context import AppContext
from cloud.app.orders.hold_sweeper import HoldSweeper
from cloud.app.orders.sweeper import OrderSweeper
from cloud.app.rate_card_reload import ContextReloader
from cloud.app.retail.price_activator import PriceActivator
from cloud.app.server.connection_limits import MAX_MESSAGE_BYTES, RequestLimits, limited_protocol
from cloud.app.server.host_names import LOOPBACK as LOOPBACK_NAMES
from cloud.app.server.host_names import HostNameError, HostNames
from cloud.app.shared.shared_store import LocalStore, SharedStore
from cloud.app.sign_in.sign_in_state import SignInOptions
from cloud.auth.quota import Quota
from cloud.billing.configuration import SAMPLE as BILLING_SAMPLE
from cloud.billing.configuration import load_billing
from cloud.billing.payments.provider_settings import open_providers
from cloud.booking.orders.policy import SAMPLE as SAMPLE_TERMS
from cloud.booking.orders.policy import load_booking_policy
from cloud.cli.accounts.mail_options import add_mail_arguments, read_mailer
from cloud.cli.accounts.openid_options import add_openid_arguments, read_openid_provider
from cloud.connection_table import ConnectionTable, connection_limit
from cloud.lake.catalogue.cached_catalogue import LakeCatalogue
from cloud.planning.plan_worker import PlanWorker
from cloud.pricing.rate_card import REFERENCE, RateCard, read_card_file
from cloud.pricing.vocabulary import require_priced_words
from cloud.products.open_lake import ServedProducts
from cloud.receipts.options import add_log_arguments, read_receipt_keys, read_receipt_roots
from cloud.receipts.signing_keys import LogKeyError
from cloud.sales.rate_cards import card_at, read_scheduled_cards
from cloud.sites.reload import SitesFile
from cloud.sites.sites_file import SAMPLE, load_sites
from cloud.trade.deals.bidder_client import open_bidder_client
from cloud.trade.deals.notice_sender import BidNoticeSender
from wire.clock import REHEARSAL, RehearsalClockError, is_rehearsal, utc_now
from wire.process.garbage import reduce_garbage_collection

log = logging.getLogger(__name__)
GRACE_S: Final = 5
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class ServeError(RuntimeError):
    """The API cannot be started."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `serve`."""
    settings.add_arguments(parser, "database", "sites", "redis", "billing", "booking")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8080, help="port to listen on (8080)")
    parser.add_argument(
        "--access", choices=("open", "keys"),
        help="open to everybody, or to callers with a key (open on a loopback address, else keys)",
    )  # fmt: skip
    parser.add_argument(
        "--host-name", action="append", default=[], metavar="NAME", dest="host_names",
        help="a name that clients use for this server, once for each; also ONLOOKER_HOST_NAMES, "
        "with commas (always: localhost and the address of --host)",
    )  # fmt: skip
    parser.add_argument(
        "--max-connections", type=_connections, metavar="N",
        help="connections held at once (half of the files that the process may open)",
    )  # fmt: skip
    parser.add_argument(
        "--lake", metavar="FOLDER", default=os.environ.get("ONLOOKER_LAKE"),
        help="the lake whose catalogue is served: a folder or s3://bucket/prefix, as for `lake` "
        "(ONLOOKER_LAKE; without one, no catalogue)",
    )  # fmt: skip
    add_log_arguments(parser, roots=True)
    add_mail_arguments(parser)
    add_openid_arguments(parser)
    add_rate_card(parser)


def add_rate_card(parser: argparse.ArgumentParser) -> None:
    """The option that names a rate card."""
    parser.add_argument(
        "--rate-card", type=Path, metavar="FILE",
        help="rate card in YAML; without one, the card that was put in force, or the reference",
    )  # fmt: skip


def serve(arguments: argparse.Namespace) -> int:
    """Run the API; 0 when a signal stopped it, 2 when it could not start."""
    try:
        check_clock(arguments.host)
        names = _names(arguments)
        options = SignInOptions(
            mailer=read_mailer(arguments), openid=read_openid_provider(arguments)
        )
        billing = open_billing(arguments)
        context = replace(
            open_context(arguments),
            receipt_keys=read_receipt_keys(arguments),
            receipt_roots=tuple(read_receipt_roots(arguments)),
            lake_catalogue=LakeCatalogue(arguments.lake),
            served_products=ServedProducts(arguments.lake),
        )
        listener = _listen(arguments.host, arguments.port)
    except (ServeError, HostNameError, LogKeyError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    app = _open_app(arguments, context, names, options, billing)
    server = Server(_configure(app, arguments.max_connections or connection_limit()))
    _log_start(arguments, names)
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, server.before_and_after)
    reloader: ContextReloader = app.state.reloader
    reduce_garbage_collection()
    with listener, following_changes(reloader), running(_list_workers(reloader)):
        server.run(sockets=[listener])
    context.shared.close()
    context.engine.dispose()
    log.info("api.stopped")
    return 0


def _choose_access(arguments: argparse.Namespace) -> str:
    access: str | None = arguments.access
    return access or ("open" if arguments.host in LOOPBACK else "keys")


def _open_app(
    arguments: argparse.Namespace,
    context: AppContext,
    names: HostNames,
    options: SignInOptions,
    billing: Billing,
) -> FastAPI:
    """The application, with the newest rate card and sites file."""
    sites_file = SitesFile(
        settings.read(arguments).sites or SAMPLE,
        accept=lambda changed: require_priced_words(changed, reloader.context.card),
    )
    app = create_app(
        context,
        quota=Quota() if _choose_access(arguments) == "keys" else None,
        pinned=arguments.rate_card is not None,
        names=names,
        sites_file=sites_file,
        sign_in_options=options,
        billing=billing,
    )
    reloader: ContextReloader = app.state.reloader
    reloader.refresh()
    return app


def _configure(app: FastAPI, connections: int) -> uvicorn.Config:
    """The server, with its limits of connections and requests."""
    table, limits = ConnectionTable(connections), RequestLimits()
    return uvicorn.Config(
        app,
        http=limited_protocol(table, limits),
        timeout_keep_alive=int(limits.idle_s),
        backlog=max(16, min(1024, table.most // 2)),
        ws_max_size=MAX_MESSAGE_BYTES,
        log_config=None,
        access_log=False,
        log_level="warning",  # at info it logs the query of every WebSocket, where the key may be
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def _log_start(arguments: argparse.Namespace, names: HostNames) -> None:
    access = _choose_access(arguments)
    where = {"host": arguments.host, "port": arguments.port, "access": access}
    log.info("api.listening", extra={**where, "names": sorted(names.own | LOOPBACK_NAMES)})
    if not (arguments.host in LOOPBACK or names.own):
        log.warning(
            "api.only_local_names",
            extra={"remedy": "clients elsewhere are refused until --host-name names this server"},
        )


def _list_workers(reloader: ContextReloader) -> dict[str, "Worker"]:
    """What runs on threads beside the server."""
    return {
        "plans": PlanWorker(lambda: reloader.context),
        "holds": HoldSweeper(lambda: reloader.context),
        "orders": OrderSweeper(lambda: reloader.context),
        "retail prices": PriceActivator(lambda: reloader.context),
        "notices": BidNoticeSender(lambda: reloader.context, open_bidder_client()),
    }


class Server(uvicorn.Server):
    """Says goodbye to who listens: an answer that has no end would not let the server stop."""

    handles_signals = False

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """While it serves; what it captured is raised again at the end."""
        self.handles_signals = True
        with super().capture_signals():
            yield

    def before_and_after(self, number: int, _frame: FrameType | None) -> None:
        """A signal before it serves ends the program; one that was handled does nothing more."""
        if self.handles_signals:
            return
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(0)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the live connections, then stop."""
        self.config.app.state.broadcaster.close("the server is stopping")  # type: ignore[union-attr]
        super().handle_exit(sig, frame)


def check_clock(host: str) -> None:
    """Raise ServeError where the clock is moved and others than this machine may connect."""
    if not is_rehearsal():
        return
    if host not in LOOPBACK:
        raise ServeError(
            f"{REHEARSAL} moves the clock of this server, which only programs on this machine may "
            "use: unset it, or listen on 127.0.0.1"
        )
    try:
        log.warning("api.clock_is_moved", extra={"now": utc_now().isoformat()})
    except RehearsalClockError as error:
        raise ServeError(str(error)) from error


def open_context(arguments: argparse.Namespace) -> AppContext:
    """The context that the settings in force describe; upgrades the tables.

    Raises:
        DatabaseError: there is no database.
    """
    chosen = settings.read(arguments)
    engine = database.open_existing(chosen.database_url)
    sites, card = (
        load_sites(chosen.sites or SAMPLE),
        read_rate_card(arguments.rate_card, engine),
    )
    require_priced_words(sites, card)
    context = AppContext(
        engine=engine,
        sites=sites,
        card=card,
        shared=open_shared_store(chosen, engine),
        booking_policy=load_booking_policy(chosen.booking or SAMPLE_TERMS),
    )
    context.read_changes()
    return context


def open_billing(arguments: argparse.Namespace) -> Billing:
    """Billing by the settings in force; raises DocumentError or SettingsError."""
    chosen = settings.read(arguments)
    return Billing(load_billing(chosen.billing or BILLING_SAMPLE), open_providers())


def read_rate_card(file: Path | None, engine: Engine) -> RateCard:
    """The card of a file; without one, the card that holds now, else the reference card."""
    if file is not None:
        return read_card_file(file)
    with database.reading(engine) as connection:
        held = card_at(read_scheduled_cards(connection), utc_now())
    return held.card if held else read_card_file(REFERENCE)


def open_shared_store(chosen: settings.Settings, engine: Engine) -> SharedStore:
    """What the processes on this database share: Redis when the settings name one."""
    if chosen.redis_url is None:
        return LocalStore()
    from cloud.app.shared.redis_store import RedisStore  # loads the library of Redis

    url = engine.url
    where = [url.host, url.port] if url.host else [socket.gethostname(), Path.cwd()]
    try:
        return RedisStore(chosen.redis_url, of="/".join(map(str, [*where, url.database])))
    except (TypeError, ValueError):  # their texts may hold the password
        raise settings.SettingsError(
            "Redis: an option after ? in the address is not valid: remove it, or correct its value"
        ) from None


@contextmanager
def following_changes(reloader: ContextReloader) -> Iterator[None]:
    """Read changes of the database on a thread, inside the context."""
    stop = threading.Event()
    listener = threading.Thread(target=reloader.follow, args=(stop,), name="news", daemon=True)
    listener.start()
    try:
        yield
    finally:
        stop.set()
        listener.join(GRACE_S)


class Worker(Protocol):
    """Works on a thread of its own until it is stopped."""

    def follow(self) -> None:
        """Work until `stop`."""

    def stop(self) -> None:
        """End `follow`."""


@contextmanager
def running(workers: Mapping[str, Worker]) -> Iterator[None]:
    """Run workers, each on a thread with its name, inside the context."""
    threads = [
        threading.Thread(target=worker.follow, name=name, daemon=True)
        for name, worker in workers.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for worker in workers.values():
            worker.stop()
        for thread in threads:
            thread.join(GRACE_S)


def _names(arguments: argparse.Namespace) -> HostNames:
    """The names that requests may be for, from the command line and the environment."""
    listed = os.environ.get("ONLOOKER_HOST_NAMES", "").split(",")
    return HostNames.of(
        [*arguments.host_names, *(one for one in listed if one.strip())], arguments.host
    )


def _port(written: str) -> int:
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= 65_535):
        raise argparse.ArgumentTypeError(f"{written!r} is no port: write 1 to 65535")
    return int(written)


def _connections(written: str) -> int:
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{written!r}: write a number of connections, 1 or more")
    return int(written)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ServeError(
            f"cannot listen on {host} port {port}: {error}; choose another with --host and --port"
        ) from error
