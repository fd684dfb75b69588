"""The desired config of devices: preview a change, apply it, list devices that differ.

Settings are validated against `wire.fleet.device_config` before anything is written. One
transaction contains the shadows, the messages and the audit entries.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from cloud.fleet.history import Author, FleetEvent, record_events
from cloud.fleet.outbox import enqueue
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import DeviceSelector
from cloud.fleet.shadows import shadow_store
from cloud.fleet.shadows.known_models import known_models
from cloud.fleet.shadows.shadow import Shadow, ShadowUpdate, merge
from cloud.fleet.shadows.shadow_store import ShadowName
from cloud.fleet.tables import device_table
from cloud.fleet.tables import shadows as shadow_table
from wire.fleet.device_config import CONFIG_SHADOW, DeviceConfig, shadow_topic
from wire.scalars import DeviceId

ABSENT: Final = "-"


class DesiredConfigError(ValueError):
    """Settings that no camera can apply, or a selector that matches no device."""


@dataclass(frozen=True, slots=True)
class ConfigPreview:
    """What would change for one device: setting → (now, then)."""

    device: str
    changes: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class ConfigDrift:
    """A device whose reported config differs from the desired one, and since when."""

    device: str
    location: str
    delta: Mapping[str, Any]
    since: datetime


def validate_settings(wanted: Mapping[str, Any]) -> None:
    """Refuse settings that the device config does not allow; `null` removes a setting."""
    if not wanted:
        raise DesiredConfigError("no setting was given: give at least one SETTING=VALUE")
    known = {field.name for field in msgspec.structs.fields(DeviceConfig)}
    if unknown := sorted(set(wanted) - known):
        raise DesiredConfigError(f"{', '.join(unknown)}: wanted one of {', '.join(sorted(known))}")
    given = {name: value for name, value in wanted.items() if value is not None}
    try:
        msgspec.convert(given, DeviceConfig)
    except (msgspec.ValidationError, ValueError) as error:
        raise DesiredConfigError(str(error)) from error


def validate_models(wanted: Mapping[str, Any], known: Mapping[str, Iterable[str]]) -> None:
    """Refuse a model that no camera has; `known` are names by setting."""
    for setting, names in known.items():
        name = wanted.get(setting)
        if name is not None and name not in names:
            raise DesiredConfigError(
                f"{setting}: no camera has a model of that name: wanted one of "
                f"{', '.join(sorted(names))}; send a new one by a job first (`fleet roll-out`)"
            )


def preview_changes(
    connection: Connection, target: DeviceSelector, wanted: Mapping[str, Any], _author: Author
) -> list[ConfigPreview]:
    """What the settings would change, by device; devices without a change are left out."""
    validate_settings(wanted)
    validate_models(wanted, known_models(connection))
    names = devices.find_names(connection, target)
    if not names:
        raise DesiredConfigError("no device matches the selector: see `fleet list`")
    desired = _read_desired(connection, names)
    found = [ConfigPreview(name, diff_settings(desired.get(name, {}), wanted)) for name in names]
    return [one for one in found if one.changes]


def set_desired(
    connection: Connection, target: DeviceSelector, wanted: Mapping[str, Any], author: Author
) -> list[ConfigPreview]:
    """Write the settings into the shadows of all devices that they change, and notify them."""
    changes = preview_changes(connection, target, wanted, author)
    for one in changes:
        name = ShadowName(one.device, CONFIG_SHADOW)
        change = shadow_store.update_shadow(
            connection, name, ShadowUpdate({"desired": dict(wanted)}), at=author.at
        )
        topic = shadow_topic(DeviceId(one.device), "update", shadow=CONFIG_SHADOW)
        enqueue(connection, shadow_store.change_messages(topic, change))
    record_events(connection, author, (_event(one) for one in changes))
    return changes


def _event(one: ConfigPreview) -> FleetEvent:
    detail = ", ".join(f"{key}: {old} → {new}" for key, (old, new) in one.changes.items())
    return FleetEvent("config.desired", one.device, detail)


def find_drift(connection: Connection, target: DeviceSelector) -> list[ConfigDrift]:
    """Devices whose reported config differs from the desired one, the longest first."""
    selected = set(devices.find_names(connection, target))
    statement = (
        select(shadow_table, device_table.c.location)
        .join(device_table, device_table.c.name == shadow_table.c.device)
        .where(shadow_table.c.name == CONFIG_SHADOW, shadow_table.c.differs.is_(True))
        .where(shadow_table.c.deleted_at.is_(None))
        .order_by(shadow_table.c.updated_at, shadow_table.c.device)
    )
    return [
        ConfigDrift(
            row.device,
            row.location,
            Shadow(msgspec.json.decode(row.state)).delta,
            row.updated_at,
        )
        for row in connection.execute(statement)
        if row.device in selected
    ]


def read_config(connection: Connection, device: str) -> dict[str, Any]:
    """A device's configuration: desired, reported and the version of both."""
    wanted = (shadow_table.c.device == device) & (shadow_table.c.name == CONFIG_SHADOW)
    row = connection.execute(select(shadow_table).where(wanted)).one_or_none()
    if row is None or row.deleted_at is not None:
        return {}
    return {"version": row.version, **msgspec.json.decode(row.state)}


def _read_desired(connection: Connection, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    statement = select(shadow_table.c.device, shadow_table.c.state).where(
        shadow_table.c.name == CONFIG_SHADOW, shadow_table.c.deleted_at.is_(None)
    )
    selected = set(names)
    return {
        row.device: msgspec.json.decode(row.state).get("desired", {})
        for row in connection.execute(statement)
        if row.device in selected
    }


def diff_settings(
    before: Mapping[str, Any], wanted: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Setting → (now, after), for what the settings would change."""
    after = merge(before, wanted)
    both = {name: (before.get(name, ABSENT), after.get(name, ABSENT)) for name in wanted}
    return {name: (old, new) for name, (old, new) in both.items() if old != new}
