"""Options that select cameras, their sources and their brokers.

Every user of the machine can read credentials on a command line. Source and broker may therefore
come from a file (`@FILE`), an environment variable, or the settings file.
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
    """Add the options that `run` and `check` share."""
    add = parser.add_argument
    add("--source", type=address_argument, metavar="URI",
        help="rtsp[s]://, http[s]://, /dev/videoN, or the path of a video file "
             f"({SOURCE_VARIABLE}); {FROM_FILE}")  # fmt: skip
    add("--identity", type=Path, metavar="DIR", help="identity folder of an enrolled camera")
    add("--broker", type=address_argument, metavar="URL",
        help=f"mqtt[s]://[user:password@]host[:port] ({BROKER_VARIABLE}); {FROM_FILE}")  # fmt: skip
    add("--location", metavar="ID", help="location, such as KX-01")
    add("--device", metavar="ID", help="device id of this camera, such as kx-01-cam-1")
    add("--config", type=Path, metavar="FILE", help="settings in TOML; may list several cameras")
    add_certificates(parser)
    add("--outbox", type=Path, metavar="PATH", help="default: var/DEVICE.outbox.sqlite3")


def read_cameras(
    arguments: argparse.Namespace,
    *,
    may_be_unnamed: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> tuple[CameraConfig, ...]:
    """The cameras of the settings file, or the one on the command line."""
    settings, cameras = (
        cameras_config.load(arguments.config) if arguments.config else (Settings(), ())
    )
    camera = {name: getattr(arguments, name) for name in ("source", "location", "device")}
    if arguments.identity:
        identity = IdentityFolder(arguments.identity).read_identity()
        camera |= {"location": identity.location, "device": identity.device}
    given = [f"--{name}" for name, value in camera.items() if value is not None]
    if cameras and given:
        raise SettingsError(f"{arguments.config} lists its cameras: omit {' and '.join(given)}")
    if cameras:
        return cameras
    camera["source"] = camera["source"] or _from_environment(SOURCE_VARIABLE, environment)
    if may_be_unnamed and camera["source"]:
        camera = {name: value or UNNAMED_CAMERA for name, value in camera.items()}
    missing = [f"--{name}" for name, value in camera.items() if value is None]
    if missing:
        raise SettingsError(
            f"no camera: give {' and '.join(missing)}, or --config a file with [[camera]] tables"
        )
    address = DeviceAddress(LocationId(camera["location"]), DeviceId(camera["device"]))
    return (
        CameraConfig(
            camera["source"],
            address,
            settings,
            outbox=arguments.outbox,
            identity=arguments.identity,
        ),
    )


def read_broker(
    arguments: argparse.Namespace, camera: CameraConfig, environment: Mapping[str, str] = os.environ
) -> BrokerEndpoint:
    """The broker of a camera; LinkError when none is given."""
    if camera.identity:
        return load_broker(IdentityFolder(camera.identity))
    url = arguments.broker or _from_environment(BROKER_VARIABLE, environment)
    if not url:
        raise LinkError("no broker: give --identity, or --broker with its certificates")
    return parse_broker_url(
        url,
        ca=arguments.ca,
        certificate=camera.certificate or arguments.cert,
        key=camera.key or arguments.key,
    )


def create_camera(
    arguments: argparse.Namespace, camera: CameraConfig, capture: CaptureSettings | None = None
) -> Camera:
    """The camera, not opened yet."""
    return open_camera(
        camera.source,
        capture or camera.settings.capture,
        substream=camera.substream,
        speed=arguments.speed,
        loop=arguments.loop,
        changeable=camera.identity is not None,
    )


def warn_about_visible_credentials(words: list[str]) -> None:
    """Warn that every user of this machine can read a password on the command line."""
    for word in words:
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
