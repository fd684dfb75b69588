"""Suppresses cells of fewer than `smallest` people: they wait until they are large enough.

`smallest` is the setting `privacy.smallest_cell`.

A cell is a bucket of dwell, a bucket of attention time, a zone, or the faces of snapshots. It is
reported with `n` people when `n >= smallest` of them have accumulated and the report has room for
them: the cells of a report never count more than the report. Reported people are removed from the
waiting cell, so reported plus waiting is what was measured, and no one is reported twice.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

import msgspec
from msgspec import UNSET, structs

from wire.audience import UNKNOWN_CREATIVE, AudienceReport

FRAME_STEP: Final = 1_800  # a minute at the highest rate of analysed frames


class ZoneCell(msgspec.Struct):
    """Waiting sums of one zone, and those in view `outside` of it since it was last reported.

    `beside` are the zones that overlap it: a person was in both. `ahead` are the entries of this
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
    """All waiting cells."""

    dwell: list[int] = msgspec.field(default_factory=list)
    attention: list[int] = msgspec.field(default_factory=list)
    zones: dict[str, ZoneCell] = msgspec.field(default_factory=dict)
    snapshots: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])


def release_buckets(waiting: list[int], visits: int, smallest: int) -> list[int]:
    """The buckets of a histogram that a report of so many visits may contain.

    They are removed from `waiting`.
    """
    reported = [0] * len(waiting)
    for bucket in sorted(range(len(waiting)), key=lambda bucket: -waiting[bucket]):
        count = min(waiting[bucket], visits)
        if count >= smallest:
            reported[bucket] = count
            waiting[bucket] -= count
            visits -= count
    return reported


def add_histograms(waiting: list[int], new: Sequence[int]) -> list[int]:
    """The sum of two histograms; an empty one counts as zeros."""
    before = waiting or [0] * len(new)
    return [one + other for one, other in zip(before, new, strict=True)]


def release_zone(zone: ZoneCell, person_ms: int, smallest: int) -> ZoneCell | None:
    """The sums of a zone that a report with so much time in view may contain, or None.

    The time of the report less that of the zone is that of people outside: none, or enough.
    """
    few_inside = zone.entries < smallest
    few_outside = zone.outside_ms > 0 and zone.outside < smallest
    if not zone.is_empty and (few_inside or few_outside):
        return None
    zone.outside = zone.outside_ms = 0
    reported_ms = min(zone.person_ms, person_ms)
    reported = ZoneCell(zone.entries, reported_ms, min(zone.looking_ms, reported_ms))
    zone.entries -= reported.entries
    zone.person_ms -= reported.person_ms
    zone.looking_ms -= reported.looking_ms
    return reported


def round_frames(frames: int) -> int:
    """A number of frames, rounded so that it does not reveal the dwell of one person."""
    return frames // FRAME_STEP * FRAME_STEP


def is_too_similar(
    name: str, zones: Mapping[str, ZoneCell], chosen: Iterable[str], smallest: int
) -> bool:
    """Whether reports of a zone less those of another could be the time of a few people.

    That is so if the two overlap and their reported entries would differ by fewer than `smallest`.
    `chosen` are the zones of the report that is being built. Reports of one zone are compared with
    all of another since both were last in one report: alternating reports reveal no more.
    """
    now = set(chosen)
    zone = zones[name]
    for other_name, other in zones.items():
        is_beside = other_name in zone.beside or name in other.beside
        reported = other.ahead.get(name, 0) + (other.entries if other_name in now else 0)
        own = zone.ahead.get(other_name, 0) + zone.entries
        if other_name != name and is_beside and reported and abs(own - reported) < smallest:
            return True
    return False


def record_reported(zones: Mapping[str, ZoneCell], entries: Mapping[str, int]) -> None:
    """Record the entries of the zones that a report names; overlaps may be found later."""
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
    """The creatives whose times are reported by name: those that enough visits saw.

    The time of all others is reported as one sum (total less named). While that sum is of too few
    visits, the named creative with the fewest visits joins it. `visits` are those of each creative,
    `person_ms` is the total of the report; time beyond `spent_ms` belongs to uncounted visits.
    """
    named = {name for name, seen_by in visits.items() if len(seen_by) >= smallest} - {
        UNKNOWN_CREATIVE
    }
    rest: set[int] = set().union(
        *(seen_by for name, seen_by in visits.items() if name not in named)
    )
    for name in sorted(named, key=lambda name: (len(visits[name]), spent_ms.get(name, 0), name)):
        rest_ms = person_ms - sum(spent_ms.get(name, 0) for name in named)
        if not rest_ms or len(rest) >= smallest:
            break
        named.remove(name)
        rest |= visits[name]
    return named


def drop_small_cells(report: AudienceReport, smallest: int) -> AudienceReport:
    """A report of any origin without cells of too few people; its totals are unchanged."""
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
