"""Withholds exact times until an interval holds `smallest` visits; intervals are joined until then.

Observed and unobserved time is always reported in the interval to which it belongs. For people:

- An interval without people in view is reported at once.
- Others are joined within five minutes of the clock until `smallest` visits have ended in them;
  then everything is reported.
- When the five minutes end before that, visits, entries and onlookers are reported as counts, and
  times in whole minutes: neither the dwell of a visit nor its time can be derived from them. The
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

CELL_MS: Final = 300_000  # the shortest window of the cloud: no window gets another's time
UNIT_MS: Final = 60_000
PEOPLE_LATER: Final = 10  # at once, on average: fewer than any camera is believed to see
LONGEST_VISIT_MS: Final = 24 * 3_600_000
ENDS_MS: Final = (*DWELL_EDGES_MS, LONGEST_VISIT_MS)


class WithheldSums(msgspec.Struct, kw_only=True):
    """What waits: sums of people, and cells."""

    location: str = ""
    people: PeopleSums = msgspec.field(default_factory=PeopleSums)
    cells: SuppressedCells = msgspec.field(default_factory=SuppressedCells)


class ReleasedSums(NamedTuple):
    """A report's sums, if there are any to tell, and what waits afterwards; None: as before."""

    tally: IntervalSums | None
    withheld: bytes | None


