"""The raw rows of one day, in batches of some locations, with what is known to be wrong in them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from cloud.database import ATTENTION, DWELL
from cloud.lake.raw.audience import (
    BLIND_COLUMNS,
    RAW_CREATIVES,
    RAW_DEMOGRAPHICS,
    RAW_REPORTS,
    RAW_SENSORS,
)
from cloud.lake.tables import TIMESTAMP, LakeTable
from simulators.lake.availability import ReportedIntervals, choose_intervals
from simulators.lake.faults import KINDS, FaultyReports, ReportRows, choose_faults, list_rows
from simulators.lake.history import MICROSECONDS, DaySlots, History, Ints, list_slots
from simulators.lake.parts import PartRows, draw_demographics, draw_sensors, list_creatives
from simulators.lake.visits import VisitSums, draw_visits
from simulators.synthetic.footfall_model import ANALYSED_FPS, CAPTURED_FPS, SyntheticSite
from wire.audience import AttentionBasis

FORMER_AGENT_RATIO: Final = 0.1  # of the cameras: an agent that does not report bands
MINUTE_US: Final = 60 * MICROSECONDS
DAY_US: Final = 86_400 * MICROSECONDS


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of some locations by table: on time, and late; and the rows to be quarantined."""

    on_time: Mapping[LakeTable, pa.Table]
    late: Mapping[LakeTable, pa.Table]
    quarantined: Counter[tuple[str, str]]
    """By raw table and rule, when all rows are promoted."""


@dataclass(frozen=True, slots=True)
class _Reports:
    """The reports of a batch: where and when they are from."""

    sites: Sequence[SyntheticSite]
    slots: DaySlots
    intervals: ReportedIntervals
    received_us: Ints


def generate_day(history: History, day: date) -> Iterator[Batch]:
    """All rows of a day by location; the same history and day give the same rows."""
    slots = list_slots(day, history.interval_s)
    for number, sites in enumerate(history.batch_sites()):
        rng = np.random.default_rng((history.seed, day.toordinal(), number))
        yield _generate_batch(sites, slots, rng, has_faults=history.has_faults)


def _generate_batch(
    sites: Sequence[SyntheticSite], slots: DaySlots, rng: np.random.Generator, *, has_faults: bool
) -> Batch:
    intervals = choose_intervals(sites, slots, rng)
    sums = draw_visits(sites, slots, intervals, rng)
    faults = choose_faults(len(intervals.sites), has_faults=has_faults, rng=rng)
    ends_us = slots.starts_us[intervals.slots] + slots.interval_s * MICROSECONDS
    delay_us = rng.integers(1, 20 * MICROSECONDS, len(ends_us)) + np.where(faults.late, DAY_US, 0)
    reports = _Reports(sites, slots, intervals, ends_us + delay_us)
    parts = {
        RAW_DEMOGRAPHICS: draw_demographics(sites, slots, intervals, sums, rng),
        RAW_CREATIVES: list_creatives(sites, slots, intervals, sums),
        RAW_SENSORS: draw_sensors(sites, slots, intervals, rng),
    }
    rows = list_rows(faults)
    tables = {RAW_REPORTS: (rows.reports, _to_report_table(reports, sums, rows))}
    for table, part in parts.items():
        tables[table] = (part.reports, _to_part_table(reports, table, part))
    on_time, late = {}, {}
    for table, (report_of, found) in tables.items():
        is_late = faults.late[report_of]
        on_time[table], late[table] = found.filter(pa.array(~is_late)), found.filter(is_late)
    return Batch(on_time, late, _count_quarantined(rows, parts, faults))


def _count_quarantined(
    rows: ReportRows, parts: Mapping[LakeTable, PartRows], faults: FaultyReports
) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    is_superseded = faults.corrected[rows.reports] & (rows.kinds >= 0)
    counts[RAW_REPORTS.name, "superseded"] = int(is_superseded.sum())
    counts[RAW_REPORTS.name, "unique_identity"] = int(rows.duplicate.sum())
    for number, rule in enumerate(KINDS):
        counts[RAW_REPORTS.name, rule] = int(((rows.kinds == number) & ~is_superseded).sum())
    for table, part in parts.items():
        counts[table.name, "belongs_to_report"] = int(faults.implausible[part.reports].sum())
    return +counts


