"""Adds sightings up per interval: who was in view, for how long.

All times are whole milliseconds of the camera's monotonic timeline, cut on the UTC grid, so that
any two interval lengths give exactly the same totals. A state holds from one frame to the next, for
`longest_gap_s` at most; time beyond that is unobserved, with the cause "offline". An interval is
closed `settle_ms` after its end, when every unconfirmed track in it has become a person, counted
from its first sighting, or has been discarded.

The monotonic timeline is tied to wall-clock time once. When the wall clock departs from it by more
than half a second, the clock was set: open intervals are closed as they are and new ones begin.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from edge_agent.metering.creative_shares import TimedSpan
from edge_agent.metering.demographic_counts import DemographicCounts
from edge_agent.metering.interval_sums import EPOCH, IntervalSums, ZoneCounts
from edge_agent.metering.visit import Visit, VisitSpan
from edge_agent.perception.attention import Attention, attention_band
from edge_agent.perception.demographics import Demographics
from edge_agent.perception.sightings import Sighting, SnapshotCounts, Visibility
from edge_agent.player.now_playing import PlayHistory
from edge_agent.settings.camera_settings import Settings
from wire.audience import AttentionBasis, BlindCause
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS, bucket_of

CLOCK_WAS_SET_MS: Final = 500
NO_DEMOGRAPHICS: Final[Mapping[int, Demographics]] = {}
LOOKING: Final = Attention.LOOKING


class FrameArrivals(NamedTuple):
    """Frames since the last observation."""

    captured: int = 0
    dropped: int = 0
    analysed: int = 0


class AudienceMeter:
    """The open intervals and current visits of one camera."""

    def __init__(self, settings: Settings, playing: PlayHistory | None = None) -> None:
        self._playing = playing
        self._follow(settings)
        self._era = 0
        self._demographic_counts = DemographicCounts(settings.privacy.smallest_cell)
        self._offset_ms: int | None = None  # wall-clock minus monotonic
        self._last_ms = 0
        self._view = Visibility(observed=False)
        self._open: list[IntervalSums] = []
        self._closed: list[IntervalSums] = []
        self._visits: dict[int, Visit] = {}

    def apply_settings(self, settings: Settings) -> None:
        """Use these settings; open intervals keep their length and the versions of their start."""
        self._follow(settings)
        self._era += 1
        if settings.privacy.smallest_cell != self._demographic_counts.smallest:
            self._demographic_counts = DemographicCounts(settings.privacy.smallest_cell)

    def _follow(self, settings: Settings) -> None:
        tracking = settings.tracking
        self._interval_ms = settings.interval_s * 1000
        self._longest_gap_ms = round(tracking.longest_gap_s * 1000)
        self._settle_ms = round(1000 * max(tracking.lost_after_s, tracking.confirm_within_s))
        self._limits = settings.attention
        self._basis = AttentionBasis.SCREEN if settings.view else AttentionBasis.ANGLES
        self._zones = [zone.name for zone in settings.zones]

    def observe(
        self,
        captured_at: datetime,
        elapsed_s: float,
        view: Visibility,
        *,
        arrivals: FrameArrivals = FrameArrivals(),  # noqa: B008  an immutable tuple of zeros
        seen: Sequence[Sighting] = (),
        ended: Iterable[int] = (),
        demographics: Mapping[int, Demographics] = NO_DEMOGRAPHICS,
        snapshot: SnapshotCounts | None = None,
    ) -> None:
        """Add one frame or gap; `demographics` are those of some ended tracks, `snapshot` is older
        than the frame.
        """
        self._advance(captured_at, round(elapsed_s * 1000))
        self._interval_at(self._last_ms)  # opens the intervals that the following calls need
        for track in ended:
            self._end(track, demographics.get(track))
        for sighting in seen:
            self._add_sighting(sighting)
        if snapshot is not None:
            self._interval_at(round(snapshot.at_s * 1000)).add_snapshot(
                snapshot.people, snapshot.facing, snapshot.looking
            )
        self.count_frames(arrivals)
        self._view = view

    def count_frames(self, arrivals: FrameArrivals) -> None:
        """Count frames in the current interval."""
        if self._offset_ms is not None:
            interval = self._interval_at(self._last_ms)
            interval.captured += arrivals.captured
            interval.dropped += arrivals.dropped
            interval.analysed += arrivals.analysed

    def add_reading(self, sensor: str, value_milli: int) -> None:
        """Add a sensor reading to the current interval."""
        if self._offset_ms is not None:
            self._interval_at(self._last_ms).add_reading(sensor, value_milli)

    def close_due(self) -> list[IntervalSums]:
        """Intervals that cannot change any more, oldest first."""
        while self._open and self._open[0].ends_ms + self._settle_ms <= self._last_ms:
            self._close_interval(self._open.pop(0))
        closed, self._closed = self._closed, []
        return closed

    def close(self) -> list[IntervalSums]:
        """All remaining intervals; the last one ends where observation ended."""
        for track in list(self._visits):
            self._end(track, None)
        self._cut()
        return self.close_due()

    # Below, all times are monotonic milliseconds; `_close_interval` converts an interval to UTC.

    def _advance(self, captured_at: datetime, now_ms: int) -> None:
        offset_ms = (captured_at - EPOCH) // timedelta(milliseconds=1) - now_ms
        if self._offset_ms is None:
            self._offset_ms, self._last_ms = offset_ms, now_ms
            return
        now_ms = max(now_ms, self._last_ms)
        self._add_time(self._last_ms, now_ms)
        self._last_ms = now_ms
        if abs(offset_ms - self._offset_ms) > CLOCK_WAS_SET_MS:
            self._cut()
            self._offset_ms = offset_ms

    def _add_time(self, first_ms: int, last_ms: int) -> None:
        known_ms = min(last_ms, first_ms + self._longest_gap_ms)
        for interval, since_ms, span_ms in self._spread(first_ms, known_ms):
            if self._view.cause is not None:
                interval.blind_ms[self._view.cause] += span_ms
            elif self._view.observed:
                interval.observed_ms += span_ms
                self._add_span(interval, TimedSpan(since_ms, since_ms + span_ms, None))
        for interval, _, span_ms in self._spread(known_ms, last_ms):
            interval.blind_ms[BlindCause.OFFLINE] += span_ms

    def _add_span(self, interval: IntervalSums, span: TimedSpan) -> None:
        if self._playing is not None:
            interval.spans.append(span)

    def _add_sighting(self, sighting: Sighting) -> None:
        visit = self._visits.get(sighting.track)
        if visit is None:
            visit = Visit(sighting.track, self._last_ms, self._last_ms, sighting.attention)
            visit.record_attention(sighting.attention)
            self._visits[sighting.track] = visit
        else:
            known_ms = min(self._last_ms, visit.last_ms + self._longest_gap_ms)
            span = VisitSpan(visit.last_ms, known_ms, visit.attention, visit.zones, visit.band)
            visit.extend(span, sighting.attention, self._limits)
            visit.waiting.append(span)
            visit.last_ms = self._last_ms
        visit.band = attention_band(sighting.looking_ratio)
        entered = visit.enter_zones(sighting.zones, self._last_ms)
        if sighting.confirmed:
            self._add_confirmed(visit, entered)

    def _add_confirmed(self, visit: Visit, entered: Sequence[str]) -> None:
        if not visit.confirmed:
            visit.confirmed = True
            self._interval_at(visit.first_ms).entries += 1
            entered = list(visit.zone_entries_ms)
        for zone in entered:
            self._interval_at(visit.zone_entries_ms[zone]).zone(zone).entries += 1
        for span in visit.waiting:
            for interval, since_ms, span_ms in self._spread(span.first_ms, span.last_ms):
                interval.attention_ms[span.attention] += span_ms
                interval.band_ms[span.band] += span_ms
                until_ms = since_ms + span_ms
                self._add_span(interval, TimedSpan(since_ms, until_ms, span.attention, visit.track))
                _add_to_zones(interval, visit, span, span_ms)
        self._mark_presence(visit)
        visit.waiting.clear()

    def _mark_presence(self, visit: Visit) -> None:
        for interval in self._open:
            first_ms = max(visit.first_ms, interval.starts_ms)
            last_ms = min(visit.last_ms, interval.ends_ms)
            if first_ms <= last_ms and first_ms < interval.ends_ms:
                interval.presence[visit.track] = (first_ms, last_ms)

    def _end(self, track: int, person: Demographics | None) -> None:
        visit = self._visits.pop(track, None)
        if visit is None or not visit.confirmed:
            return
        interval = self._interval_at(visit.last_ms)
        interval.visits += 1
        interval.onlookers += visit.engaged
        interval.dwell_ms += visit.dwell_ms
        interval.dwell_histogram[bucket_of(visit.dwell_ms, DWELL_EDGES_MS)] += 1
        interval.attention_histogram[bucket_of(visit.looking_ms, ATTENTION_EDGES_MS)] += 1
        if person is not None:
            self._demographic_counts.add(person, engaged=visit.engaged)

    def _interval_at(self, at_ms: int) -> IntervalSums:
        """The open interval of an instant; earlier instants belong to the first one."""
        if not self._open:
            self._open.append(self._create_interval(at_ms))
        while self._open[-1].ends_ms <= at_ms:
            starts_ms = self._open[-1].ends_ms
            self._open.append(self._create_interval(starts_ms))
        return next(interval for interval in self._open if at_ms < interval.ends_ms)

    def _create_interval(self, starts_ms: int) -> IntervalSums:
        zones = {name: ZoneCounts() for name in self._zones}
        return IntervalSums(
            starts_ms, self._grid_after(starts_ms), self._basis, zones=zones, era=self._era
        )

    def _spread(self, first_ms: int, last_ms: int) -> list[tuple[IntervalSums, int, int]]:
        """Split a span among the intervals that it crosses: interval, start, milliseconds."""
        shares = []
        while first_ms < last_ms:
            interval = self._interval_at(first_ms)
            until_ms = min(last_ms, interval.ends_ms)
            shares.append((interval, first_ms, until_ms - first_ms))
            first_ms = until_ms
        return shares

    def _grid_after(self, at_ms: int) -> int:
        assert self._offset_ms is not None
        utc_ms = at_ms + self._offset_ms
        return (utc_ms // self._interval_ms + 1) * self._interval_ms - self._offset_ms

    def _cut(self) -> None:
        """End every open interval now; one without length and frames is dropped."""
        for interval in self._open:
            if interval.starts_ms >= self._last_ms and not interval.captured:
                continue
            interval.ends_ms = min(interval.ends_ms, max(self._last_ms, interval.starts_ms + 1))
            self._close_interval(interval)
        self._open.clear()

    def _close_interval(self, interval: IntervalSums) -> None:
        assert self._offset_ms is not None
        interval.starts_ms += self._offset_ms
        interval.ends_ms += self._offset_ms
        if self._playing is not None:
            interval.split_by_creative(self._playing, self._offset_ms)
        interval.spans.clear()
        interval.cells = self._demographic_counts.cells(interval.visits, interval.onlookers)
        interval.expressions = self._demographic_counts.expressions(interval.visits)
        self._closed.append(interval)


def _add_to_zones(interval: IntervalSums, visit: Visit, span: VisitSpan, span_ms: int) -> None:
    """Add part of a span to its zones, and to the time outside of the other zones."""
    for name, zone in interval.zones.items():
        if name in span.zones:
            zone.person_ms += span_ms
            zone.looking_ms += span_ms * (span.attention is LOOKING)
            zone.beside.update(other for other in span.zones if other != name)
        else:
            zone.outside_ms += span_ms
            zone.outside += name not in visit.outside
            visit.outside.add(name)
