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

from paho.mqtt.client import Client
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
from cloud.ingest.sources.base import SourceError
from cloud.settings import SettingsError
from wire.addresses import AddressError, parse_broker
from wire.command_line import CERTIFICATES, add_certificates, refuse_options

log = logging.getLogger(__name__)

DESK_PORT: Final = 8884
DESK_BIND: Final = "0.0.0.0"  # noqa: S104 - a certificate is needed
FILES: Final = ("trust.pem", "fleet.crt", "fleet.key")
"""What a folder of `--identity` holds: authority, certificate and key."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `serve`."""
    settings.add_arguments(parser, "database", "broker", "estate")
    add_certificates(parser)
    parser.add_argument(
        "--identity",
        type=Path,
        metavar="DIR",
        help="folder with trust.pem, fleet.crt and fleet.key, in place of --ca, --cert and --key",
    )
    parser.add_argument(
        "--authority", type=Path, metavar="DIR", help="the authority's public files: opens the desk"
    )
    parser.add_argument("--signer", type=Path, help="the signer's socket (AUTHORITY/signer.socket)")
    parser.add_argument(
        "--desk-identity", type=Path, metavar="DIR", help="server.crt and server.key of the desk"
    )
    parser.add_argument("--desk-port", type=int, help=f"default: {DESK_PORT}")
    parser.add_argument("--desk-bind", help=f"default: {DESK_BIND}")


def serve(asked: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    if asked.authority is None:
        refuse_options(
            asked,
            *("signer", "desk-identity", "desk-port", "desk-bind"),
            because="they belong to the enrolment service, which needs --authority",
        )
    chosen = settings.read(asked)
    client = _client(chosen.broker_url, asked)
    engine = connect(chosen.database_url)
    create(engine)
    listed = ListedCameras(engine, SitesFile(chosen.estate or SAMPLE))
    listed.register(datetime.now(UTC))
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


def _client(url: str, asked: argparse.Namespace) -> Client:
    where = _broker(url, asked)
    try:
        return client_for(where)
    except (OSError, ValueError, SourceError) as error:
        raise SettingsError(
            f"the certificates for the broker cannot be used: {error}; make them again with "
            "`python -m provisioning ca issue --dir CA --service fleet --out DIR`"
        ) from error


def _broker(url: str, asked: argparse.Namespace) -> Connection:
    try:
        address = parse_broker(url)
    except AddressError as error:
        raise SettingsError(f"broker: {error}") from None
    if address.username is not None or address.password is not None:
        raise SettingsError("broker: the fleet service proves itself by certificate: give no user")
    assert address.port is not None
    if not address.is_secure:
        refuse_options(
            asked, *CERTIFICATES, "identity", because="they are used with an mqtts:// broker only"
        )
        return Connection(address.host, address.port)
    return Connection(address.host, address.port, *_certificates(asked))


def _certificates(asked: argparse.Namespace) -> tuple[str, str, str]:
    """Authority, certificate and key: those of the options, else those of the identity."""
    folder: Path | None = asked.identity
    given = dict(zip(FILES, (asked.ca, asked.cert, asked.key), strict=True))
    files = [one or (folder / name if folder else None) for name, one in given.items()]
    found = [file for file in files if file is not None]
    if len(found) < len(FILES):
        raise SettingsError(
            "an mqtts:// broker needs certificates: give --ca, --cert and --key, or --identity DIR "
            f"with {', '.join(FILES)}"
        )
    if missing := [str(file) for file in found if not file.exists()]:
        raise SettingsError(
            f"no file {', '.join(missing)}: correct the path, or make certificates with "
            "`python -m provisioning ca issue --dir CA --service fleet --out DIR`"
        )
    ca, cert, key = map(str, found)
    return ca, cert, key


@contextmanager
def _desk(asked: argparse.Namespace, engine: Engine) -> Iterator[DeskThread | None]:
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
    port = DESK_PORT if asked.desk_port is None else asked.desk_port
    await desk.serve(asked.desk_bind or DESK_BIND, port, ready)


def _until_told() -> list[int]:
    told: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, hear)
    return told
