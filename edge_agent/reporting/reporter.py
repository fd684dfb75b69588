"""Stores, sends and acknowledges the reports of one camera; heartbeats and alarms.

No report is lost while the disk fails: reports wait in memory until the disk accepts them.
"""

import logging
import math
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from msgspec import structs

from edge_agent.capture.camera import Counters
from edge_agent.capture.failure_cause import FailureCause
from edge_agent.metering.interval_sums import IntervalSums
from edge_agent.metering.run_totals import RunTotals
from edge_agent.metering.withholding import ReleasedSums, Withholding
from edge_agent.outbox import Link, Outbox, OutboxDamagedError, OutboxError, ReportSender
from edge_agent.outbox.streams import StreamStatus
from edge_agent.privacy.egress_filter import EgressFilter
from edge_agent.privacy.filtered_link import FilteredLink
from edge_agent.privacy.suppression import round_frames
from edge_agent.reporting.alarms import Alarms
from edge_agent.reporting.connection_quality import ConnectionQuality
from edge_agent.reporting.system_health import disk_free_bytes, rss_bytes, temperature_milli_c
from edge_agent.selection.motion_gate import GateCounters
from edge_agent.settings.privacy import PrivacySettings
from edge_agent.settings.transport import LinkSettings
from edge_agent.state_board import StateBoard, StateSnapshot
from edge_agent.wall_clock import EARLIEST_AT, WallClock, is_synchronized
from wire.audience import Versions
from wire.envelope import alarm_event, encode_event, heartbeat_event
from wire.health import CaptureState, DeviceFigures, GateCounts, Heartbeat
from wire.topics import Channel, DeviceAddress

log = logging.getLogger(__name__)

DRAIN_STEP_S: Final = 0.02
STATE_INTERVAL_S: Final = 1.0
CLOCK_ERROR_LIMIT_MS: Final = 120_000  # the cloud rejects reports from more than five minutes ahead
BLOCKED_ALARM_S: Final = 60.0
DISK_RETRY_FACTOR: Final = (
    10  # the next attempt waits this many times the duration of the failed call
)
FINAL_ATTEMPTS: Final = 5
DISK_FAILED_AT_END: Final = (
    "the disk rejects reports and the agent ends: their time is not reported"
)
MEMORY_FULL: Final = "the disk rejects reports and memory holds no more: their time is not reported"
MAX_UNSTORED_REPORTS: Final = 2880  # a day of half-minute intervals in memory while the disk fails


class CameraHealth(NamedTuple):
    """The state of a camera in a heartbeat."""

    source: str
    capture: CaptureState
    counters: Counters
    gate: GateCounters
    trouble: str = ""  # why no pictures arrive


class OutboxSummary(NamedTuple):
    """The state of the outbox in a heartbeat; the last known values while the disk fails."""

    reports: int
    oldest_at: datetime | None
    stream: StreamStatus


