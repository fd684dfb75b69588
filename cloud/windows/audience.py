"""The audience of an interval at one location: sums, and the ratios that are derived from them.

Only sums are stored. Every ratio is computed from them at the end and is None where nothing was
observed: "no visitor" is 0.0, "unobserved" is None. `crowd` and `peak` are per camera: two cameras
on one crowd do not make two crowds. Entries, visits and times are summed over the cameras.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from cloud.database import ATTENTION, BLIND, DWELL, SUMS
from cloud.windows.expected_cameras import Coverage
from wire.audience import BlindCause
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS, quantile_ms

PLAIN: Final = tuple(name for name in SUMS if name not in {*BLIND, *DWELL, *ATTENTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceSums:
    """Sums over some minutes of some cameras; the total of two tallies is the tally of both."""

    reports: int = 0
    interval_ms: int = 0
    observed_ms: int = 0
    blind_ms: Mapping[BlindCause, int]
    person_ms: int = 0
    facing_ms: int = 0
    looking_ms: int = 0
    unsure_ms: int = 0
    entries: int = 0
    visits: int = 0
    onlookers: int = 0
    dwell_ms: int = 0
    frames_captured: int = 0
    frames_dropped: int = 0
    frames_analysed: int = 0
    banded_reports: int = 0
    band_high_ms: int = 0
    band_medium_ms: int = 0
    band_low_ms: int = 0
    dwell_histogram: tuple[int, ...]
    attention_histogram: tuple[int, ...]
    peak: int = 0

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Self:
        """From a row of sums; zero where one is null or was not requested."""
        return cls(
            **{name: int(row.get(name) or 0) for name in (*PLAIN, "peak")},
            blind_ms={cause: int(row.get(f"blind_{cause}_ms") or 0) for cause in BlindCause},
            dwell_histogram=tuple(int(row.get(name) or 0) for name in DWELL),
            attention_histogram=tuple(int(row.get(name) or 0) for name in ATTENTION),
        )

    @classmethod
    def total(cls, tallies: Iterable["AudienceSums"]) -> Self:
        """The total of several tallies."""
        parts = list(tallies)
        if len(parts) == 1 and isinstance(parts[0], cls):
            return parts[0]
        return cls(
            **{name: sum(getattr(part, name) for part in parts) for name in PLAIN},
            blind_ms={cause: sum(part.blind_ms[cause] for part in parts) for cause in BlindCause},
            dwell_histogram=_added([part.dwell_histogram for part in parts], len(DWELL)),
            attention_histogram=_added(
                [part.attention_histogram for part in parts], len(ATTENTION)
            ),
            peak=max((part.peak for part in parts), default=0),
        )


@dataclass(frozen=True, slots=True)
class Audience:
    """The audience of one location from `starts_at` until just before `ends_at`."""

    location: str
    starts_at: datetime
    ends_at: datetime
    cameras: int
    tally: AudienceSums
    coverage: Coverage | None = None
    """The expected cameras; None where the sites file was not used."""

    @property
    def crowd(self) -> float | None:
        """People in view, on average over the observed time of a camera."""
        return _ratio(self.tally.person_ms, self.tally.observed_ms)

    @property
    def attention_rate(self) -> float | None:
        """Onlookers among the ended visits."""
        return _ratio(self.tally.onlookers, self.tally.visits)

    @property
    def looking_share(self) -> float | None:
        """How much of everybody's time in view was spent looking at the screen."""
        return _ratio(self.tally.looking_ms, self.tally.person_ms)

    @property
    def dwell_mean_ms(self) -> float | None:
        """Mean length of the ended visits."""
        return _ratio(self.tally.dwell_ms, self.tally.visits)

    def dwell_quantile_ms(self, share: float) -> float | None:
        """The dwell that `share` of the ended visits stayed below."""
        return quantile_ms(self.tally.dwell_histogram, DWELL_EDGES_MS, share)

    def attention_quantile_ms(self, share: float) -> float | None:
        """The looking time that `share` of the ended visits stayed below."""
        return quantile_ms(self.tally.attention_histogram, ATTENTION_EDGES_MS, share)

    @property
    def observed_share(self) -> float:
        """The share of the interval that the expected cameras observed; 0.0 where none is expected.

        Without the sites file, the cameras that reported count as the expected ones.
        """
        span_ms = (self.ends_at - self.starts_at) // timedelta(milliseconds=1)
        whole_ms = self.coverage.whole_ms if self.coverage else span_ms * self.cameras
        return min(1.0, self.tally.observed_ms / whole_ms) if whole_ms else 0.0

    @property
    def has_data(self) -> bool:
        """Whether anything was observed: without it no count is zero, it is unknown."""
        return self.tally.observed_ms > 0


def _added(histograms: list[tuple[int, ...]], buckets: int) -> tuple[int, ...]:
    return tuple(sum(counts) for counts in zip(*histograms, strict=True)) or (0,) * buckets


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
