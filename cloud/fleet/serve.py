"""`python -m cloud fleet serve`: shadows and jobs on the broker, the enrolment desk beside it."""

import argparse
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final

from sqlalchemy import Engine

from cloud import settings
from cloud.database import connect, create
from cloud.estate import SAMPLE
from cloud.estate_reload import SitesFile
from cloud.fleet.claim import Enrolment
from cloud.fleet.desk import Desk, DeskError, DeskFiles
from cloud.fleet.desk_thread import DeskThread
from cloud.fleet.listed import ListedCameras
from cloud.fleet.service import Connection, FleetService, attach, client_for
from cloud.fleet.signer_client import SignerClient, named_in
from cloud.settings import SettingsError
from wire.addresses import AddressError, parse_broker

log = logging.getLogger(__name__)

DESK_PORT: Final = 8884


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `serve`."""
    settings.add_arguments(parser, "database", "broker", "estate")
    parser.add_argument(
        "--identity", type=Path, metavar="DIR", help="fleet.crt, fleet.key and trust.pem"
    )
    parser.add_argument(
        "--authority", type=Path, metavar="DIR", help="the authority's public files: opens the desk"
    )
    parser.add_argument("--signer", type=Path, help="the signer's socket (AUTHORITY/signer.socket)")
    parser.add_argument(
        "--desk-identity", type=Path, metavar="DIR", help="server.crt and server.key of the desk"
    )
    parser.add_argument("--desk-port", type=int, default=DESK_PORT)
    parser.add_argument("--desk-bind", default="0.0.0.0")  # noqa: S104 - a certificate is needed


def serve(asked: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    chosen = settings.read(asked)
    engine = connect(chosen.database_url)
    create(engine)
    listed = ListedCameras(engine, SitesFile(chosen.estate or SAMPLE))
    listed.register(datetime.now(UTC))
    try:
        client = client_for(_broker(chosen.broker_url, asked.identity))
    except (OSError, ValueError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(
            f"the certificates in {asked.identity} cannot be used: {error}; make them again with "
            f"`python -m provisioning ca issue --dir CA --service fleet --out {asked.identity}`"
        ) from error
    service = FleetService(
        engine, lambda topic, payload: client.publish(topic, payload, 1), lambda: datetime.now(UTC)
    )
    attach(client, service)
    told = _until_told()
    try:
        with _desk(asked, engine) as desk:
            client.loop_start()
            while not told:
                service.step()
                listed.register_again(datetime.now(UTC))
                if desk is not None:
                    desk.check()
    except DeskError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        client.disconnect()
        client.loop_stop()
        engine.dispose()
    return 0


def _broker(url: str, identity: Path | None) -> Connection:
    try:
        address = parse_broker(url)
    except AddressError as error:
        raise SettingsError(f"broker: {error}") from None
    if address.username is not None or address.password is not None:
        raise SettingsError("broker: the fleet service proves itself by certificate: give no user")
    assert address.port is not None
    if not address.is_secure:
        return Connection(address.host, address.port)
    if identity is None:
        raise SettingsError("mqtts:// needs --identity DIR with fleet.crt, fleet.key and trust.pem")
    names = ("trust.pem", "fleet.crt", "fleet.key")
    missing = [name for name in names if not (identity / name).exists()]
    if missing:
        raise SettingsError(
            f"{identity} lacks {', '.join(missing)}: "
            f"`python -m provisioning ca issue --dir CA --service fleet --out {identity}`"
        )
    return Connection(address.host, address.port, *(str(identity / one) for one in names))


@contextmanager
def _desk(asked: argparse.Namespace, engine: Engine) -> Iterator["DeskThread | None"]:
    """Run the desk while inside, when there is an authority to enrol for; raises DeskError."""
    if asked.authority is None:
        yield None
        return
    desk = DeskThread(lambda ready: _opened(asked, engine, ready))
    port = desk.start()
    log.info("desk.open", extra={"port": port})
    try:
        yield desk
    finally:
        desk.stop()


async def _opened(asked: argparse.Namespace, engine: Engine, ready: Callable[[int], None]) -> None:
    authority, own = asked.authority, asked.desk_identity or asked.authority
    files = DeskFiles(
        trust=authority / "trust.pem",
        claims=authority / "claims.crt",
        revoked=authority / "revoked.pem",
        certificate=own / "server.crt",
        key=own / "server.key",
    )
    signer = SignerClient(asked.signer or authority / "signer.socket")
    desk = Desk(Enrolment(engine, signer, named_in), files, lambda: datetime.now(UTC))
    await desk.serve(asked.desk_bind, asked.desk_port, ready)


def _until_told() -> list[int]:
    told: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, hear)
    return told
