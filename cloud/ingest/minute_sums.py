"""Reports as rows that add up: one row per location, minute and camera.

Reports of one minute are added here before the database adds them to the stored row, so neither the
order nor the batching of reports changes a total.
"""

from datetime import timedelta
from operator import add
from typing import Final

from cloud.database import CREATIVE_SUMS, EPOCH, SUMS
from wire.audience import (
    FORMER_UNKNOWN_CREATIVE,
    UNKNOWN_CREATIVE,
    AudienceReport,
    BlindCause,
)

MINUTE: Final = timedelta(minutes=1)
_MILLISECOND: Final = timedelta(milliseconds=1)
_CAUSES: Final = tuple(BlindCause)

MinuteKey = tuple[str, int, str]  # location, minute in seconds since 1970, device


def report_minute(report: AudienceReport) -> int:
    """The minute in which the report starts, as seconds since 1970."""
    return (report.starts_at - EPOCH) // MINUTE * 60


def report_sums(report: AudienceReport) -> list[int]:
    """The report's numbers in the order of `SUMS`."""
    blind, frames = report.blind_ms, report.frames
    return [
        1,
        (report.ends_at - report.starts_at) // _MILLISECOND,
        report.observed_ms,
        *(blind.get(cause, 0) for cause in _CAUSES),
        report.person_ms,
        report.facing_ms,
        report.looking_ms,
        report.unsure_ms,
        report.entries,
        report.visits,
        report.onlookers,
        report.dwell_ms,
        frames.captured,
        frames.dropped,
        frames.analysed,
        *report.dwell_histogram,
        *report.attention_histogram,
        *_bands(report),
    ]


def _bands(report: AudienceReport) -> tuple[int, int, int, int]:
    bands = report.bands
    return (1, bands.high_ms, bands.medium_ms, bands.low_ms) if bands else (0, 0, 0, 0)


class MinuteSums:
    """Rows for one transaction."""

    def __init__(self) -> None:
        self.minutes: dict[MinuteKey, list[int]] = {}  # sums, then the peak
        self.hours: dict[MinuteKey, list[int]] = {}  # the same by clock hour
        self.creatives: dict[tuple[str, int, str, str], list[int]] = {}  # of these hours
        self.demographics: dict[tuple[str, int, str, str, str], list[int]] = {}
        self.sensors: dict[tuple[str, int, str, str], list[int]] = {}

    def add(self, report: AudienceReport) -> None:
        """Count one report."""
        minute_at = report_minute(report)
        key = (report.location, minute_at, report.device)
        sums = [*report_sums(report), report.peak]
        _merge(self.minutes, key, sums)
        _merge(self.hours, (report.location, minute_at // 3600 * 3600, report.device), sums)
        if report.creatives:
            self._add_creatives(key, report)
        if report.demographics:
            self._add_demographics(key, report)
        if report.sensors:
            self._add_sensors(key, report)

    def _add_creatives(self, key: MinuteKey, report: AudienceReport) -> None:
        location, minute_at, device = key
        hour = location, minute_at // 3600 * 3600, device
        for name, new in (report.creatives or {}).items():
            creative = UNKNOWN_CREATIVE if name == FORMER_UNKNOWN_CREATIVE else name
            held = self.creatives.setdefault((*hour, creative), [0] * len(CREATIVE_SUMS))
            held[:] = (
                total + getattr(new, column)
                for total, column in zip(held, CREATIVE_SUMS, strict=True)
            )

    def _add_demographics(self, key: MinuteKey, report: AudienceReport) -> None:
        for cell in report.demographics:
            held = self.demographics.setdefault((*key, str(cell.age), str(cell.gender)), [0, 0])
            held[0] += cell.visits
            held[1] += cell.onlookers

    def _add_sensors(self, key: MinuteKey, report: AudienceReport) -> None:
        for name, new in report.sensors.items():
            held = self.sensors.setdefault((*key, name), [0, 0, new.least_milli, new.most_milli])
            held[0] += new.samples
            held[1] += new.total_milli
            held[2] = min(held[2], new.least_milli)
            held[3] = max(held[3], new.most_milli)


def _merge(rows: dict[MinuteKey, list[int]], key: MinuteKey, sums: list[int]) -> None:
    held = rows.get(key)
    if held is None:
        rows[key] = sums
    else:
        rows[key] = [*map(add, held[:-1], sums), max(held[-1], sums[-1])]


assert len(SUMS) == 12 + 11 + 15 + 13 + 4  # what `sums_of` lists