class Withholding:
    """Between the meter and the outbox of one camera."""

    def __init__(self, smallest: int, withheld: bytes = b"", location: str = "") -> None:
        """`withheld` is what the outbox has stored; of another location nothing is taken over."""
        self._smallest = smallest
        self._location = location
        self._waits = _read_withheld(withheld, location)
        self._run: IntervalSums | None = None
        self._run_people = PeopleSums()
        self._stored = withheld

    def take(self, tallies: Iterable[IntervalSums]) -> list[ReleasedSums]:
        """Closed intervals in order; what may be reported of them now."""
        released: list[ReleasedSums] = []
        for tally in tallies:
            if self._smallest <= 1:
                released.append(ReleasedSums(tally, self._forgotten(tally)))
            else:
                released += self._taken(tally)
        return released

    def close(self) -> list[ReleasedSums]:
        """Measuring ends: time not yet reported is reported; withheld sums stay withheld."""
        return [] if self._run is None else [self._ended(self._run)]

    def move(self, by: timedelta) -> None:
        """The clock was wrong by so much."""
        if self._run is not None:
            self._run.move(by)

    def _forgotten(self, tally: IntervalSums) -> bytes | None:
        """Without a threshold nothing is withheld: what was withheld is reported now."""
        if self._waits == WithheldSums(location=self._location):
            return None
        people = PeopleSums.take_from(tally)
        people.add(self._waits.people)
        set_people(tally, people)
        self._waits = WithheldSums(location=self._location)
        return self._snapshot()

    def _taken(self, tally: IntervalSums) -> list[ReleasedSums]:
        released = []
        if self._run is not None and not _continues(self._run, tally):
            released.append(self._interrupted(self._run, tally))
        self._gather(tally)
        people = PeopleSums.take_from(tally)
        self._run_people.add(people)
        run = self._run = tally if self._run is None else _merge(self._run, tally)
        visits = self._waits.people.visits + self._run_people.visits
        if self._run_people.is_empty and not self._waits.people.is_counted:
            released.append(self._released_sums(run, PeopleSums()))
        elif visits >= self._smallest:
            released.append(self._released(run))
        elif run.ends_ms % CELL_MS == 0:
            released.append(self._ended(run))
        else:
            released.append(ReleasedSums(None, self._snapshot()))
        return released

    def _released(self, run: IntervalSums) -> ReleasedSums:
        """Enough visits: all sums, and of what waited before as much as there is room for."""
        everyone, self._run_people = self._run_people, PeopleSums()
        room_ms = max(_free_ms(run) - everyone.person_ms, 0)
        everyone.add(self._waits.people.take_out(room_ms))
        everyone.creatives = self._creatives(run, everyone)
        return self._released_sums(run, everyone)

    def _ended(self, run: IntervalSums) -> ReleasedSums:
        """Too few visits for more than counts and whole minutes."""
        self._keep_run(run)
        return self._released_sums(run, self._waits.people.take_out(_free_ms(run), unit_ms=UNIT_MS))

    def _interrupted(self, run: IntervalSums, tally: IntervalSums) -> ReleasedSums:
        """Other settings follow. Their change must not reveal when somebody was in view: within
        the same five minutes only the time is reported now, and the people at their end.
        """
        if tally.starts_ms // CELL_MS != run.starts_ms // CELL_MS:
            return self._ended(run)
        self._keep_run(run)
        return self._released_sums(run, PeopleSums())

    def _keep_run(self, run: IntervalSums) -> None:
        """Withhold the people of the run, without the creatives that they saw. Its frames are
        reported in coarse steps: frames are analysed for as long as somebody is tracked.
        """
        self._run_people.creatives = {}
        self._waits.people.add(self._run_people)
        self._run_people = PeopleSums()
        run.analysed = round_frames(run.analysed)

    def _creatives(self, run: IntervalSums, people: PeopleSums) -> dict[str, dict[Attention, int]]:
        """The creatives reported by name; the rest of the time belongs to none."""
        spent = {name: sum(one.values()) for name, one in people.creatives.items()}
        visits = {name: one.visits for name, one in run.creatives.items()}
        named = select_creatives(visits, spent, people.person_ms, self._smallest)
        return {name: one for name, one in people.creatives.items() if name in named}

    def _released_sums(self, run: IntervalSums, people: PeopleSums) -> ReleasedSums:
        set_people(run, people)
        cells = self._waits.cells
        before = list(cells.dwell)
        run.dwell_histogram = release_buckets(cells.dwell, people.visits, self._smallest)
        if people.dwell_ms > _longest_dwell_ms(run.dwell_histogram, people.visits):
            #  classes of earlier visits, which cannot stand beside the dwell of these
            cells.dwell, run.dwell_histogram = before, [0] * len(before)
        run.attention_histogram = release_buckets(cells.attention, people.visits, self._smallest)
        run.zones = self._zones(run, people)
        self._tell_snapshots(run)
        self._run = None
        return ReleasedSums(run, self._snapshot())

    def _gather(self, tally: IntervalSums) -> None:
        """Put an interval's cells to those that wait."""
        cells = self._waits.cells
        cells.dwell = add_histograms(cells.dwell, tally.dwell_histogram)
        cells.attention = add_histograms(cells.attention, tally.attention_histogram)
        for name, zone in tally.zones.items():
            held = cells.zones.setdefault(name, ZoneCell())
            held.entries += zone.entries
            held.person_ms += zone.person_ms
            held.looking_ms += zone.looking_ms
            held.outside += zone.outside
            held.outside_ms += zone.outside_ms
            held.beside |= zone.beside
        if tally.snapshots:
            seen = tally.snapshots.people, tally.snapshots.facing, tally.snapshots.looking
            cells.snapshots = add_histograms(cells.snapshots, seen)

    def _zones(self, run: IntervalSums, people: PeopleSums) -> dict[str, ZoneCounts]:
        """Zones that enough people have entered; those that nobody did; no others."""
        zones = {name: self._waits.cells.zones.get(name, ZoneCell()) for name in run.zones}
        if people.visits < self._smallest:
            return {name: ZoneCounts() for name, zone in zones.items() if zone.is_empty}
        leaving: dict[str, ZoneCell] = {}
        before = {name: structs.replace(zone) for name, zone in zones.items()}
        for name in sorted(zones, key=lambda name: -before[name].entries):
            if zones[name].is_empty or not is_too_similar(name, before, leaving, self._smallest):
                zone = release_zone(zones[name], people.person_ms, self._smallest)
                if zone is not None:
                    leaving[name] = zone
        record_reported(zones, {name: zone.entries for name, zone in leaving.items()})
        return {
            name: ZoneCounts(zone.entries, zone.person_ms, zone.looking_ms)
            for name, zone in leaving.items()
        }

    def _tell_snapshots(self, run: IntervalSums) -> None:
        if not run.snapshots:
            return
        people, facing, looking = self._waits.cells.snapshots
        if people < self._smallest:
            people = facing = looking = 0
        else:
            self._waits.cells.snapshots = [0, 0, 0]
        taken = run.snapshots.taken
        run.snapshots = SnapshotSum(taken=taken, people=people, facing=facing, looking=looking)

    def _snapshot(self) -> bytes | None:
        """What waits as the outbox stores it; None when it has not changed."""
        everyone = PeopleSums()
        everyone.add(self._waits.people)
        everyone.add(self._run_people)
        everyone.creatives = {}
        content = msgspec.json.encode(
            WithheldSums(location=self._location, people=everyone, cells=self._waits.cells)
        )
        if content == self._stored:
            return None
        self._stored = content
        return content


