"""`python -m edge_agent enrol ...`: from a factory claim to a camera that can run."""

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
    """Declare what enrolment needs."""
    add = parser.add_argument
    add("--cert", type=Path, required=True, metavar="FILE", help="the claim certificate (PEM)")
    add("--key", type=Path, metavar="FILE", help="its key; default: in the same file or beside it")
    add("--broker", required=True, metavar="HOST[:PORT]", help="where reports go; port 8883")
    add("--desk", metavar="HOST[:PORT]", help="where to enrol; default: the broker's, port 8884")
    add("--device", required=True, metavar="ID", help="this camera, such as kx-01-cam-1")
    add("--serial", metavar="NUMBER", help=f"as on the roster; default: {SERIAL_FILE}")
    add("--location", metavar="ID", help="the place, where the desk knows none")
    add("--ca", type=Path, metavar="FILE", help="default: trust.pem beside --cert")
    add("--identity", type=Path, default=FOLDER, metavar="DIR", help=f"default: {FOLDER}/")
    add("--log-level", default="warning", choices=("debug", "info", "warning", "error"))
    parser.set_defaults(action=run)


def run(asked: argparse.Namespace) -> int:
    """Enrol; a run that was broken off goes on where it stopped."""
    serial = asked.serial or read_serial_number()
    if not serial:
        raise EnrolError(f"this board has no {SERIAL_FILE}: give --serial as on the roster")
    broker = _broker(asked.broker)
    folder = IdentityFolder(asked.identity)
    mine = enrol(
        folder,
        load_claim(asked.cert, key=asked.key, trust=asked.ca),
        EnrolmentRequest(
            device=DeviceId(asked.device),
            serial=serial,
            broker=str(broker),
            desk=asked.desk or broker.bracketed_host,
            location=LocationId(asked.location) if asked.location else None,
        ),
        utc_now,
    )
    sys.stdout.write(
        f"{mine.device} at {mine.location}: certified until {folder.ends_at():%Y-%m-%d}, let in by "
        f"{load_broker(folder)!r}\nnow run: python -m edge_agent run --identity {folder.path} "
        "--source URI\n"
    )
    return 0


def _broker(text: str) -> NetworkAddress:
    try:
        address = parse_broker(text if "://" in text else f"mqtts://{text}")
    except AddressError as error:
        raise EnrolError(f"--broker: {error}") from None
    if not address.is_secure or address.username is not None:
        raise EnrolError("--broker: a camera proves itself by certificate: give HOST[:PORT]")
    return address
