"""Cells of fewer than `smallest` people wait until they are large enough.

A cell is a class of dwell, a class of looking time, a zone, or the faces of snapshots. It is told
with `n` people if `n >= smallest` of them have come together and the report has room for them: no
report's cells count more than the report does. What is told leaves the waiting cell, so over any
time told and waiting are what was measured, and nobody is told of twice.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

import msgspec
from msgspec import UNSET, structs

from wire.audience import UNKNOWN_CREATIVE, AudienceReport

FRAME_STEP: Final = 1_800  # a minute at the most frames per second that are analysed


class ZoneCell(msgspec.Struct):
    """What waits of one zone, and who was in view `outside` of it since it was last reported.

    `beside` are the zones that overlap it: somebody stood in both. `ahead` are the entries of this
    zone that were reported since it and another zone were last reported together, by that zone.
    """

    entries: int = 0
    person_ms: int = 0
    looking_ms: int = 0
    outside: int = 0
    outside_ms: int = 0
    beside: set[str] = msgspec.field(default_factory=set)
    ahead: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.entries or self.person_ms or self.looking_ms)


class SuppressedCells(msgspec.Struct, kw_only=True):
    """The cells that wait."""

    dwell: list[int] = msgspec.field(default_factory=list)
    attention: list[int] = msgspec.field(default_factory=list)
    zones: dict[str, ZoneCell] = msgspec.field(default_factory=dict)
    snapshots: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])


def release_buckets(waiting: list[int], visits: int, smallest: int) -> list[int]:
    """What a report of so many visits may say of a histogram; it is taken out of `waiting`."""
    told = [0] * len(waiting)
    for bucket in sorted(range(len(waiting)), key=lambda bucket: -waiting[bucket]):
        count = min(waiting[bucket], visits)
        if count >= smallest:
            told[bucket] = count
            waiting[bucket] -= count
            visits -= count
    return told


def add_histograms(waiting: list[int], new: Sequence[int]) -> list[int]:
    """A histogram with more in it."""
    held = waiting or [0] * len(new)
    return [one + other for one, other in zip(held, new, strict=True)]


def release_zone(zone: ZoneCell, person_ms: int, smallest: int) -> ZoneCell | None:
    """What a report with so much time in view may say of a zone; None when it says nothing.

    The report's time less the zone's is that of the people outside: enough of them, or none.
    """
    few_inside = zone.entries < smallest
    few_outside = zone.outside_ms > 0 and zone.outside < smallest
    if not zone.is_empty and (few_inside or few_outside):
        return None
    zone.outside = zone.outside_ms = 0
    told_ms = min(zone.person_ms, person_ms)
    told = ZoneCell(zone.entries, told_ms, min(zone.looking_ms, told_ms))
    zone.entries -= told.entries
    zone.person_ms -= told.person_ms
    zone.looking_ms -= told.looking_ms
    return told


def round_frames(frames: int) -> int:
    """A number of frames that does not tell for how long somebody was followed."""
    return frames // FRAME_STEP * FRAME_STEP


def is_too_similar(
    name: str, zones: Mapping[str, ZoneCell], chosen: Iterable[str], smallest: int
) -> bool:
    """Whether reports of a zone less those of another could be the time of a few people.

    That is so if the two overlap and their reported entries would differ by fewer than `smallest`.
    `chosen` are the zones of the report that is being made. Reports of one zone are compared with
    all of another since both were last in one report: told in turns, they tell the same.
    """
    now = set(chosen)
    zone = zones[name]
    for other_name, other in zones.items():
        is_beside = other_name in zone.beside or name in other.beside
        reported = other.ahead.get(name, 0) + (other.entries if other_name in now else 0)
        mine = zone.ahead.get(other_name, 0) + zone.entries
        if other_name != name and is_beside and reported and abs(mine - reported) < smallest:
            return True
    return False


def record_reported(zones: Mapping[str, ZoneCell], entries: Mapping[str, int]) -> None:
    """Note which zones a report names, with their entries: overlaps may be found later."""
    for name, count in entries.items():
        for other in zones:
            if other in entries:
                zones[name].ahead.pop(other, None)
            elif count:
                ahead = zones[name].ahead
                ahead[other] = ahead.get(other, 0) + count


def select_creatives(
    visits: Mapping[str, Set[int]], spent_ms: Mapping[str, int], person_ms: int, smallest: int
) -> set[str]:
    """The creatives whose times are told by name: those that enough visits saw.

    The time of all others is told as one sum, which total minus named gives anyway. While it is of
    fewer visits, the named creative of the fewest joins it. `visits` are those of each creative,
    `person_ms` is the report's; what exceeds `spent_ms` is of visits that nobody counts.
    """
    named = {name for name, seen in visits.items() if len(seen) >= smallest} - {UNKNOWN_CREATIVE}
    rest: set[int] = set().union(*(seen for name, seen in visits.items() if name not in named))
    for name in sorted(named, key=lambda name: (len(visits[name]), spent_ms.get(name, 0), name)):
        rest_ms = person_ms - sum(spent_ms.get(name, 0) for name in named)
        if not rest_ms or len(rest) >= smallest:
            break
        named.remove(name)
        rest |= visits[name]
    return named


def drop_small_cells(report: AudienceReport, smallest: int) -> AudienceReport:
    """A report of any origin without cells of fewer people; its totals stay as they are."""
    if smallest <= 1:
        return report
    zones = {
        name: zone
        for name, zone in (report.zones or {}).items()
        if zone.entries >= smallest or not (zone.entries or zone.person_ms or zone.looking_ms)
    }
    return structs.replace(
        report,
        dwell_histogram=tuple(_large(report.dwell_histogram, smallest)),
        attention_histogram=tuple(_large(report.attention_histogram, smallest)),
        zones=zones or UNSET,
    )


def _large(cells: Sequence[int], smallest: int) -> list[int]:
    return [cell if cell >= smallest else 0 for cell in cells]
