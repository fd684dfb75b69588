"""Converts between the remote config and local settings: `wire.fleet.device_config` ↔ `settings`.

A desired config is applied to the local settings, and the result is validated. If any part is
invalid, none of it is used, and the error says why. A desired config that would loosen the local
privacy settings is invalid (`privacy_limits.py`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from edge_agent.management.privacy_limits import limit_config
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import SettingsError, convert_settings
from wire.fleet.device_config import LARGEST_CONFIG_BYTES, DeviceConfig

Path = tuple[str, ...]


class ConfigError(ValueError):
    """A desired config that this camera cannot apply: what was found, what was expected."""


class FieldMapping(NamedTuple):
    """A field of the remote config, its local setting, and the conversion of units."""

    config: Path
    setting: Path
    to_setting: Callable[[Any], Any] = lambda value: value
    to_config: Callable[[Any], Any] = lambda value: value


def _seconds(milliseconds: int) -> int:
    return milliseconds // 1000


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _threshold(section: str, name: str, setting: str | None = None) -> FieldMapping:
    return FieldMapping(("thresholds", name), (section, setting or name))


FIELD_MAPPINGS: Final = (
    FieldMapping(("report_interval_ms",), ("interval_s",), _seconds, _milliseconds),
    FieldMapping(("heartbeat_interval_ms",), ("link", "heartbeat_s"), _seconds, _milliseconds),
    FieldMapping(("analysed_fps",), ("capture", "analysed_fps")),
    FieldMapping(("analysed_px",), ("models", "input_px")),
    FieldMapping(("masks",), ("capture", "masks")),
    FieldMapping(("zones",), ("zones",)),
    FieldMapping(("view",), ("view",)),
    FieldMapping(("paused",), ("schedule", "paused")),
    FieldMapping(("schedule", "time_zone"), ("schedule", "time_zone")),
    FieldMapping(("schedule", "hours"), ("schedule", "hours")),
    FieldMapping(("demographics",), ("privacy", "demographics")),
    FieldMapping(("detector",), ("models", "detector")),
    FieldMapping(("attention",), ("models", "attention")),
    _threshold("models", "face", "threshold"),
    *(_threshold("quality", name) for name in ("dark_below", "bright_above", "flat_below")),
    _threshold("quality", "sharp_ratio"),
    _threshold("motion", "smallest_change"),
    *(_threshold("attention", name) for name in ("looking_yaw_deg", "looking_pitch_deg")),
    _threshold("attention", "facing_deg"),
    *(_threshold("tracking", name) for name in ("confirm_s", "lost_after_s")),
)


def apply_desired_config(local: Settings, desired: Mapping[str, Any]) -> Settings:
    """The local settings with the desired config applied, or ConfigError."""
    size = len(msgspec.json.encode(desired))
    if size > LARGEST_CONFIG_BYTES:
        raise ConfigError(f"a desired config of {size} bytes: the limit is {LARGEST_CONFIG_BYTES}")
    try:
        limited = limit_config(local, msgspec.to_builtins(msgspec.convert(desired, DeviceConfig)))
        tables = msgspec.to_builtins(local)
        for row in FIELD_MAPPINGS:
            value = _get(limited, row.config)
            if value is not None:
                _put(tables, row.setting, row.to_setting(value))
        return convert_settings(tables)
    except (msgspec.ValidationError, SettingsError, ValueError) as error:
        raise ConfigError(str(error)) from error


def describe_config(settings: Settings) -> dict[str, Any]:
    """Settings as a remote config."""
    tables = msgspec.json.decode(msgspec.json.encode(settings))
    found: dict[str, Any] = {}
    for row in FIELD_MAPPINGS:
        value = _get(tables, row.setting)
        if value is not None:
            _put(found, row.config, row.to_config(value))
    return found


def merge_objects(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`under` with the keys of `over`, objects key by key."""
    result = dict(under)
    for key, value in over.items():
        existing = result.get(key)
        if isinstance(value, Mapping) and isinstance(existing, Mapping):
            result[key] = merge_objects(existing, value)
        else:
            result[key] = value
    return result


def diff_objects(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The update that turns one reported state into another; `null` removes a key."""
    changes: dict[str, Any] = {key: None for key in before if key not in wanted}
    for key, value in wanted.items():
        existing = before.get(key)
        if isinstance(value, Mapping) and isinstance(existing, Mapping):
            if inner := diff_objects(existing, value):
                changes[key] = inner
        elif (
            key not in before
            or existing != value
            or isinstance(existing, bool) != isinstance(value, bool)
        ):
            changes[key] = value
    return changes


def _get(tables: Mapping[str, Any], path: Path) -> Any:
    value: Any = tables
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _put(tables: dict[str, Any], path: Path, value: Any) -> None:
    for name in path[:-1]:
        tables = tables.setdefault(name, {})
    tables[path[-1]] = value
