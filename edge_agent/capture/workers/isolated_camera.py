"""A live camera behind a process of its own: it may hang, crash or leak, and is replaced.

A worker that says nothing for too long, or whose reader does not, is killed. Five deaths within a
minute are no accident: then a minute passes before the next attempt, and the time is blind.
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

from edge_agent.capture.camera import Counters, Rest
from edge_agent.capture.dual_camera import REST_AFTER_S
from edge_agent.capture.failure import Trouble
from edge_agent.capture.failure_cause import Cause
from edge_agent.capture.frame import Frame, Silence
from edge_agent.capture.source import Source
from edge_agent.capture.workers.fork_server import NURSERY, Child
from edge_agent.capture.workers.worker_ipc import Answer, Worker, WorkerGoneError
from edge_agent.capture.workers.worker_process import Order, Reply
from edge_agent.settings.capture import CaptureSettings
from wire.clock import utc_now
from wire.health import CaptureState

log = logging.getLogger(__name__)

SILENCE_EVERY_S: Final = 1.0
ANSWER_WITHIN_S: Final = 10.0  # a worker answers every second, but on a busy machine starts slowly
DEATHS: Final = 5
DEATHS_WITHIN_S: Final = 60.0
REST_S: Final = 60.0


class IsolatedCamera:
    """A live source read by a worker process; iterating starts it."""

    def __init__(
        self,
        source: Source,
        settings: CaptureSettings,
        *,
        substream: Source | None = None,
        clock: Callable[[], datetime] = utc_now,
        steady: Callable[[], float] = time.monotonic,
        hire: Callable[[], Child] = NURSERY.worker,
    ) -> None:
        self.name = source.name
        self.state = CaptureState.STARTING
        self.counters = Counters()
        self.trouble: Trouble | None = None
        self.workers = 0
        self._source = source
        self._substream = substream
        self._is_software = False
        self._settings = settings
        self._clock = clock
        self._steady = steady
        self._hire = hire
        self._begun_s = steady()
        patience_s = max(settings.read_timeout_s, source.patience_s)
        self._quiet_limit_s = settings.open_timeout_s + patience_s + settings.longest_backoff_s + 5
        self._deaths: deque[float] = deque(maxlen=DEATHS)
        self._closed = threading.Event()
        self._worker: Worker | None = None
        self._rest = Rest.AWAKE
        self._outdated = False

    @property
    def pid(self) -> int | None:
        """Of the worker that reads at the moment."""
        return self._worker.pid if self._worker else None

    def close(self) -> None:
        self._closed.set()

    @property
    def rest_after_s(self) -> float:
        return self._settings.rest_after_s or (REST_AFTER_S if self._substream else 0.0)

    def rest(self, rest: Rest) -> None:
        """Do so little from the next answer on; a sleeper has no worker at all."""
        self._rest = rest

    def adopt(self, settings: CaptureSettings) -> None:
        """Give the work to another worker, unless only the masks differ: they are not its own."""
        unmasked = msgspec.structs.replace(settings, masks=self._settings.masks)
        self._outdated = self._outdated or unmasked != self._settings
        self._settings = settings

    def __iter__(self) -> Iterator[Frame | Silence]:
        try:
            while not self._closed.is_set():
                if self._rest is Rest.ASLEEP:
                    self.state = CaptureState.PAUSED
                    yield from self._pause(SILENCE_EVERY_S)
                elif self._deaths_were_too_many():
                    yield from self._pause(SILENCE_EVERY_S)
                else:
                    yield from self._life_of_a_worker()
                    yield from self._pause(self._settings.backoff_s)
        finally:
            self._bury()

    def _life_of_a_worker(self) -> Iterator[Frame | Silence]:
        before = Counters(self.counters.captured, self.counters.dropped, self.counters.reconnects)
        order = Order(self._source, self._settings, self._begun_s, self._substream)
        self.workers += 1
        self._outdated = False
        try:
            self._worker = Worker(order, self._hire)
            while not (self._closed.is_set() or self._outdated or self._rest is Rest.ASLEEP):
                yield from self._exchange(self._worker, before)
        except WorkerGoneError as error:
            self._deaths.append(self._steady())
            self.state = CaptureState.FAILED
            self.counters.reconnects += 1
            self.trouble = Trouble(Cause.WORKER_FAILED, str(error))
            log.warning("capture.worker_gone", extra={"source": self.name, "reason": str(error)})
        finally:
            self._bury()

    def _exchange(self, worker: Worker, before: Counters) -> Iterator[Frame | Silence]:
        """Ask once, and wait for the answer with a silence every second."""
        worker.ask(resting=self._rest is Rest.DOZING)
        asked_s = self._steady()
        while not worker.has_answer(SILENCE_EVERY_S):
            if self._steady() - asked_s > ANSWER_WITHIN_S:
                raise WorkerGoneError(f"no answer within {ANSWER_WITHIN_S:.0f} s")
            if self._closed.is_set():
                return
            yield self._silence()
        answer = worker.answer(self._steady() + ANSWER_WITHIN_S, self._steady)
        reply = answer.reply
        if reply.quiet_s > self._quiet_limit_s:
            raise WorkerGoneError(f"its reader has hung for {reply.quiet_s:.0f} s")
        self._take_over(reply, before)
        yield _moment(answer, before.captured)

    def _take_over(self, reply: Reply, before: Counters) -> None:
        reconnects = before.reconnects + reply.reconnects
        self.trouble = reply.trouble or self.trouble
        if reconnects > self.counters.reconnects and reply.trouble is not None:
            cause, reason = str(reply.trouble.cause), str(reply.trouble)
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

    def _deaths_were_too_many(self) -> bool:
        if len(self._deaths) < DEATHS or self._deaths[-1] - self._deaths[0] > DEATHS_WITHIN_S:
            return False
        return self._steady() - self._deaths[-1] < REST_S

    def _pause(self, pause_s: float) -> Iterator[Silence]:
        self._closed.wait(pause_s)
        yield self._silence()

    def _silence(self) -> Silence:
        return Silence(self._clock(), self._steady() - self._begun_s)

    def _bury(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()


def _moment(answer: Answer, earlier: int) -> Frame | Silence:
    reply, planes, luma = answer
    if planes is None:
        return Silence(reply.captured_at, reply.elapsed_s, reply.resting)
    return Frame(
        lambda: np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), dtype=np.uint8),
        reply.captured_at,
        reply.elapsed_s,
        reply.index + earlier,
        luma=lambda: planes[: reply.height_px] if luma is None else luma,
        is_coarse=reply.is_coarse,
    )
