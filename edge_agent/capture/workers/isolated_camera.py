"""A live camera that is read by a worker process, which is replaced when it hangs or crashes.

A worker that does not answer in time, or whose reader makes no progress, is killed. After five
failures within a minute the next attempt follows a minute later; that time is unobserved.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import cv2
import msgspec
import numpy as np

from edge_agent.capture.camera import ActivityLevel, Counters
from edge_agent.capture.dual_camera import REST_AFTER_S
from edge_agent.capture.failure import CaptureFailure
from edge_agent.capture.failure_cause import FailureCause
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.capture.source import LiveSource
from edge_agent.capture.workers.fork_server import FORK_SERVER, WorkerHandle
from edge_agent.capture.workers.worker_ipc import WorkerAnswer, WorkerClient, WorkerLostError
from edge_agent.capture.workers.worker_process import WorkerReply, WorkerRequest
from edge_agent.settings.capture import CaptureSettings
from wire.clock import utc_now
from wire.health import CaptureState

log = logging.getLogger(__name__)

GAP_INTERVAL_S: Final = 1.0
ANSWER_TIMEOUT_S: Final = 10.0  # a worker answers every second, but starts slowly on a busy machine
MAX_CRASHES: Final = 5
CRASH_WINDOW_S: Final = 60.0
CRASH_PAUSE_S: Final = 60.0


class IsolatedCamera:
    """A live source read by a worker process; iterating starts it."""

    def __init__(
        self,
        source: LiveSource,
        settings: CaptureSettings,
        *,
        substream: LiveSource | None = None,
        clock: Callable[[], datetime] = utc_now,
        steady: Callable[[], float] = time.monotonic,
        fork_worker: Callable[[], WorkerHandle] = FORK_SERVER.fork_worker,
    ) -> None:
        self.name = source.name
        self.state = CaptureState.STARTING
        self.counters = Counters()
        self.failure: CaptureFailure | None = None
        self.workers = 0
        self._source = source
        self._substream = substream
        self._is_software = False
        self._settings = settings
        self._clock = clock
        self._steady = steady
        self._fork_worker = fork_worker
        self._begun_s = steady()
        patience_s = max(settings.read_timeout_s, source.patience_s)
        self._quiet_limit_s = settings.open_timeout_s + patience_s + settings.longest_backoff_s + 5
        self._crashes: deque[float] = deque(maxlen=MAX_CRASHES)
        self._closed = threading.Event()
        self._worker: WorkerClient | None = None
        self._activity = ActivityLevel.FULL
        self._outdated = False

    @property
    def pid(self) -> int | None:
        """The process id of the current worker."""
        return self._worker.pid if self._worker else None

    def close(self) -> None:
        self._closed.set()

    @property
    def rest_after_s(self) -> float:
        return self._settings.rest_after_s or (REST_AFTER_S if self._substream else 0.0)

    def set_activity(self, activity: ActivityLevel) -> None:
        """Decode this much from the next answer on; OFF ends the worker."""
        self._activity = activity

    def apply_settings(self, settings: CaptureSettings) -> None:
        """Start another worker, unless only the masks differ, which the agent applies."""
        unmasked = msgspec.structs.replace(settings, masks=self._settings.masks)
        self._outdated = self._outdated or unmasked != self._settings
        self._settings = settings

    def __iter__(self) -> Iterator[Frame | FrameGap]:
        try:
            while not self._closed.is_set():
                if self._activity is ActivityLevel.OFF:
                    self.state = CaptureState.PAUSED
                    yield from self._pause(GAP_INTERVAL_S)
                elif self._has_crashed_often():
                    yield from self._pause(GAP_INTERVAL_S)
                else:
                    yield from self._run_worker()
                    yield from self._pause(self._settings.backoff_s)
        finally:
            self._end_worker()

    def _run_worker(self) -> Iterator[Frame | FrameGap]:
        before = Counters(self.counters.captured, self.counters.dropped, self.counters.reconnects)
        self.workers += 1
        self._outdated = False
        request = WorkerRequest(self._source, self._settings, self._begun_s, self._substream)
        try:
            self._worker = WorkerClient(request, self._fork_worker)
            while not (
                self._closed.is_set() or self._outdated or self._activity is ActivityLevel.OFF
            ):
                yield from self._exchange(self._worker, before)
        except WorkerLostError as error:
            self._crashes.append(self._steady())
            self.state = CaptureState.FAILED
            self.counters.reconnects += 1
            self.failure = CaptureFailure(FailureCause.WORKER_FAILED, str(error))
            log.warning("capture.worker_gone", extra={"source": self.name, "reason": str(error)})
        finally:
            self._end_worker()

    def _exchange(self, worker: WorkerClient, before: Counters) -> Iterator[Frame | FrameGap]:
        """Send one request and wait for the answer, with a gap every second."""
        worker.ask(resting=self._activity is ActivityLevel.KEY_PICTURES)
        asked_s = self._steady()
        while not worker.has_answer(GAP_INTERVAL_S):
            if self._steady() - asked_s > ANSWER_TIMEOUT_S:
                raise WorkerLostError(f"no answer within {ANSWER_TIMEOUT_S:.0f} s")
            if self._closed.is_set():
                return
            yield self._gap()
        answer = worker.answer(self._steady() + ANSWER_TIMEOUT_S, self._steady)
        reply = answer.reply
        if reply.quiet_s > self._quiet_limit_s:
            raise WorkerLostError(f"its reader has hung for {reply.quiet_s:.0f} s")
        self._record_reply(reply, before)
        yield _moment(answer, before.captured)

    def _record_reply(self, reply: WorkerReply, before: Counters) -> None:
        reconnects = before.reconnects + reply.reconnects
        self.failure = reply.failure or self.failure
        if reconnects > self.counters.reconnects and reply.failure is not None:
            cause, reason = str(reply.failure.cause), str(reply.failure)
            log.warning(
                "capture.interrupted",
                extra={"source": self.name, "cause": cause, "reason": reason},
            )
        if reply.is_software and not self._is_software:
            wanted = self._settings.hwaccel
            log.warning("capture.software", extra={"source": self.name, "wanted": wanted})
        self._is_software = reply.is_software
        self.state = reply.state
        self.counters.captured = before.captured + reply.captured
        self.counters.dropped = before.dropped + reply.dropped
        self.counters.reconnects = reconnects

    def _has_crashed_often(self) -> bool:
        if (
            len(self._crashes) < MAX_CRASHES
            or self._crashes[-1] - self._crashes[0] > CRASH_WINDOW_S
        ):
            return False
        return self._steady() - self._crashes[-1] < CRASH_PAUSE_S

    def _pause(self, pause_s: float) -> Iterator[FrameGap]:
        self._closed.wait(pause_s)
        yield self._gap()

    def _gap(self) -> FrameGap:
        return FrameGap(self._clock(), self._steady() - self._begun_s)

    def _end_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()


def _moment(answer: WorkerAnswer, earlier: int) -> Frame | FrameGap:
    reply, planes, luma = answer
    if planes is None:
        return FrameGap(reply.captured_at, reply.elapsed_s, reply.resting)
    return Frame(
        lambda: np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), dtype=np.uint8),
        reply.captured_at,
        reply.elapsed_s,
        reply.index + earlier,
        luma=lambda: planes[: reply.height_px] if luma is None else luma,
        is_coarse=reply.is_coarse,
    )
