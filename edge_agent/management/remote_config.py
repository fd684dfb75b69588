"""From the fleet's words to this camera's settings and back: `wire.device_config` ↔ `settings`.

A wish is laid over the camera's own settings and the whole is checked; whatever is wrong with it
is said in one sentence and nothing of it is used. A wish that would loosen the camera's own privacy
is wrong (`tightening.py`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from edge_agent.management.privacy_limits import limit_config
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import SettingsError, convert_settings
from wire.device_config import LARGEST_CONFIG_BYTES, DeviceConfig

Path = tuple[str, ...]


class ConfigError(ValueError):
    """A wish that this camera cannot fulfil: what was found, what was wanted."""


class FieldMapping(NamedTuple):
    """One thing under its two names, and its two units."""

    config: Path
    setting: Path
    inward: Callable[[Any], Any] = lambda value: value
    outward: Callable[[Any], Any] = lambda value: value


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


def apply_desired_config(own: Settings, desired: Mapping[str, Any]) -> Settings:
    """The camera's own settings with the wish laid over them, or ConfigError."""
    size = len(msgspec.json.encode(desired))
    if size > LARGEST_CONFIG_BYTES:
        raise ConfigError(f"a wish of {size} bytes: at most {LARGEST_CONFIG_BYTES} are read")
    try:
        given = limit_config(own, msgspec.to_builtins(msgspec.convert(desired, DeviceConfig)))
        tables = msgspec.to_builtins(own)
        for row in FIELD_MAPPINGS:
            value = _at(given, row.config)
            if value is not None:
                _put(tables, row.setting, row.inward(value))
        return convert_settings(tables)
    except (msgspec.ValidationError, SettingsError, ValueError) as error:
        raise ConfigError(str(error)) from error


def describe_config(settings: Settings) -> dict[str, Any]:
    """What is in force, in the fleet's words."""
    tables = msgspec.json.decode(msgspec.json.encode(settings))
    found: dict[str, Any] = {}
    for row in FIELD_MAPPINGS:
        value = _at(tables, row.setting)
        if value is not None:
            _put(found, row.config, row.outward(value))
    return found


def merge_objects(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`under` with the keys of `over`, objects key by key."""
    result = dict(under)
    for key, value in over.items():
        held = result.get(key)
        if isinstance(value, Mapping) and isinstance(held, Mapping):
            result[key] = merge_objects(held, value)
        else:
            result[key] = value
    return result


def diff_objects(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What turns one reported state into another, `null` where something must go."""
    changes: dict[str, Any] = {key: None for key in before if key not in wanted}
    for key, value in wanted.items():
        held = before.get(key)
        if isinstance(value, Mapping) and isinstance(held, Mapping):
            if inner := diff_objects(held, value):
                changes[key] = inner
        elif (
            key not in before or held != value or isinstance(held, bool) != isinstance(value, bool)
        ):
            changes[key] = value
    return changes


def _at(tables: Mapping[str, Any], path: Path) -> Any:
    value: Any = tables
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _put(tables: dict[str, Any], path: Path, value: Any) -> None:
    for name in path[:-1]:
        tables = tables.setdefault(name, {})
    tables[path[-1]] = value
