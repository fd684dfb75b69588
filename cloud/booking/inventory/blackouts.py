"""Blackouts and maintenance: periods in which a screen is not for sale, with the reason.

They are stored by staff and never deleted; one that was removed has `removed_at`. A period is
half-open, and every hour that it touches is closed. It cancels nothing that is booked already:
staff get the lines that it concerns.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from cloud.auth import audit
from cloud.booking.slots import AvailReason
from cloud.database.bookings import booking_blackouts
from cloud.pricing.slot import YEARS
from cloud.sites.site_model import Site

HOUR: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=400)
MAX_REASON: Final = 200
ADD: Final = "blackout.add"
REMOVE: Final = "blackout.remove"
MOST_NAMED: Final = 200
"""Screens that a query names; of more, the periods of all screens are read."""


_COLUMNS: Final = booking_blackouts.c
_IN_FORCE: Final = (
    select(booking_blackouts)
    .where(_COLUMNS.removed_at.is_(None), _COLUMNS.ends_at > bindparam("now"))
    .order_by(_COLUMNS.starts_at, _COLUMNS.id)
)
_IN_FORCE_AT: Final = _IN_FORCE.where(_COLUMNS.location.in_(bindparam("names", expanding=True)))


class BlackoutKind(StrEnum):
    """Why a screen is closed: by contract, or because it is being repaired."""

    BLACKOUT = "blackout"
    MAINTENANCE = "maintenance"


class BlackoutError(ValueError):
    """A period that cannot be stored."""


class UnknownBlackout(LookupError):  # noqa: N818 - reads as what happened
    """No blackout in force has that id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blackout:
    """One period of one screen."""

    id: int
    location: str
    starts_at: datetime
    ends_at: datetime
    kind: BlackoutKind
    reason: str
    created_by: str
    created_at: datetime

    @property
    def avail_reason(self) -> AvailReason:
        """The reason that buyers get."""
        is_blackout = self.kind is BlackoutKind.BLACKOUT
        return AvailReason.EXCLUDED if is_blackout else AvailReason.OUT_OF_CHARGE

    def covers(self, starts_at: datetime) -> bool:
        """Whether it touches the hour that starts then."""
        return self.starts_at < starts_at + HOUR and starts_at < self.ends_at


def store_blackout(connection: Connection, blackout: Blackout) -> Blackout:
    """Store a period, and return it with its id; raises BlackoutError."""
    if not timedelta() < blackout.ends_at - blackout.starts_at <= LONGEST:
        raise BlackoutError(
            f"a blackout from {blackout.starts_at.isoformat()} until "
            f"{blackout.ends_at.isoformat()}: end it after its start, within {LONGEST.days} days"
        )
    if blackout.starts_at.year not in YEARS or blackout.ends_at.year not in YEARS:
        raise BlackoutError(f"write a period of the years {YEARS[0]} to {YEARS[-1]}")
    if not 1 <= len(blackout.reason.strip()) <= MAX_REASON:
        raise BlackoutError(f"give a reason of 1 to {MAX_REASON} characters")
    row = {name: getattr(blackout, name) for name in Blackout.__slots__ if name != "id"}
    added = connection.execute(insert(booking_blackouts).values(row))
    assert added.inserted_primary_key is not None
    return _blackout({**row, "id": added.inserted_primary_key[0]})


def remove_blackout(connection: Connection, number: int, now: datetime) -> Blackout:
    """End a period as of now; raises UnknownBlackout."""
    columns = booking_blackouts.c
    removed = (
        update(booking_blackouts)
        .where(columns.id == number, columns.removed_at.is_(None))
        .values(removed_at=now)
        .returning(booking_blackouts)
    )
    row = connection.execute(removed).mappings().one_or_none()
    if row is None:
        raise UnknownBlackout(f"no blackout {number} is in force: list them to see which are")
    return _blackout(row)


def read_blackouts(
    connection: Connection, sites: Sequence[Site] | None, now: datetime
) -> Mapping[str, Sequence[Blackout]]:
    """The periods that have not ended, by the location ids of the sites; of all for None."""
    wanted, values = _IN_FORCE, dict[str, Any](now=now)
    if sites is not None and len(sites) <= MOST_NAMED:
        wanted = _IN_FORCE_AT
        values["names"] = [name for site in sites for name in site.ids]
    found: dict[str, list[Blackout]] = defaultdict(list)
    for row in connection.execute(wanted, values).mappings():
        found[row["location"]].append(_blackout(row))
    if sites is None:
        return found
    return {
        name: [one for known in site.ids for one in found.get(known, ())]
        for site in sites
        for name in site.ids
    }


def record_blackout(
    connection: Connection, blackout: Blackout, action: str, by: str, at: datetime
) -> None:
    """Write the entry of a change to the audit log."""
    details = {
        "starts_at": blackout.starts_at.isoformat(),
        "ends_at": blackout.ends_at.isoformat(),
        "kind": blackout.kind,
        "reason": blackout.reason,
    }
    about = f"{blackout.location}/{blackout.id}"
    audit.record_change(connection, at=at, actor=by, action=action, about=about, details=details)


def _blackout(row: Any) -> Blackout:
    values = {name: row[name] for name in Blackout.__slots__}
    return Blackout(**{**values, "kind": BlackoutKind(row["kind"])})