def _free_ms(run: IntervalSums) -> int:
    """Time in view of people that waited, at most, which an interval is given beside its own."""
    return PEOPLE_LATER * (run.ends_ms - run.starts_ms)


def _longest_dwell_ms(histogram: Sequence[int], visits: int) -> int:
    """What so many visits can have lasted together if some of them are of these classes."""
    known = sum(count * end for count, end in zip(histogram, ENDS_MS, strict=True))
    return known + (visits - sum(histogram)) * LONGEST_VISIT_MS


def _read_withheld(content: bytes, location: str) -> WithheldSums:
    try:
        held = msgspec.json.decode(content, type=WithheldSums) if content else WithheldSums()
    except (msgspec.DecodeError, UnicodeDecodeError):
        held = WithheldSums()
    held.people.creatives = {}
    if held.people.visits and held.location != location:
        reason = "fewer visits than may be reported, at the location where the camera was before"
        log.warning("withheld.discarded", extra={"visits": held.people.visits, "reason": reason})
    return held if held.location == location else WithheldSums(location=location)


def _continues(run: IntervalSums, tally: IntervalSums) -> bool:
    return (
        tally.starts_ms == run.ends_ms
        and tally.starts_ms // CELL_MS == run.starts_ms // CELL_MS
        and (tally.era, tally.basis) == (run.era, run.basis)
        and bool(tally.creatives) == bool(run.creatives)
    )


def _merge(run: IntervalSums, tally: IntervalSums) -> IntervalSums:
    """One interval of two; their people are apart already."""
    run.ends_ms = tally.ends_ms
    run.captured += tally.captured
    run.dropped += tally.dropped
    run.analysed += tally.analysed
    run.observed_ms += tally.observed_ms
    for cause, spent_ms in tally.blind_ms.items():
        run.blind_ms[cause] += spent_ms
    for name, reading in tally.sensors.items():
        known = run.sensors.get(name)
        run.sensors[name] = reading if known is None else known.joined(reading)
    run.creatives = merge_creatives(run.creatives, tally.creatives.items())
    if tally.snapshots:
        run.snapshots = run.snapshots.joined(tally.snapshots) if run.snapshots else tally.snapshots
    run.cells = _merge_cells((*run.cells, *tally.cells))
    if tally.expressions:
        held = dict(run.expressions or {})
        for expression, count in tally.expressions.items():
            held[expression] = held.get(expression, 0) + count
        run.expressions = held
    return run


def _merge_cells(cells: Iterable[DemographicCell]) -> tuple[DemographicCell, ...]:
    joined: dict[tuple[str, str], DemographicCell] = {}
    for cell in cells:
        known = joined.get((cell.age, cell.gender))
        joined[cell.age, cell.gender] = (
            cell
            if known is None
            else structs.replace(
                cell,
                visits=cell.visits + known.visits,
                onlookers=cell.onlookers + known.onlookers,
            )
        )
    return tuple(joined.values())
