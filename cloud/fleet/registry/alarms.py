"""Alarms that a device has sent: lasting conditions, each raised once and cleared once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from cloud.database import device_alarms
from cloud.fleet.registry.devices import Device
from wire.health import AlarmState


@dataclass(frozen=True, slots=True)
class DeviceAlarm:
    """One message about one alarm; `at` is by the device's clock."""

    id: int
    kind: str
    state: AlarmState
    at: datetime
    message: str
    received_at: datetime


def list_alarms(
    connection: Connection, device: Device, *, before: int | None = None, most: int
) -> list[DeviceAlarm]:
    """The alarms of a device at its present location, the latest received first."""
    columns = device_alarms.c
    query = select(
        columns.id, columns.kind, columns.state, columns.at, columns.message, columns.received_at
    ).where(columns.location == device.location, columns.device == device.name)
    if before is not None:
        query = query.where(columns.id < before)
    rows = connection.execute(query.order_by(columns.id.desc()).limit(most))
    return [
        DeviceAlarm(row.id, row.kind, AlarmState(row.state), row.at, row.message, row.received_at)
        for row in rows
    ]