class Reporter:
    """The reports of one camera. A report states the versions that were in use when it began."""

    def __init__(
        self,
        address: DeviceAddress,
        versions: Versions,
        outbox: Outbox,
        link: Link,
        settings: LinkSettings,
        *,
        privacy: PrivacySettings,
        board: StateBoard,
        clock: Callable[[], datetime],
        steady: Callable[[], float],
    ) -> None:
        self.boot = secrets.token_hex(8)
        self.totals = RunTotals()
        self._versions = [versions]  # by number of settings changes
        self.disk_failing = False
        self._address = address
        self._outbox = outbox
        self._egress = EgressFilter(
            address, smallest_cell=privacy.smallest_cell, sensors=privacy.sensors
        )
        self._link = FilteredLink(link, self._egress)
        self._settings = settings
        self._clock = clock
        self._steady = steady
        self._sender = ReportSender(outbox, self._link, settings)
        self._alarms = Alarms(address)
        self._connection = ConnectionQuality()
        self._board = board
        self._withholding = Withholding(privacy.smallest_cell, outbox.withheld, address.location)
        self._unstored: deque[ReleasedSums] = deque()
        self._wall_clock = WallClock()
        self._began_at = clock()
        self._first_row = outbox.next_row
        self._waiting = OutboxSummary(outbox.depth, outbox.oldest_at, outbox.status(0))
        self._beats = 0
        self._disk_again_s = -math.inf
        self._dropped = 0
        self._clock_was_wrong_by = timedelta(0)
        self._ahead_ms: int | None = None
        self._refusals_reported = 0
        self._refused_s = -math.inf
        self._started_s = steady()
        self._beat_s = -settings.heartbeat_s
        self._posted_s = -STATE_INTERVAL_S
        self._skips_drain = False

    def start(self) -> None:
        self._link.start()

    def apply_settings(
        self, settings: LinkSettings, versions: Versions, *, privacy: PrivacySettings
    ) -> None:
        """Use other settings or models; later intervals state the new versions."""
        self._settings = settings
        self._egress.smallest_cell = privacy.smallest_cell
        self._egress.sensors = privacy.sensors
        self._versions.append(versions)

    def add_intervals(self, intervals: Iterable[IntervalSums]) -> None:
        """Add closed intervals; the next `pump` stores what may be reported of them."""
        self._queue(self._withholding.release(intervals))

    def observe_clock(self, at: datetime, elapsed_s: float) -> None:
        """Record a moment on both clocks.

        Intervals measured before a wrong clock was set are corrected, except those already sent.
        """
        wrong_by = self._wall_clock.observe(at, elapsed_s)
        if wrong_by is not None:
            for released in self._unstored:
                if released.interval is not None:
                    released.interval.move(wrong_by)
            self._withholding.move(wrong_by)
            self._clock_was_wrong_by += wrong_by
        self._began_at = at - timedelta(seconds=elapsed_s)

    def pump(self) -> None:
        """Store and send what is due. A failing disk is logged once and tried again."""
        now_s = self._steady()
        if now_s < self._disk_again_s:
            self._send_notices()
            return
        try:
            self._correct_dates()
            self._store()
            self._sender.pump(now_s)
            self._compare_clocks()
        except OutboxError as error:
            failed_s = self._steady()
            self._disk_again_s = failed_s + DISK_RETRY_FACTOR * (failed_s - now_s)
            if not self.disk_failing:
                log.error("outbox.failed", extra={"reason": str(error)})
            self.disk_failing = True
            self._send_notices()
            if isinstance(error, OutboxDamagedError):
                self._recover()
        else:
            self.disk_failing = False

    def beat(self, vitals: CameraHealth) -> None:
        """Update the state board, and send a heartbeat when one is due."""
        now_s = self._steady()
        self._board.record_heartbeat(self._address.device, time.monotonic())
        self._connection.record(now_s, vitals.capture, vitals.counters)
        is_due = now_s - self._beat_s >= self._settings.heartbeat_s and self._link.connected
        if not is_due and now_s - self._posted_s < STATE_INTERVAL_S:
            return
        beat = self._heartbeat(now_s, vitals)
        self._posted_s = now_s
        totals = self.totals.as_fields()
        snapshot = StateSnapshot(vitals.source, beat, totals, self._link.connected, vitals.trouble)
        self._board.publish(self._address.device, snapshot)
        if is_due:
            self._beat_s = now_s
            self._beats += 1
            self._link.send(Channel.HEARTBEAT, encode_event(heartbeat_event(beat)))

    def update_alarms(
        self, kinds: set[str], at_s: float, at: datetime, *, cause: FailureCause | None = None
    ) -> None:
        """Raise and clear alarms; `kinds` are the current faults, `cause` that of the camera."""
        if self.disk_failing:
            kinds = kinds | {"outbox.failed"}
        if self._outbox.is_over_budget:
            kinds = kinds | {"outbox.full"}
        kinds = kinds | self._sender.alarm_kinds
        if at < EARLIEST_AT:
            kinds = kinds | {"clock.unset"}
        elif abs(self._ahead_ms or 0) > CLOCK_ERROR_LIMIT_MS:
            kinds = kinds | {"clock.wrong"}
        if self._egress.blocked.total() > self._refusals_reported:
            self._refusals_reported, self._refused_s = self._egress.blocked.total(), at_s
        if at_s - self._refused_s < BLOCKED_ALARM_S:
            kinds = kinds | {"privacy.refused"}
        for alarm in self._alarms.watch(kinds, at_s, at, cause=cause):
            log.warning("alarm", extra={"kind": alarm.kind, "state": str(alarm.state)})
            self._sender.queue_alarm(Channel.ALARM, encode_event(alarm_event(alarm)))

    def finish(self, drain_s: float) -> None:
        """Wait up to `drain_s` for acknowledgements, then disconnect."""
        self._board.remove_heartbeat(self._address.device)
        give_up_s = self._steady() + drain_s
        self._queue(self._withholding.close())
        self._store_finally()
        while self._count_unacknowledged() and self._steady() < give_up_s and not self._skips_drain:
            time.sleep(DRAIN_STEP_S)
            self.pump()
        if self._unstored_reports:
            lost = {"reports": self._unstored_reports, "reason": DISK_FAILED_AT_END}
            log.error("reports.dropped", extra=lost)
        self.totals.unacknowledged = self._count_unacknowledged()
        self._link.stop()

    def skip_drain(self) -> None:
        """Wait for no acknowledgement in `finish`, from any thread; reports stay in the outbox."""
        self._skips_drain = True

    def _correct_dates(self) -> None:
        if self._clock_was_wrong_by:
            self._outbox.correct_times(self._first_row, self._clock_was_wrong_by)
            self._clock_was_wrong_by = timedelta(0)
        if self._outbox.has_undated and self._began_at >= EARLIEST_AT:  # from an earlier run
            self._outbox.date_undated(self._began_at)

    def _compare_clocks(self) -> None:
        if self._sender.cloud_time is not None:
            ahead = self._clock() - self._sender.cloud_time
            self._ahead_ms = ahead // timedelta(milliseconds=1)
            self._sender.cloud_time = None

    def _queue(self, every: Iterable[ReleasedSums]) -> None:
        """Queue in memory until it is stored; of the withheld sums only the latest are needed."""
        for released in every:
            if released.interval is None and self._unstored and self._unstored[-1].interval is None:
                if released.withheld is not None:
                    self._unstored[-1] = released
                continue
            if len(self._unstored) >= MAX_UNSTORED_REPORTS:
                self._unstored.popleft()
                self._dropped += 1
                log.error(
                    "reports.dropped", extra={"reports": self._dropped, "reason": MEMORY_FULL}
                )
            self._unstored.append(released)

    def _store(self) -> None:
        while self._unstored:
            self._store_one(self._unstored[0])
            self._unstored.popleft()

    def _store_one(self, released: ReleasedSums) -> None:
        interval, withheld = released
        if interval is not None:
            try:
                report_for = partial(interval.report, self._address, self._versions[interval.era])
                self.totals.add(self._outbox.put(report_for, withheld=withheld))
                return
            except (
                ValueError
            ) as error:  # a defect of the agent, which must not affect the next report
                log.error(
                    "report.inconsistent", extra={"reason": str(error), "interval": repr(interval)}
                )
        if withheld is not None:
            self._outbox.withhold(withheld)

    def _store_finally(self) -> None:
        """Store what is only in memory, with several attempts while the disk fails."""
        for _ in range(FINAL_ATTEMPTS):
            self._disk_again_s = -math.inf
            self.pump()
            if not self.disk_failing:
                return

    def _send_notices(self) -> None:
        """Send alarms, which need no disk."""
        if self._link.connected:
            self._sender.send_alarms()

    def _recover(self) -> None:
        """Start a new outbox if this one is damaged; reports in memory are stored there."""
        with suppress(OutboxError):  # tried again at the next error
            if self._outbox.recover():
                self._first_row = self._outbox.next_row

    def _summarize_outbox(self) -> OutboxSummary:
        if self._steady() >= self._disk_again_s:
            with suppress(OutboxError):  # `pump` logs it
                outbox, turn = self._outbox, self._beats
                self._waiting = OutboxSummary(outbox.depth, outbox.oldest_at, outbox.status(turn))
        return self._waiting

    def _heartbeat(self, now_s: float, vitals: CameraHealth) -> Heartbeat:
        waiting = self._summarize_outbox()
        return Heartbeat(
            location=self._address.location,
            device=self._address.device,
            journal=waiting.stream.id,
            boot=self.boot,
            sent_at=self._clock(),
            uptime_ms=round((now_s - self._started_s) * 1000),
            capture=vitals.capture,
            frames_captured=vitals.counters.captured,
            frames_analysed=self.totals.analysed,
            reconnects=vitals.counters.reconnects,
            outbox_reports=waiting.reports + self._unstored_reports,
            outbox_oldest_at=waiting.oldest_at,
            next_sequence=waiting.stream.next_sequence,
            oldest_sequence=waiting.stream.oldest_sequence,
            rss_bytes=rss_bytes(),
            gate=self._gate(vitals.gate),
            figures=self._figures(vitals),
            versions=self._versions[-1],
        )

    def _gate(self, counters: GateCounters) -> GateCounts:
        counts = GateCounts(**asdict(counters))
        if self._egress.smallest_cell <= 1:
            return counts
        return structs.replace(
            counts,
            by_track=round_frames(counts.by_track),
            by_motion=round_frames(counts.by_motion),
            by_heartbeat=round_frames(counts.by_heartbeat),
        )

    def _figures(self, vitals: CameraHealth) -> DeviceFigures:
        return DeviceFigures(
            connection=self._connection.level,
            frames_milli_hz=round(1000 * self._connection.rate_hz),
            frames_dropped=vitals.counters.dropped,
            stalls=self._connection.stalls,
            model_faults=self.totals.model_faults,
            outbox_bytes=self._outbox.bytes,
            outbox_merges=self._outbox.downsampled,
            egress_refusals=self._egress.blocked.total(),
            disk_free_bytes=disk_free_bytes(self._outbox.path.parent),
            clock_kept=is_synchronized(),
            clock_ahead_ms=self._ahead_ms,
            temperature_milli_c=temperature_milli_c(),
            alarms=self._alarms.raised,
        )

    def _count_unacknowledged(self) -> int:
        """The number of reports that the cloud has not acknowledged."""
        try:
            return self._outbox.depth + self._unstored_reports
        except OutboxError:
            return self._unstored_reports

    @property
    def _unstored_reports(self) -> int:
        return sum(released.interval is not None for released in self._unstored)
