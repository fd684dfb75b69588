"""A slot: one hour of one screen, named by the local clock, stored as an instant.

Daylight saving: a local hour that spring skips is refused, one that autumn repeats is accepted only
with its offset.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

HOUR: Final = timedelta(hours=1)
YEARS: Final = range(2000, 2100)
_WRITTEN: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?P<offset>Z|[+-]\d{2}:\d{2})?", re.ASCII
)


class SlotError(ValueError):
    """Not the start of a local hour."""


class NoSuchHour(SlotError):  # noqa: N818 - reads as what happened
    """A time that is well written, but that starts no hour of this one clock, or two of them."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The hour from `starts_at` (UTC) on, half-open, as the clock of `zone` shows it."""

    starts_at: datetime
    zone: ZoneInfo

    @property
    def ends_at(self) -> datetime:
        """The first instant after the slot."""
        return self.starts_at + HOUR

    @property
    def local(self) -> datetime:
        """The start on the local clock, with its offset."""
        return self.starts_at.astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class SlotColumns:
    """Many slots of one clock with their local times, read once: columns of one row per slot.

    `day` counts into `days`, the local days in order; `month` is 1 to 12.
    """

    slots: tuple[Slot, ...]
    local: tuple[datetime, ...]
    days: tuple[date, ...]
    day: NDArray[np.int64]
    hour: NDArray[np.int64]
    month: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.slots)


def build_slot_columns(slots: Iterable[Slot]) -> SlotColumns:
    """Slots of one clock as columns."""
    held = tuple(slots)
    local = tuple(slot.local for slot in held)
    dates = [moment.date() for moment in local]
    days = sorted(set(dates))
    place = {day: at for at, day in enumerate(days)}
    return SlotColumns(
        slots=held,
        local=local,
        days=tuple(days),
        day=np.array([place[day] for day in dates], dtype=np.int64),
        hour=np.array([moment.hour for moment in local], dtype=np.int64),
        month=np.array([moment.month for moment in local], dtype=np.int64),
    )


def parse_slot(written: str, zone: ZoneInfo) -> Slot:
    """Read `2026-11-23T08:00`, local or with an offset, or raise SlotError.

    NoSuchHour: another clock may have that hour.
    """
    shape = _WRITTEN.fullmatch(written)
    if shape is None:
        raise SlotError(
            f"slot {written[:60]!r} is not a time: write a local hour such as 2026-11-23T08:00, "
            "or one with its offset such as 2026-11-23T08:00+00:00"
        )
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise SlotError(f"slot {written!r} is not a time: {error}") from None
    if moment.year not in YEARS:
        raise SlotError(f"slot {written!r} is out of reach: years {YEARS[0]} to {YEARS[-1]} only")
    starts_at = (moment if shape["offset"] else _placed(moment, zone)).astimezone(UTC)
    local = starts_at.astimezone(zone)
    if (local.minute, local.second) != (0, 0):
        raise NoSuchHour(
            f"slot {written!r} is {local:%H:%M:%S} in {zone.key}, which starts no hour: "
            f"ask for {local:%Y-%m-%dT%H}:00"
        )
    return Slot(starts_at, zone)


def list_slots(day: date, zone: ZoneInfo) -> Iterator[Slot]:
    """Every slot of a local day: 24 of them, 23 in the spring, 25 in the autumn."""
    starts_at = datetime.combine(day, time(), zone).astimezone(UTC)
    until_at = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    while starts_at < until_at:
        yield Slot(starts_at, zone)
        starts_at += HOUR


def _placed(naive: datetime, zone: ZoneInfo) -> datetime:
    """The one instant at which the local clock shows `naive`, or SlotError."""
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    written = naive.isoformat(timespec="minutes")
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        after = first.astimezone(UTC).astimezone(zone)
        raise NoSuchHour(
            f"slot {written} does not exist in {zone.key}: the clocks go forward over it; "
            f"the hour in its place is {after:%Y-%m-%dT%H:%M}"
        )
    raise NoSuchHour(
        f"slot {written} occurs twice in {zone.key}: write the offset, "
        f"{first.isoformat(timespec='minutes')} or {second.isoformat(timespec='minutes')}"
    )
