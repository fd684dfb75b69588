"""Replaces short reports by longer ones when the outbox exceeds its disk budget; sums stay exact.

Only reports that were never sent may be replaced: the cloud may have counted a sent report under
its own number. A longer report covers a range of numbers without a gap, lies within one interval of
the grid, and has the same versions throughout.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Final

from msgspec import UNSET, UnsetType, structs

from wire.audience import (
    FORMER_UNKNOWN_CREATIVE,
    MAX_CREATIVES,
    UNKNOWN_CREATIVE,
    AudienceReport,
    BandSum,
    CreativeSum,
    DemographicCell,
    Expression,
    FrameCounts,
    SensorSum,
    SnapshotSum,
    ZoneSum,
)
from wire.scalars import SequenceRange

INTERVALS: Final = (timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1))
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def group_reports(
    reports: Iterable[AudienceReport], length: timedelta
) -> Iterator[list[AudienceReport]]:
    """Groups of two or more consecutive reports that may be replaced by one."""
    run: list[AudienceReport] = []
    creative_names: set[str] = set()
    for report in reports:
        creatives = set(report.creatives or ())
        too_many = len(creative_names | creatives) > MAX_CREATIVES
        if run and (too_many or not _may_follow(run[-1], report, length)):
            if len(run) > 1:
                yield run
            run, creative_names = [], set()
        run.append(report)
        creative_names |= creatives
    if len(run) > 1:
        yield run


def downsample_reports(run: Sequence[AudienceReport]) -> AudienceReport:
    """One report with the sums of a group; `peak` is the largest."""
    first, last = run[0], run[-1]
    return structs.replace(
        first,
        sequence=SequenceRange(first=first.sequence.first, last=last.sequence.last),
        ends_at=last.ends_at,
        frames=FrameCounts(
            captured=sum(report.frames.captured for report in run),
            dropped=sum(report.frames.dropped for report in run),
            analysed=sum(report.frames.analysed for report in run),
        ),
        observed_ms=sum(report.observed_ms for report in run),
        blind_ms=dict(sum((Counter(report.blind_ms) for report in run), Counter())),
        person_ms=sum(report.person_ms for report in run),
        facing_ms=sum(report.facing_ms for report in run),
        looking_ms=sum(report.looking_ms for report in run),
        unsure_ms=sum(report.unsure_ms for report in run),
        entries=sum(report.entries for report in run),
        visits=sum(report.visits for report in run),
        onlookers=sum(report.onlookers for report in run),
        peak=max(report.peak for report in run),
        dwell_ms=sum(report.dwell_ms for report in run),
        dwell_histogram=_added(report.dwell_histogram for report in run),
        attention_histogram=_added(report.attention_histogram for report in run),
        demographics=_cells(run),
        sensors=_sensors(run),
        zones=_zones(run),
        snapshots=_snapshots(run),
        creatives=_creatives(run),
        expressions=_expressions(run),
        bands=_bands(run),
    )


def _may_follow(before: AudienceReport, after: AudienceReport, length: timedelta) -> bool:
    return (
        after.journal == before.journal
        and after.location == before.location
        and after.sequence.first == before.sequence.last + 1
        and after.starts_at >= before.ends_at
        and (before.starts_at - EPOCH) // length == (after.starts_at - EPOCH) // length
        and after.ends_at <= EPOCH + ((before.starts_at - EPOCH) // length + 1) * length
        and after.versions == before.versions
        and after.attention_basis == before.attention_basis
        and bool(after.creatives) == bool(before.creatives)
        and bool(after.bands) == bool(before.bands)
    )


def _added(histograms: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sum(bucket) for bucket in zip(*histograms, strict=True))


def _cells(run: Sequence[AudienceReport]) -> tuple[DemographicCell, ...]:
    cells: dict[tuple[str, str], DemographicCell] = {}
    for cell in (cell for report in run for cell in report.demographics):
        existing = cells.get((cell.age, cell.gender))
        cells[cell.age, cell.gender] = (
            cell
            if existing is None
            else structs.replace(
                cell,
                visits=existing.visits + cell.visits,
                onlookers=existing.onlookers + cell.onlookers,
            )
        )
    return tuple(cells.values())


def _sensors(run: Sequence[AudienceReport]) -> dict[str, SensorSum]:
    sums: dict[str, SensorSum] = {}
    for name, one in (item for report in run for item in report.sensors.items()):
        sums[name] = sums[name].combine(one) if name in sums else one
    return sums


def _creatives(run: Sequence[AudienceReport]) -> dict[str, CreativeSum] | UnsetType:
    sums: dict[str, Counter[str]] = {}
    for name, one in (item for report in run for item in (report.creatives or {}).items()):
        present = UNKNOWN_CREATIVE if name == FORMER_UNKNOWN_CREATIVE else name
        sums.setdefault(present, Counter()).update(structs.asdict(one))
    return {name: CreativeSum(**one) for name, one in sums.items()} or UNSET


def _expressions(run: Sequence[AudienceReport]) -> dict[Expression, int] | UnsetType:
    counts = (Counter(report.expressions or {}) for report in run)
    return dict(sum(counts, Counter())) or UNSET


def _bands(run: Sequence[AudienceReport]) -> BandSum | UnsetType:
    sums = [report.bands for report in run if report.bands]
    return reduce(BandSum.combine, sums) if sums else UNSET


def _zones(run: Sequence[AudienceReport]) -> dict[str, ZoneSum] | UnsetType:
    sums: dict[str, ZoneSum] = {}
    for name, one in (item for report in run for item in (report.zones or {}).items()):
        existing = sums.get(name)
        sums[name] = (
            one
            if existing is None
            else ZoneSum(
                entries=existing.entries + one.entries,
                person_ms=existing.person_ms + one.person_ms,
                looking_ms=existing.looking_ms + one.looking_ms,
            )
        )
    return sums or UNSET


def _snapshots(run: Sequence[AudienceReport]) -> SnapshotSum | UnsetType:
    taken = [report.snapshots for report in run if report.snapshots]
    return reduce(SnapshotSum.combine, taken) if taken else UNSET
