"""`python -m cloud fleet serve`: shadows, jobs and the enrolment service."""

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
from cloud.fleet.enrolment.ca_client import CaClient, read_common_name
from cloud.fleet.enrolment.claim_provisioning import Enrolment
from cloud.fleet.enrolment.server import EnrolmentServer, EnrolmentServerError, ServerFiles
from cloud.fleet.enrolment.server_thread import ServerThread
from cloud.fleet.registry.sites_sync import SitesSync
from cloud.fleet.service import FleetConnection, FleetService, connect_service, create_client
from cloud.ingest.sources.message_source import SourceError
from cloud.metrics_server import serving_metrics
from cloud.settings import SettingsError
from cloud.sites.reload import SitesFile
from cloud.sites.sites_file import SAMPLE
from wire.addresses import AddressError, parse_broker
from wire.clock import utc_now
from wire.command_line import CERTIFICATES, add_certificates, refuse_options

log = logging.getLogger(__name__)

ENROLMENT_PORT: Final = 8884
ENROLMENT_BIND: Final = "0.0.0.0"  # noqa: S104 - a certificate is needed
IDENTITY_FILES: Final = ("trust.pem", "fleet.crt", "fleet.key")
"""What a folder of `--identity` holds: authority, certificate and key."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `serve`."""
    settings.add_arguments(parser, "database", "broker", "sites")
    add_certificates(parser)
    parser.add_argument(
        "--identity",
        type=Path,
        metavar="DIR",
        help="folder with trust.pem, fleet.crt and fleet.key, in place of --ca, --cert and --key",
    )
    parser.add_argument(
        "--authority",
        type=Path,
        metavar="DIR",
        help="the authority's public files: starts the enrolment service",
    )
    parser.add_argument(
        "--ca-socket", type=Path, help="socket of the CA service (AUTHORITY/ca.socket)"
    )
    parser.add_argument(
        "--enrolment-identity",
        type=Path,
        metavar="DIR",
        help="server.crt and server.key of the enrolment service",
    )
    parser.add_argument("--enrolment-port", type=int, help=f"default: {ENROLMENT_PORT}")
    parser.add_argument(
        "--metrics-port", type=int, metavar="PORT", help="serve Prometheus metrics on loopback"
    )
    parser.add_argument("--enrolment-bind", help=f"default: {ENROLMENT_BIND}")


def serve(asked: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    if asked.authority is None:
        refuse_options(
            asked,
            *("ca-socket", "enrolment-identity", "enrolment-port", "enrolment-bind"),
            because="they belong to the enrolment service, which needs --authority",
        )
    chosen = settings.read(asked)
    client = _client(chosen.broker_url, asked)
    engine = connect(chosen.database_url)
    create(engine)
    listed = SitesSync(engine, SitesFile(chosen.sites or SAMPLE))
    listed.register(datetime.now(UTC))
    service = FleetService(
        engine, lambda topic, payload: client.publish(topic, payload, 1), utc_now
    )
    connect_service(client, service)
    received = _stop_signals()
    try:
        with (
            serving_metrics(asked.metrics_port or None),
            _enrolment_server(asked, engine) as server,
        ):
            client.loop_start()
            while not received:
                service.step()
                listed.register_again(datetime.now(UTC))
                if server is not None:
                    server.check()
    except EnrolmentServerError as error:
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
        return create_client(where)
    except (OSError, ValueError, SourceError) as error:
        raise SettingsError(
            f"the certificates for the broker cannot be used: {error}; make them again with "
            "`python -m provisioning ca issue --dir CA --service fleet --out DIR`"
        ) from error


def _broker(url: str, asked: argparse.Namespace) -> FleetConnection:
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
        return FleetConnection(address.host, address.port)
    return FleetConnection(address.host, address.port, *_certificates(asked))


def _certificates(asked: argparse.Namespace) -> tuple[str, str, str]:
    """Authority, certificate and key: those of the options, else those of the identity."""
    folder: Path | None = asked.identity
    given = dict(zip(IDENTITY_FILES, (asked.ca, asked.cert, asked.key), strict=True))
    files = [one or (folder / name if folder else None) for name, one in given.items()]
    found = [file for file in files if file is not None]
    if len(found) < len(IDENTITY_FILES):
        raise SettingsError(
            "an mqtts:// broker needs certificates: give --ca, --cert and --key, or --identity DIR "
            f"with {', '.join(IDENTITY_FILES)}"
        )
    if missing := [str(file) for file in found if not file.exists()]:
        raise SettingsError(
            f"no file {', '.join(missing)}: correct the path, or make certificates with "
            "`python -m provisioning ca issue --dir CA --service fleet --out DIR`"
        )
    ca, cert, key = map(str, found)
    return ca, cert, key


@contextmanager
def _enrolment_server(asked: argparse.Namespace, engine: Engine) -> Iterator[ServerThread | None]:
    """Run the enrolment service in the block, if --authority is given."""
    if asked.authority is None:
        yield None
        return
    server = ServerThread(lambda ready: _serve_enrolment(asked, engine, ready))
    port = server.start()
    log.info("enrolment.started", extra={"port": port})
    try:
        yield server
    finally:
        server.stop()


async def _serve_enrolment(
    asked: argparse.Namespace, engine: Engine, ready: Callable[[int], None]
) -> None:
    authority, own = asked.authority, asked.enrolment_identity or asked.authority
    files = ServerFiles(
        trust=authority / "trust.pem",
        claims=authority / "claims.crt",
        revoked=authority / "revoked.pem",
        certificate=own / "server.crt",
        key=own / "server.key",
    )
    signer = CaClient(asked.ca_socket or authority / "ca.socket")
    server = EnrolmentServer(Enrolment(engine, signer, read_common_name), files, utc_now)
    port = ENROLMENT_PORT if asked.enrolment_port is None else asked.enrolment_port
    await server.serve(asked.enrolment_bind or ENROLMENT_BIND, port, ready)


def _stop_signals() -> list[int]:
    received: list[int] = []

    def receive(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, receive)
    return received
