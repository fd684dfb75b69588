"""Which cameras a command means, and how each reaches its source and its broker.

An address with credentials on the command line can be read by every user of the machine, so
source and broker may come from a file (`@FILE`), from the environment, or from the settings file.
"""

import argparse
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from edge_agent import cameras_config
from edge_agent.cameras_config import CameraConfig
from edge_agent.capture.camera import Camera
from edge_agent.capture.factory import open_camera
from edge_agent.enrolment.procedure import load_broker
from edge_agent.identity.folder import IdentityFolder
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.capture import CaptureSettings
from edge_agent.settings.loading import SettingsError
from edge_agent.transport.broker import BrokerEndpoint, LinkError, parse_broker_url
from wire.addresses import AddressError, parse_address
from wire.command_line import FROM_FILE, add_certificates, address_argument, address_in
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

log = logging.getLogger(__name__)

SOURCE_VARIABLE: Final = "ONLOOKER_SOURCE"
BROKER_VARIABLE: Final = "ONLOOKER_BROKER_URL"
UNNAMED_CAMERA: Final = "check"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `run` and `check` have in common."""
    add = parser.add_argument
    add("--source", type=address_argument, metavar="URI",
        help="rtsp[s]://, http[s]://, /dev/videoN, or the path of a video file "
             f"({SOURCE_VARIABLE}); {FROM_FILE}")  # fmt: skip
    add("--identity", type=Path, metavar="DIR", help="of an enrolled camera: who it is, and where")
    add("--broker", type=address_argument, metavar="URL",
        help=f"mqtt[s]://[user:password@]host[:port] ({BROKER_VARIABLE}); {FROM_FILE}")  # fmt: skip
    add("--location", metavar="ID", help="the place, such as KX-01")
    add("--device", metavar="ID", help="this camera, such as kx-01-cam-1")
    add("--config", type=Path, metavar="FILE", help="settings in TOML; may name several cameras")
    add_certificates(parser)
    add("--outbox", type=Path, metavar="PATH", help="default: var/DEVICE.outbox.sqlite3")


def read_cameras(
    asked: argparse.Namespace,
    *,
    may_be_unnamed: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> tuple[CameraConfig, ...]:
    """The cameras of the settings file, or the one of the command line."""
    settings, mounts = cameras_config.load(asked.config) if asked.config else (Settings(), ())
    one = {name: getattr(asked, name) for name in ("source", "location", "device")}
    if asked.identity:
        mine = IdentityFolder(asked.identity).read_identity()
        one |= {"location": mine.location, "device": mine.device}
    given = [f"--{name}" for name, value in one.items() if value is not None]
    if mounts and given:
        raise SettingsError(f"{asked.config} names its cameras: leave {' and '.join(given)} out")
    if mounts:
        return mounts
    one["source"] = one["source"] or _from_environment(SOURCE_VARIABLE, environment)
    if may_be_unnamed and one["source"]:
        one = {name: value or UNNAMED_CAMERA for name, value in one.items()}
    missing = [f"--{name}" for name, value in one.items() if value is None]
    if missing:
        raise SettingsError(
            f"no camera: give {' and '.join(missing)}, or --config a file with [[camera]] tables"
        )
    address = DeviceAddress(LocationId(one["location"]), DeviceId(one["device"]))
    return (
        CameraConfig(
            one["source"], address, settings, outbox=asked.outbox, identity=asked.identity
        ),
    )


def read_broker(
    asked: argparse.Namespace, mount: CameraConfig, environment: Mapping[str, str] = os.environ
) -> BrokerEndpoint:
    """Where this camera's reports go; LinkError when nothing says so."""
    if mount.identity:
        return load_broker(IdentityFolder(mount.identity))
    url = asked.broker or _from_environment(BROKER_VARIABLE, environment)
    if not url:
        raise LinkError("no broker: give --identity, or --broker with its certificates")
    return parse_broker_url(
        url,
        ca=asked.ca,
        certificate=mount.certificate or asked.cert,
        key=mount.key or asked.key,
    )


def create_camera(
    asked: argparse.Namespace, mount: CameraConfig, capture: CaptureSettings | None = None
) -> Camera:
    """The camera of a mount, not opened yet."""
    return open_camera(
        mount.source,
        capture or mount.settings.capture,
        substream=mount.substream,
        speed=asked.speed,
        loop=asked.loop,
        changeable=mount.identity is not None,
    )


def warn_about_visible_credentials(typed: list[str]) -> None:
    """Say that a password on the command line can be read by every user of this machine."""
    for word in typed:
        text = word.partition("=")[2] if word.startswith("--") else word
        try:
            address = parse_address(text)
        except AddressError:
            continue
        if address.password is not None or address.query:
            log.warning(
                "credentials.visible",
                extra={
                    "address": str(address),
                    "remedy": "the process list shows the command line: give the address as @FILE",
                },
            )


def _from_environment(name: str, environment: Mapping[str, str]) -> str | None:
    text = environment.get(name)
    try:
        return address_in(text) if text else None
    except AddressError as error:
        raise SettingsError(f"{name}: {error}") from None
