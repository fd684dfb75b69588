"""The devices of the fleet: their names, locations and groups.

A device's name is its device id. The stream stores what a camera reports (presence, heartbeat) in
`device_status`; here both are read together. Every change is written into the audit log in the same
transaction.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, select, update

from cloud.database import device_status, insert
from cloud.fleet import audit_states
from cloud.fleet.history import Author, FleetEvent, record_events
from cloud.fleet.tables import device_groups, device_table, shadows
from cloud.sites.sites import Sites
from wire.scalars import NAME, DeviceId, LocationId
from wire.topics import DeviceAddress

MAX_ATTRIBUTES: Final = 50
ROWS_AT_A_TIME: Final = 1_000
MAX_VALUE_CHARACTERS: Final = 800
ATTRIBUTE: Final = re.compile(r"[A-Za-z0-9_.,@/:#-]{1,128}")


class RegistryError(ValueError):
    """Something that the registry cannot hold."""


class UnknownDevice(RegistryError):  # noqa: N818 - reads as what happened
    """A device that the fleet does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no device {name[:63]!r} in the fleet: see `fleet list`")


@dataclass(frozen=True, slots=True)
class Device:
    """One camera's agent, as it is registered."""

    name: str
    location: str
    kind: str = "camera"
    serial: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """A device with its last reported status."""

    device: Device
    groups: tuple[str, ...]
    presence: str | None
    seen_at: datetime | None
    certificate_ends_at: datetime | None
    heartbeat: Mapping[str, Any] | None
    drifts: bool

    @property
    def alarms(self) -> tuple[str, ...]:
        """The alarms that its last heartbeat names."""
        figures = {} if self.heartbeat is None else self.heartbeat.get("figures") or {}
        return tuple(map(str, figures.get("alarms", ())))


@dataclass(frozen=True, slots=True)
class DeviceSelector:
    """Selects devices that match everything that is given."""

    name: str | None = None
    location: str | None = None
    group: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    presence: str | None = None
    drifting: bool = False
    name_contains: str | None = None
    alarming: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether nothing is given, which selects the whole fleet."""
        return self == DeviceSelector()


def register_device(connection: Connection, device: Device, author: Author) -> None:
    """Register a device, or correct its entry; a serial number moves to the newest device."""
    _release_serial(connection, device, author)
    _upsert(connection, device, author)
    _record_device_event(
        connection, author, "device.registered", device.name, f"at {device.location}"
    )


def _release_serial(connection: Connection, device: Device, author: Author) -> None:
    """Take the serial number from a device that had it: the same camera under another name."""
    if not device.serial:
        return
    other = (device_table.c.serial == device.serial) & (device_table.c.name != device.name)
    for name in connection.execute(select(device_table.c.name).where(other)).scalars().all():
        mine = device_table.c.name == name
        connection.execute(update(device_table).where(mine).values(serial=None))
        detail = f"serial {device.serial} is that of {device.name}"
        _record_device_event(connection, author, "device.serial_moved", name, detail)


def _upsert(connection: Connection, device: Device, author: Author) -> None:
    DeviceAddress(LocationId(device.location), DeviceId(device.name))
    _check_attributes(device.attributes)
    values = {
        "location": device.location,
        "kind": device.kind,
        "attributes": msgspec.json.encode(device.attributes).decode(),
        "retired_at": None,
        **({"serial": device.serial} if device.serial else {}),
    }
    statement = insert(connection.dialect.name, device_table).values(
        name=device.name, created_at=author.at, **values
    )
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def register_sites(connection: Connection, sites: Sites, author: Author) -> int:
    """Register every camera of the sites file that is not registered yet; returns how many."""
    known = set(connection.execute(select(device_table.c.name)).scalars())
    new = [
        Device(camera, site.id)
        for site in sites
        for camera in site.device_ids
        if camera not in known and sites.listings(camera)[-1].location == site.id
    ]
    for device in new:
        _upsert(connection, device, author)
    noted = [
        FleetEvent("device.registered", device.name, f"at {device.location}") for device in new
    ]
    record_events(connection, author, audit_states.with_device_states(connection, noted))
    return len(new)


def mark_retired(connection: Connection, name: str, author: Author) -> None:
    """Record that a device has left the fleet and its groups; UnknownDevice when there is none."""
    wanted = (device_table.c.name == name) & device_table.c.retired_at.is_(None)
    if not connection.execute(
        update(device_table).where(wanted).values(retired_at=author.at)
    ).rowcount:
        raise UnknownDevice(name)
    member = device_groups.c.device == name
    groups = connection.execute(select(device_groups.c.name).where(member)).scalars().all()
    connection.execute(delete(device_groups).where(member))
    for one in groups:
        _record_group_event(connection, author, "group.left", one, [name])
    _record_device_event(connection, author, "device.retired", name, "")


def record_certificate(
    connection: Connection, name: str, serial: str, ends_at: datetime, author: Author
) -> None:
    """Store a device's newest certificate."""
    values = {"certificate": serial, "certificate_ends_at": ends_at}
    connection.execute(update(device_table).where(device_table.c.name == name).values(**values))
    detail = f"{serial} until {ends_at.isoformat()}"
    _record_device_event(connection, author, "device.certified", name, detail)


