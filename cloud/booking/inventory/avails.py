"""Avails: status, reason and free positions of the hours of many screens, as one moment has them.

An answer is a snapshot and no hold. Consecutive hours that are alike are one run, so that a hundred
screens for four weeks are a short answer. No figure tells who has the positions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from cloud.booking.inventory.blackouts import Blackout
from cloud.booking.slots import HOUR_S, MAX_SLOTS, AvailReason
from cloud.database import EPOCH
from cloud.sites.site_model import Site

Integers = NDArray[np.int64]


class AvailStatus(StrEnum):
    """OpenDirect's status of a line of avails."""

    AVAILABLE = "Available"
    PARTIAL = "Partially Available"
    UNAVAILABLE = "Unavailable"


class _Code(IntEnum):
    """Reasons as numbers, in the order in which the first that applies is given."""

    NONE = 0
    BOOKED = 1
    OPTIONED = 2
    EXCLUDED = 3
    OUT_OF_CHARGE = 4
    PROHIBITED = 5
    INVALID_PERIOD = 6


@dataclass(frozen=True, slots=True)
class SlotCounts:
    """Positions of a screen's hours, one column for each asked hour: taken, of these held, outside.

    Expired holds are in none of them.
    """

    taken: Integers
    held: Integers
    outside: Integers


class AvailRun(msgspec.Struct, frozen=True):
    """Consecutive hours of one screen with the same answer."""

    starts_at: datetime
    hours: int
    status: AvailStatus
    reason: AvailReason | None
    free: int


@dataclass(frozen=True, slots=True)
class SiteAvails:
    """The answer for one screen."""

    site: Site
    status: AvailStatus
    runs: tuple[AvailRun, ...]


def compute_avails(
    site: Site,
    hours_s: Integers,
    counts: SlotCounts,
    *,
    positions: Integers,
    blackouts: Sequence[Blackout] = (),
    is_prohibited: bool = False,
    now: datetime,
) -> SiteAvails:
    """The avails of one screen for the positions of each hour, in the order of the hours."""
    free = np.maximum(0, site.loop.positions - counts.taken - counts.outside)
    codes = np.full(hours_s.shape, int(_Code.BOOKED))
    codes[free + counts.held >= positions] = _Code.OPTIONED
    codes[free >= positions] = _Code.NONE
    if blackouts:
        in_maintenance, excluded = _find_closed(hours_s, blackouts)
        codes[in_maintenance] = _Code.OUT_OF_CHARGE
        codes[excluded] = _Code.EXCLUDED
    if is_prohibited:
        codes[:] = _Code.PROHIBITED
    codes[hours_s < (now - EPOCH).total_seconds()] = _Code.INVALID_PERIOD
    free[codes > int(_Code.OPTIONED)] = 0
    runs = _list_runs(hours_s, free, codes)
    return SiteAvails(site, summarize(map(attrgetter("status"), runs)), runs)


def summarize(statuses: Iterable[AvailStatus]) -> AvailStatus:
    """Available or Unavailable where all parts are, otherwise Partially Available."""
    found = set(statuses) or {AvailStatus.UNAVAILABLE}
    return found.pop() if len(found) == 1 else AvailStatus.PARTIAL


def _find_closed(
    hours_s: Integers, blackouts: Sequence[Blackout]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Hours in maintenance, and hours in a blackout."""
    closed = np.zeros((2, hours_s.size), dtype=bool)
    for one in blackouts:
        first_s, last_s = ((at - EPOCH).total_seconds() for at in (one.starts_at, one.ends_at))
        touched = (hours_s + HOUR_S > first_s) & (hours_s < last_s)
        closed[int(one.avail_reason is AvailReason.EXCLUDED)] |= touched
    return closed[0], closed[1]


def _list_runs(hours_s: Integers, free: Integers, codes: Integers) -> tuple[AvailRun, ...]:
    if not hours_s.size:
        return ()
    alike = free * len(_Code) + codes  # one number for each pair
    changed = (alike[1:] != alike[:-1]) | (hours_s[1:] - hours_s[:-1] != HOUR_S)
    first = np.concatenate(([0], np.flatnonzero(changed) + 1, [hours_s.size]))
    lengths, first = first[1:] - first[:-1], first[:-1]
    codes, free = codes[first], free[first]
    statuses = np.where(codes == int(_Code.NONE), 0, 2 - (free > 0))
    return tuple(
        map(
            AvailRun,
            map(_to_instant, hours_s[first].tolist()),
            lengths.tolist(),
            map(_STATUSES.__getitem__, statuses.tolist()),
            map(_REASONS.__getitem__, codes.tolist()),
            free.tolist(),
        )
    )


@lru_cache(maxsize=MAX_SLOTS)
def _to_instant(second: int) -> datetime:
    """The instant of a second; the hours of all screens are the same."""
    return EPOCH + timedelta(seconds=second)


_STATUSES: Final = (AvailStatus.AVAILABLE, AvailStatus.PARTIAL, AvailStatus.UNAVAILABLE)
_REASONS: Final[Mapping[int, AvailReason | None]] = {
    _Code.NONE: None,
    _Code.BOOKED: AvailReason.BOOKED,
    _Code.OPTIONED: AvailReason.OPTIONED,
    _Code.EXCLUDED: AvailReason.EXCLUDED,
    _Code.OUT_OF_CHARGE: AvailReason.OUT_OF_CHARGE,
    _Code.PROHIBITED: AvailReason.PROHIBITED,
    _Code.INVALID_PERIOD: AvailReason.INVALID_PERIOD,
}
