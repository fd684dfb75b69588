"""Withholds exact times until `smallest` visits have ended; joins the intervals until then.

Observed and unobserved time is always reported in the interval to which it belongs. For people:

- An interval without people in view is reported at once.
- Other intervals are joined until `smallest` visits have ended in them, within the same five
  minutes of the clock. Then all their sums are reported.
- When the five minutes end before that, visits, entries and onlookers are reported as counts, and
  times in whole minutes, so that nobody can derive the dwell or the time of one visit. The
  remaining time is added to later intervals.
- A dwell class, a looking class and a zone are reported only for `smallest` people or more, and
  are withheld until then.
- The time of a creative is reported only if `smallest` visits or more were in view during it and
  during the rest; other time counts as that of an unknown creative.

Reported and withheld sums together are exactly the measured sums. The withheld sums are stored in
the outbox with each report, so that a restart or a power cut neither loses nor doubles them. With a
`smallest` of 1 nothing is withheld: for recordings and tests.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

import msgspec
from msgspec import structs

from edge_agent.metering.interval_sums import IntervalSums, ZoneCounts
from edge_agent.metering.people_sums import PeopleSums, merge_creatives, set_people
from edge_agent.perception.attention import Attention
from edge_agent.privacy.suppression import (
    SuppressedCells,
    ZoneCell,
    add_histograms,
    is_too_similar,
    record_reported,
    release_buckets,
    release_zone,
    round_frames,
    select_creatives,
)
from wire.audience import DemographicCell, SnapshotSum
from wire.histogram import DWELL_EDGES_MS

log = logging.getLogger(__name__)

WINDOW_MS: Final = 300_000  # the shortest window of the cloud: no window gets another's time
UNIT_MS: Final = 60_000
MAX_ADDED_PEOPLE: Final = 10  # on average, from earlier intervals: fewer than a camera can see
LONGEST_VISIT_MS: Final = 24 * 3_600_000
BUCKET_ENDS_MS: Final = (*DWELL_EDGES_MS, LONGEST_VISIT_MS)


class WithheldSums(msgspec.Struct, kw_only=True):
    """The withheld sums of people and of cells, as the outbox stores them."""

    location: str = ""
    people: PeopleSums = msgspec.field(default_factory=PeopleSums)
    cells: SuppressedCells = msgspec.field(default_factory=SuppressedCells)


class ReleasedSums(NamedTuple):
    """The sums to report, or None, and the sums withheld afterwards; None if these are unchanged.

    `withheld` is the content that the outbox stores with the report.
    """

    interval: IntervalSums | None
    withheld: bytes | None


class Withholding:
    """Decides, between the meter and the outbox of one camera, which sums a report may hold.

    `_joined` is the interval that is not reported yet, without its people; these are in
    `_joined_people`.
    """

    def __init__(self, smallest: int, withheld: bytes = b"", location: str = "") -> None:
        """`withheld` is the content of the outbox; sums of another location are discarded."""
        self._smallest = smallest
        self._location = location
        self._withheld = _read_withheld(withheld, location)
        self._joined: IntervalSums | None = None
        self._joined_people = PeopleSums()
        self._stored = withheld

    def release(self, intervals: Iterable[IntervalSums]) -> list[ReleasedSums]:
        """Add closed intervals, in order; returns what may be reported now."""
        released: list[ReleasedSums] = []
        for interval in intervals:
            if self._smallest <= 1:
                released.append(ReleasedSums(interval, self._add_all_withheld(interval)))
            else:
                released += self._add(interval)
        return released

    def close(self) -> list[ReleasedSums]:
        """Release the joined interval at the end; withheld sums stay withheld."""
        return [] if self._joined is None else [self._release_counts(self._joined)]

    def move(self, by: timedelta) -> None:
        """Shift the joined interval by the error of the wall clock."""
        if self._joined is not None:
            self._joined.move(by)

    def _add_all_withheld(self, interval: IntervalSums) -> bytes | None:
        """Without a threshold, report all people withheld before with this interval."""
        if self._withheld == WithheldSums(location=self._location):
            return None
        people = PeopleSums.take_from(interval)
        people.add(self._withheld.people)
        set_people(interval, people)
        self._withheld = WithheldSums(location=self._location)
        return self._encode_if_changed()

    def _add(self, interval: IntervalSums) -> list[ReleasedSums]:
        released = []
        if self._joined is not None and not _can_join(self._joined, interval):
            released.append(self._release_interrupted(self._joined, interval))
        self._add_cells(interval)
        self._joined_people.add(PeopleSums.take_from(interval))
        joined = interval if self._joined is None else _join(self._joined, interval)
        self._joined = joined
        visits = self._withheld.people.visits + self._joined_people.visits
        if self._joined_people.is_empty and not self._withheld.people.is_counted:
            released.append(self._release(joined, PeopleSums()))
        elif visits >= self._smallest:
            released.append(self._release_exact(joined))
        elif joined.ends_ms % WINDOW_MS == 0:
            released.append(self._release_counts(joined))
        else:
            released.append(ReleasedSums(None, self._encode_if_changed()))
        return released

    def _release_exact(self, joined: IntervalSums) -> ReleasedSums:
        """Enough visits: all sums, and as much of the withheld time as the interval may hold."""
        people, self._joined_people = self._joined_people, PeopleSums()
        left_ms = max(_largest_person_ms(joined) - people.person_ms, 0)
        people.add(self._withheld.people.take_out(left_ms))
        people.creatives = self._select_creatives(joined, people)
        return self._release(joined, people)

    def _release_counts(self, joined: IntervalSums) -> ReleasedSums:
        """Too few visits: only counts and whole minutes."""
        self._withhold_joined(joined)
        largest_ms = _largest_person_ms(joined)
        return self._release(joined, self._withheld.people.take_out(largest_ms, unit_ms=UNIT_MS))

    def _release_interrupted(self, joined: IntervalSums, following: IntervalSums) -> ReleasedSums:
        """The following interval has other settings and cannot be joined.

        A change of settings must not reveal when somebody was in view. So within the same five
        minutes only the observed time is reported now, and the people at the end of these minutes.
        """
        if following.starts_ms // WINDOW_MS != joined.starts_ms // WINDOW_MS:
            return self._release_counts(joined)
        self._withhold_joined(joined)
        return self._release(joined, PeopleSums())

    def _withhold_joined(self, joined: IntervalSums) -> None:
        """Withhold the people of the joined interval, without the creatives that they saw.

        Its frames are reported in coarse steps, because frames are analysed for as long as somebody
        is tracked.
        """
        self._joined_people.creatives = {}
        self._withheld.people.add(self._joined_people)
        self._joined_people = PeopleSums()
        joined.analysed = round_frames(joined.analysed)

    def _select_creatives(
        self, joined: IntervalSums, people: PeopleSums
    ) -> dict[str, dict[Attention, int]]:
        """The creatives that may be named; the other time counts as unknown."""
        time_ms = {name: sum(split.values()) for name, split in people.creatives.items()}
        visits = {name: sums.visits for name, sums in joined.creatives.items()}
        named = select_creatives(visits, time_ms, people.person_ms, self._smallest)
        return {name: split for name, split in people.creatives.items() if name in named}

    def _release(self, joined: IntervalSums, people: PeopleSums) -> ReleasedSums:
        """Report the joined interval with these people, and the cells that are large enough."""
        set_people(joined, people)
        cells = self._withheld.cells
        before = list(cells.dwell)
        joined.dwell_histogram = release_buckets(cells.dwell, people.visits, self._smallest)
        if people.dwell_ms > _longest_dwell_ms(joined.dwell_histogram, people.visits):
            # the buckets are of earlier visits and contradict the dwell of these
            cells.dwell, joined.dwell_histogram = before, [0] * len(before)
        joined.attention_histogram = release_buckets(cells.attention, people.visits, self._smallest)
        joined.zones = self._release_zones(joined, people)
        self._release_snapshots(joined)
        self._joined = None
        return ReleasedSums(joined, self._encode_if_changed())

    def _add_cells(self, interval: IntervalSums) -> None:
        """Add the cells of an interval to the withheld ones."""
        cells = self._withheld.cells
        cells.dwell = add_histograms(cells.dwell, interval.dwell_histogram)
        cells.attention = add_histograms(cells.attention, interval.attention_histogram)
        for name, counts in interval.zones.items():
            cell = cells.zones.setdefault(name, ZoneCell())
            cell.entries += counts.entries
            cell.person_ms += counts.person_ms
            cell.looking_ms += counts.looking_ms
            cell.outside += counts.outside
            cell.outside_ms += counts.outside_ms
            cell.beside |= counts.beside
        if interval.snapshots:
            faces = (
                interval.snapshots.people,
                interval.snapshots.facing,
                interval.snapshots.looking,
            )
            cells.snapshots = add_histograms(cells.snapshots, faces)

    def _release_zones(self, joined: IntervalSums, people: PeopleSums) -> dict[str, ZoneCounts]:
        """The zones that enough people entered, and those that nobody entered; no others."""
        zones = {name: self._withheld.cells.zones.get(name, ZoneCell()) for name in joined.zones}
        if people.visits < self._smallest:
            return {name: ZoneCounts() for name, zone in zones.items() if zone.is_empty}
        released: dict[str, ZoneCell] = {}
        before = {name: structs.replace(zone) for name, zone in zones.items()}
        for name in sorted(zones, key=lambda name: -before[name].entries):
            if zones[name].is_empty or not is_too_similar(name, before, released, self._smallest):
                zone = release_zone(zones[name], people.person_ms, self._smallest)
                if zone is not None:
                    released[name] = zone
        record_reported(zones, {name: zone.entries for name, zone in released.items()})
        return {
            name: ZoneCounts(zone.entries, zone.person_ms, zone.looking_ms)
            for name, zone in released.items()
        }

    def _release_snapshots(self, joined: IntervalSums) -> None:
        """Report the faces of snapshots when they are enough, else only the snapshots."""
        if not joined.snapshots:
            return
        people, facing, looking = self._withheld.cells.snapshots
        if people < self._smallest:
            people = facing = looking = 0
        else:
            self._withheld.cells.snapshots = [0, 0, 0]
        taken = joined.snapshots.taken
        joined.snapshots = SnapshotSum(taken=taken, people=people, facing=facing, looking=looking)

    def _encode_if_changed(self) -> bytes | None:
        """All withheld sums as the outbox stores them; None when they have not changed."""
        people = PeopleSums()
        people.add(self._withheld.people)
        people.add(self._joined_people)
        people.creatives = {}
        content = msgspec.json.encode(
            WithheldSums(location=self._location, people=people, cells=self._withheld.cells)
        )
        if content == self._stored:
            return None
        self._stored = content
        return content


def _largest_person_ms(joined: IntervalSums) -> int:
    """The largest time in view of an interval that also reports people of earlier ones."""
    return MAX_ADDED_PEOPLE * (joined.ends_ms - joined.starts_ms)


def _longest_dwell_ms(histogram: Sequence[int], visits: int) -> int:
    """The longest total dwell of so many visits, of which some are in these buckets."""
    bucketed_ms = sum(count * end for count, end in zip(histogram, BUCKET_ENDS_MS, strict=True))
    return bucketed_ms + (visits - sum(histogram)) * LONGEST_VISIT_MS


def _read_withheld(content: bytes, location: str) -> WithheldSums:
    """The withheld sums of the outbox; empty ones where they are damaged or of another location."""
    try:
        stored = msgspec.json.decode(content, type=WithheldSums) if content else WithheldSums()
    except (msgspec.DecodeError, UnicodeDecodeError):
        stored = WithheldSums()
    stored.people.creatives = {}
    if stored.people.visits and stored.location != location:
        reason = "fewer visits than may be reported, at the location where the camera was before"
        log.warning("withheld.discarded", extra={"visits": stored.people.visits, "reason": reason})
    return stored if stored.location == location else WithheldSums(location=location)


def _can_join(joined: IntervalSums, interval: IntervalSums) -> bool:
    """Whether an interval follows at once, in the same five minutes and with the same settings."""
    return (
        interval.starts_ms == joined.ends_ms
        and interval.starts_ms // WINDOW_MS == joined.starts_ms // WINDOW_MS
        and (interval.era, interval.basis) == (joined.era, joined.basis)
        and bool(interval.creatives) == bool(joined.creatives)
    )


def _join(joined: IntervalSums, interval: IntervalSums) -> IntervalSums:
    """Extend the joined interval by one whose people have been removed."""
    joined.ends_ms = interval.ends_ms
    joined.captured += interval.captured
    joined.dropped += interval.dropped
    joined.analysed += interval.analysed
    joined.observed_ms += interval.observed_ms
    for cause, cause_ms in interval.blind_ms.items():
        joined.blind_ms[cause] += cause_ms
    for name, reading in interval.sensors.items():
        before = joined.sensors.get(name)
        joined.sensors[name] = reading if before is None else before.combine(reading)
    joined.creatives = merge_creatives(joined.creatives, interval.creatives.items())
    if interval.snapshots:
        before_snapshots = joined.snapshots
        joined.snapshots = (
            before_snapshots.combine(interval.snapshots) if before_snapshots else interval.snapshots
        )
    joined.cells = _join_cells((*joined.cells, *interval.cells))
    if interval.expressions:
        counts = dict(joined.expressions or {})
        for expression, count in interval.expressions.items():
            counts[expression] = counts.get(expression, 0) + count
        joined.expressions = counts
    return joined


def _join_cells(cells: Iterable[DemographicCell]) -> tuple[DemographicCell, ...]:
    """One cell for each age group and gender."""
    sums: dict[tuple[str, str], DemographicCell] = {}
    for cell in cells:
        before = sums.get((cell.age, cell.gender))
        sums[cell.age, cell.gender] = (
            cell
            if before is None
            else structs.replace(
                cell,
                visits=cell.visits + before.visits,
                onlookers=cell.onlookers + before.onlookers,
            )
        )
    return tuple(sums.values())
