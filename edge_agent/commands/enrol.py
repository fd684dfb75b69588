"""`python -m edge_agent enrol ...`: obtains a certificate with a claim certificate."""

import argparse
import sys
from pathlib import Path
from typing import Final

from edge_agent.enrolment.claim import SERIAL_FILE, EnrolError, load_claim, read_serial_number
from edge_agent.enrolment.procedure import EnrolmentRequest, enrol, load_broker
from edge_agent.identity.folder import IdentityFolder
from wire.addresses import AddressError, NetworkAddress, parse_broker
from wire.clock import utc_now
from wire.scalars import DeviceId, LocationId

FOLDER: Final = Path("identity")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `enrol`."""
    add = parser.add_argument
    add("--cert", type=Path, required=True, metavar="FILE", help="claim certificate (PEM)")
    add("--key", type=Path, metavar="FILE", help="its key; default: in the same file or beside it")
    add("--broker", required=True, metavar="HOST[:PORT]", help="for reports; default port 8883")
    add("--enrolment", metavar="HOST[:PORT]",
        help="enrolment service; default: host of the broker, port 8884")  # fmt: skip
    add("--device", required=True, metavar="ID", help="of this camera, such as kx-01-cam-1")
    add("--serial", metavar="NUMBER", help=f"as on the allow-list; default: {SERIAL_FILE}")
    add("--location", metavar="ID", help="location, if the enrolment service has none")
    add("--ca", type=Path, metavar="FILE", help="default: trust.pem beside --cert")
    add("--identity", type=Path, default=FOLDER, metavar="DIR", help=f"default: {FOLDER}/")
    add(
        "--log-level",
        default="warning",
        choices=("debug", "info", "warning", "error"),
        help="least severity of a log line (default: %(default)s)",
    )
    parser.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> int:
    """Enrol; an interrupted enrolment continues where it stopped."""
    serial = arguments.serial or read_serial_number()
    if not serial:
        raise EnrolError(f"this board has no {SERIAL_FILE}: give --serial as on the allow-list")
    broker = _broker(arguments.broker)
    folder = IdentityFolder(arguments.identity)
    identity = enrol(
        folder,
        load_claim(arguments.cert, key=arguments.key, trust=arguments.ca),
        EnrolmentRequest(
            device=DeviceId(arguments.device),
            serial=serial,
            broker=str(broker),
            enrolment_server=arguments.enrolment or broker.bracketed_host,
            location=LocationId(arguments.location) if arguments.location else None,
        ),
        utc_now,
    )
    sys.stdout.write(
        f"{identity.device} at {identity.location}: certified until "
        f"{folder.expires_at():%Y-%m-%d}, accepted by {load_broker(folder)!r}\n"
        f"now run: python -m edge_agent run --identity {folder.path} --source URI\n"
    )
    return 0


def _broker(text: str) -> NetworkAddress:
    try:
        address = parse_broker(text if "://" in text else f"mqtts://{text}")
    except AddressError as error:
        raise EnrolError(f"--broker: {error}") from None
    if not address.is_secure or address.username is not None:
        raise EnrolError("--broker: a camera authenticates by certificate: give HOST[:PORT]")
    return address