def _to_report_table(reports: _Reports, sums: VisitSums, rows: ReportRows) -> pa.Table:
    slots, intervals = reports.slots, reports.intervals
    seconds = intervals.observed_ms // 1_000
    nothing = np.zeros(len(intervals.sites), dtype=np.int64)
    figures = {
        "last_sequence": intervals.slots + 1,
        "observed_ms": intervals.observed_ms,
        "person_ms": sums.person_ms,
        "facing_ms": sums.facing_ms,
        "looking_ms": sums.looking_ms,
        "unsure_ms": sums.unsure_ms,
        "entries": sums.visits,
        "visits": sums.visits,
        "onlookers": sums.onlookers,
        "peak": sums.peak,
        "dwell_ms": sums.person_ms,
        **{name: intervals.blind_ms.get(cause, nothing) for cause, name in BLIND_COLUMNS.items()},
        "frames_captured": CAPTURED_FPS * seconds,
        "frames_dropped": nothing,
        "frames_analysed": ANALYSED_FPS * seconds,
        **{name: sums.dwell_histogram[:, at] for at, name in enumerate(DWELL)},
        **{name: sums.attention_histogram[:, at] for at, name in enumerate(ATTENTION)},
    }
    chosen = {name: values[rows.reports] for name, values in figures.items()}
    kinds = rows.kinds
    chosen["peak"] = np.where(kinds == 0, -1, chosen["peak"])
    chosen["onlookers"] = np.where(kinds == 1, chosen["visits"] + 1, chosen["onlookers"])
    chosen["observed_ms"] += np.where(kinds == 2, 2 * slots.interval_ms, 0)
    again_us = np.where(rows.duplicate, MINUTE_US, 0)
    key = _to_key(reports, rows.reports, again_us)
    ends_us = slots.starts_us[intervals.slots] + slots.interval_s * MICROSECONDS
    key["ends_at"] = pa.array(ends_us[rows.reports], TIMESTAMP)
    return _to_table(RAW_REPORTS, key | chosen | _describe_agent(reports, sums, rows.reports))


def _describe_agent(reports: _Reports, sums: VisitSums, report_of: Ints) -> dict[str, Any]:
    """The versions, and the bands of the agents that report them."""
    is_former = np.array(
        [site.digest("agent")[0] < FORMER_AGENT_RATIO * 256 for site in reports.sites]
    )[reports.intervals.sites]
    high_ms = sums.looking_ms * 3 // 4
    medium_ms = sums.looking_ms // 5 + sums.unsure_ms // 10
    bands = {
        "band_high_ms": high_ms,
        "band_medium_ms": medium_ms,
        "band_low_ms": sums.person_ms - high_ms - medium_ms,
    }
    columns = {
        name: pa.array(values[report_of], mask=is_former[report_of])
        for name, values in bands.items()
    }
    words = {
        "attention_basis": AttentionBasis.ANGLES.value,
        "detector_version": "simulated",
        "attention_version": "simulated",
        "config_digest": "0" * 12,
    }
    versions = pa.array(["lake-history-2", "lake-history-1"])
    agents = versions.take(pa.array(is_former[report_of].astype(np.int64)))
    return columns | {"agent_version": agents} | {
        name: pa.repeat(word, len(report_of)) for name, word in words.items()
    }  # fmt: skip


def _to_part_table(reports: _Reports, table: LakeTable, part: PartRows) -> pa.Table:
    nothing = np.zeros(len(part.reports), dtype=np.int64)
    return _to_table(table, _to_key(reports, part.reports, nothing) | part.columns)


def _to_key(reports: _Reports, report_of: Ints, later_us: Ints) -> dict[str, Any]:
    """The columns that identify a report, and when it was received."""
    intervals, slots = reports.intervals, reports.slots
    site_of = pa.array(intervals.sites[report_of])
    slot_of = intervals.slots[report_of]
    names = {
        "location": [str(site.address.location) for site in reports.sites],
        "device": [str(site.address.device) for site in reports.sites],
        "stream_id": [str(site.journal(slots.day)) for site in reports.sites],
    }
    return {
        **{name: pa.array(values).take(site_of) for name, values in names.items()},
        "first_sequence": slot_of + 1,
        "starts_at": pa.array(slots.starts_us[slot_of], TIMESTAMP),
        "received_at": pa.array(reports.received_us[report_of] + later_us, TIMESTAMP),
    }


def _to_table(table: LakeTable, columns: Mapping[str, Any]) -> pa.Table:
    return table.conform(pa.table(dict(columns)))
