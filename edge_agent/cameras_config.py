"""Reads the cameras of one device; each has its own device name and settings.

A settings file may hold `[[camera]]` tables. Settings outside of them apply to every camera; the
sections of a camera (`[camera.capture]`, `[camera.motion]`, ...) override them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import SettingsError, convert_settings, parse_tables, read_file
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress, TopicError

NEEDED: Final = frozenset({"source", "location", "device"})
PATHS: Final = ("outbox", "certificate", "key", "identity")
ALLOWED: Final = NEEDED | {"substream", *PATHS}
MOST_CAMERAS: Final = 32


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """One camera: its source, its identity for the cloud, its settings.

    Sources may hold passwords; they are left out of the representation.
    """

    source: str = field(repr=False)
    address: DeviceAddress
    settings: Settings
    substream: str | None = field(default=None, repr=False)
    outbox: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    identity: Path | None = None

    @property
    def outbox_path(self) -> Path:
        """The outbox file of this camera."""
        return self.outbox or Path("var", f"{self.address.device}.outbox.sqlite3")


def load(path: Path) -> tuple[Settings, tuple[CameraConfig, ...]]:
    """The settings of a file, and its cameras if it names any; raises SettingsError."""
    return read_file(path, parse)


def parse(text: str) -> tuple[Settings, tuple[CameraConfig, ...]]:
    """The settings and cameras of TOML text; raises SettingsError."""
    shared = parse_tables(text)
    tables = shared.pop("camera", [])
    settings = convert_settings(shared)
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SettingsError(
            "camera is not a table: write [[camera]] above the lines of each camera"
        )
    if len(tables) > MOST_CAMERAS:
        raise SettingsError(f"{len(tables)} cameras: one device has {MOST_CAMERAS} at most")
    cameras = tuple(_camera_configs(shared, tables))
    devices = [camera.address.device for camera in cameras]
    for device in devices:
        if devices.count(device) > 1:
            raise SettingsError(
                f"two cameras have the name {device}: give each its own device name"
            )
    return settings, cameras


def _camera_configs(shared: dict[str, Any], tables: list[dict[str, Any]]) -> Iterator[CameraConfig]:
    for number, table in enumerate(tables, 1):
        try:
            yield _camera_config(shared, table)
        except (SettingsError, TopicError) as error:
            raise SettingsError(f"camera {number}: {error}") from error


def _camera_config(shared: Mapping[str, Any], table: Mapping[str, Any]) -> CameraConfig:
    texts = {name: value for name, value in table.items() if name in ALLOWED}
    for name in sorted(NEEDED - texts.keys()):
        raise SettingsError(f"{name} is missing: every [[camera]] has {', '.join(sorted(NEEDED))}")
    for name, value in texts.items():
        if not isinstance(value, str) or not value:
            raise SettingsError(
                f"{name} is {type(value).__name__}, expected text that is not empty"
            )
    if ("certificate" in texts) != ("key" in texts):
        raise SettingsError("a certificate needs its key and a key its certificate: give both")
    own = {name: value for name, value in table.items() if name not in ALLOWED}
    return CameraConfig(
        texts["source"],
        DeviceAddress(LocationId(texts["location"]), DeviceId(texts["device"])),
        convert_settings(_merge_sections(shared, own)),
        texts.get("substream"),
        **{name: Path(texts[name]) for name in PATHS if name in texts},
    )


def _merge_sections(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Merge sections key by key; replace everything else."""
    joined = dict(shared)
    for name, value in own.items():
        under = joined.get(name)
        are_sections = isinstance(under, dict) and isinstance(value, dict)
        joined[name] = {**(under or {}), **value} if are_sections else value
    return joined
