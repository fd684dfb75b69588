"""The enrolment allow-list: which cameras may enrol, with which claim, at which location.

It is written before the cameras are installed. A camera that it does not list gets no certificate.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from cloud.database import insert
from cloud.fleet.audit_states import with_allow_list_states
from cloud.fleet.history import Author, FleetEvent, record_events
from cloud.fleet.registry.devices import RegistryError
from cloud.fleet.tables import allow_list_table
from wire.scalars import NAME, Device, Location

COLUMNS: Final = ("serial", "claim", "device", "location", "groups")
MAX_SERIAL_CHARACTERS: Final = 128  # of the column


@dataclass(frozen=True, slots=True)
class AllowedCamera:
    """A camera that may enrol."""

    serial: str
    claim: str
    device: str
    location: str
    groups: tuple[str, ...] = ()


def read_csv(path: Path) -> Iterator[AllowedCamera]:
    """The lines of a CSV file with a heading; groups are separated by spaces.

    Raises:
        RegistryError: the file cannot be read, or a line is incomplete or repeats a camera.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RegistryError(f"{path} cannot be read as CSV: {error}") from error
    lines: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, 2):
        if missing := [name for name in COLUMNS[:4] if not row.get(name)]:
            raise RegistryError(f"{path}, line {number}: no {', '.join(missing)}")
        for name in ("serial", "device"):
            first = lines.setdefault((name, row[name]), number)
            if first != number:
                raise RegistryError(
                    f"{path}, line {number}: {name} {row[name][:60]!r} is also in line {first}: "
                    "list each camera once"
                )
        groups = tuple((row.get("groups") or "").split())
        yield AllowedCamera(row["serial"], row["claim"], row["device"], row["location"], groups)


def allow(
    connection: Connection, entries: list[AllowedCamera], author: Author, *, again: bool = False
) -> int:
    """Add cameras to the allow-list; returns how many rows are new or changed.

    An unchanged row is not written. `again` opens it for another enrolment: a
    camera whose disk was lost.
    """
    written: list[FleetEvent] = []
    for entry in entries:
        _validate(entry)
        _reject_taken(connection, entry)
        values = _row_values(entry)
        old = connection.execute(
            select(allow_list_table).where(allow_list_table.c.serial == entry.serial)
        ).one_or_none()
        if (
            old is not None
            and not again
            and all(getattr(old, key) == values[key] for key in values)
        ):
            continue
        if again or old is None:
            values["enrolled_at"] = None
        statement = insert(connection.dialect.name, allow_list_table).values(**values)
        connection.execute(statement.on_conflict_do_update(index_elements=["serial"], set_=values))
        written.append(FleetEvent("allow_list.written", entry.device, f"serial {entry.serial}"))
    record_events(connection, author, with_allow_list_states(connection, written))
    return len(written)


def _row_values(entry: AllowedCamera) -> dict[str, Any]:
    return {
        "serial": entry.serial,
        "claim": entry.claim,
        "device": entry.device,
        "location": entry.location,
        "groups": msgspec.json.encode(entry.groups).decode(),
    }


def _reject_taken(connection: Connection, entry: AllowedCamera) -> None:
    other = (allow_list_table.c.device == entry.device) & (
        allow_list_table.c.serial != entry.serial
    )
    serial = connection.execute(select(allow_list_table.c.serial).where(other)).scalar_one_or_none()
    if serial is not None:
        raise RegistryError(
            f"allow-list row {entry.serial[:60]!r}: {entry.device} is allowed with serial {serial}"
        )


def _validate(entry: AllowedCamera) -> None:
    """Refuse what an enrolment could not register."""
    row = f"allow-list row {entry.serial[:60]!r}"
    try:
        msgspec.convert(entry.device, Device)
        msgspec.convert(entry.location, Location)
    except msgspec.ValidationError as error:
        raise RegistryError(f"{row}: {error}") from error
    if not 0 < len(entry.serial) <= MAX_SERIAL_CHARACTERS or not entry.serial.isprintable():
        raise RegistryError(
            f"{row}: the serial has {len(entry.serial)} characters: write 1 to "
            f"{MAX_SERIAL_CHARACTERS} printable ones"
        )
    for what, name in (("claim", entry.claim), *(("group", one) for one in entry.groups)):
        if not re.match(NAME, name):
            raise RegistryError(
                f"{row}: {name[:80]!r} is no {what} name: use 1 to 63 letters, digits, - or _"
            )