def add_to_group(connection: Connection, name: str, members: Sequence[str], author: Author) -> None:
    """Add devices to a group; the first member creates it."""
    if not re.match(NAME, name):
        raise RegistryError(f"{name[:80]!r} is no group name: use 1 to 63 letters, digits, - or _")
    rows = [{"name": name, "device": member} for member in members]
    if rows:
        statement = insert(connection.dialect.name, device_groups)
        connection.execute(statement.on_conflict_do_nothing(), rows)
    _record_group_event(connection, author, "group.joined", name, members)


def remove_from_group(
    connection: Connection, name: str, members: Sequence[str], author: Author
) -> None:
    """Remove devices from a group."""
    leaving = (device_groups.c.name == name) & device_groups.c.device.in_(members)
    connection.execute(delete(device_groups).where(leaving))
    _record_group_event(connection, author, "group.left", name, members)


def find_devices(
    connection: Connection, search: DeviceSelector, *, after: str = "", most: int | None = None
) -> list[DeviceStatus]:
    """The selected devices by name, with their status; a page of them with `most`."""
    statement = (
        select(
            device_table,
            device_status.c.presence,
            device_status.c.heartbeat,
            device_status.c.heartbeat_received_at,
            shadows.c.differs,
        )
        .outerjoin(device_status, device_status.c.device == device_table.c.name)
        .outerjoin(
            shadows,
            (shadows.c.device == device_table.c.name)
            & shadows.c.differs.is_(True)
            & shadows.c.deleted_at.is_(None),
        )
        .where(device_table.c.retired_at.is_(None), device_table.c.name > after)
        .order_by(device_table.c.name)
    )
    for wanted in _conditions(search):
        statement = statement.where(wanted)
    groups = _groups(connection)
    found: dict[str, DeviceStatus] = {}
    options = {"yield_per": ROWS_AT_A_TIME}
    with closing(connection.execute(statement, execution_options=options)) as rows:
        for row in rows:
            if most is not None and len(found) == most:
                break
            attributes = msgspec.json.decode(row.attributes)
            if not search.attributes.items() <= attributes.items():
                continue
            status = _status_from_row(row, attributes, groups.get(row.name, ()))
            if status.alarms or not search.alarming:
                found[row.name] = status
    return list(found.values())


def find_names(connection: Connection, search: DeviceSelector) -> list[str]:
    """The names of the selected devices."""
    return [found.device.name for found in find_devices(connection, search)]


def get_device(connection: Connection, name: str) -> DeviceStatus:
    """The device of that name, or RegistryError."""
    found = find_devices(connection, DeviceSelector(name=name))
    if not found:
        raise UnknownDevice(name)
    return found[0]


def record_event(
    connection: Connection, author: Author, event: str, device: str | None, detail: str
) -> None:
    """Write an event into the audit chain."""
    record_events(connection, author, [FleetEvent(event, device, detail)])


def _record_device_event(
    connection: Connection, author: Author, event: str, device: str, detail: str
) -> None:
    noted = [FleetEvent(event, device, detail)]
    record_events(connection, author, audit_states.with_device_states(connection, noted))


def _record_group_event(
    connection: Connection, author: Author, event: str, group: str, members: Sequence[str]
) -> None:
    noted = FleetEvent(event, None, f"{group}: {', '.join(members)[:800]}")
    record_events(connection, author, [audit_states.with_group_state(connection, noted, group)])


def _conditions(search: DeviceSelector) -> Iterable[Any]:
    if search.name is not None:
        yield device_table.c.name == search.name
    if search.location is not None:
        yield device_table.c.location == search.location
    if search.group is not None:
        members = select(device_groups.c.device).where(device_groups.c.name == search.group)
        yield device_table.c.name.in_(members)
    if search.presence is not None:
        yield device_status.c.presence == search.presence
    if search.name_contains is not None:
        yield device_table.c.name.icontains(search.name_contains, autoescape=True)
    if search.drifting:
        yield shadows.c.differs.is_(True)


def _groups(connection: Connection) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(select(device_groups).order_by(device_groups.c.name)):
        groups[row.device] = (*groups.get(row.device, ()), row.name)
    return groups


def _status_from_row(
    row: Row[Any], attributes: dict[str, str], groups: tuple[str, ...]
) -> DeviceStatus:
    return DeviceStatus(
        device=Device(row.name, row.location, row.kind, row.serial, attributes),
        groups=groups,
        presence=row.presence,
        seen_at=row.heartbeat_received_at,
        certificate_ends_at=row.certificate_ends_at,
        heartbeat=msgspec.json.decode(row.heartbeat) if row.heartbeat else None,
        drifts=bool(row.differs),
    )


def _check_attributes(attributes: Mapping[str, str]) -> None:
    if len(attributes) > MAX_ATTRIBUTES:
        raise RegistryError(f"{len(attributes)} attributes; at most {MAX_ATTRIBUTES} are stored")
    for name, value in attributes.items():
        if not ATTRIBUTE.fullmatch(name) or len(value) > MAX_VALUE_CHARACTERS:
            raise RegistryError(
                f"attribute {name[:40]!r}: use a plain name and a text of at most "
                f"{MAX_VALUE_CHARACTERS} characters"
            )
