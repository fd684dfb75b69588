"""A live camera behind a process of its own: it may hang, crash or leak, and is replaced.

A worker that says nothing for too long, or whose reader does not, is killed. Five deaths within a
minute are no accident: then a minute passes before the next attempt, and the time is blind.
"""

import logging
import os
import select
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import cv2
import msgspec
import numpy as np

from edge_agent.capture.camera import Counters, Rest
from edge_agent.capture.stream import Source
from edge_agent.capture.worker import LENGTH_BYTES, NEXT, NEXT_RESTING, Order, Reply, framed
from edge_agent.frame import Frame, Image, Silence
from edge_agent.settings import CaptureSettings
from wire.health import CaptureState

log = logging.getLogger(__name__)

SILENCE_EVERY_S: Final = 1.0
ANSWER_WITHIN_S: Final = 10.0  # a worker answers every second, but on a busy machine starts slowly
DEATHS: Final = 5
DEATHS_WITHIN_S: Final = 60.0
REST_S: Final = 60.0
PROGRAM: Final = "from edge_agent.capture.worker import main; main()"
HEADER_LIMIT_BYTES: Final = 64 * 1024


class WorkerGoneError(RuntimeError):
    """The worker died, hung or spoke nonsense."""


class IsolatedCamera:
    """A live source read by a worker process; iterating starts it."""

    def __init__(
        self,
        source: Source,
        settings: CaptureSettings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = source.name
        self.state = CaptureState.STARTING
        self.counters = Counters()
        self.workers = 0
        self._source = source
        self._settings = settings
        self._clock = clock
        self._steady = steady
        self._begun_s = steady()
        self._quiet_limit_s = (
            settings.open_timeout_s + settings.read_timeout_s + settings.longest_backoff_s + 5
        )
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
        order = Order(self._source, self._settings, self._begun_s)
        self._worker = Worker(order)
        self.workers += 1
        self._outdated = False
        try:
            while not (self._closed.is_set() or self._outdated or self._rest is Rest.ASLEEP):
                yield from self._exchange(self._worker, before)
        except WorkerGoneError as error:
            self._deaths.append(self._steady())
            self.state = CaptureState.FAILED
            self.counters.reconnects += 1
            log.warning("capture.worker_gone", extra={"source": self.name, "reason": str(error)})
        finally:
            self._bury()

    def _exchange(self, worker: "Worker", before: Counters) -> Iterator[Frame | Silence]:
        """Ask once, and wait for the answer with a silence every second."""
        worker.ask(resting=self._rest is Rest.DOZING)
        asked_s = self._steady()
        while not worker.has_answer(SILENCE_EVERY_S):
            if self._steady() - asked_s > ANSWER_WITHIN_S:
                raise WorkerGoneError(f"no answer within {ANSWER_WITHIN_S:.0f} s")
            if self._closed.is_set():
                return
            yield self._silence()
        reply, planes = worker.answer(self._steady() + ANSWER_WITHIN_S, self._steady)
        if reply.quiet_s > self._quiet_limit_s:
            raise WorkerGoneError(f"its reader has hung for {reply.quiet_s:.0f} s")
        self._take_over(reply, before)
        yield _moment(reply, planes, before.captured)

    def _take_over(self, reply: Reply, before: Counters) -> None:
        reconnects = before.reconnects + reply.reconnects
        if reconnects > self.counters.reconnects:
            log.warning("capture.interrupted", extra={"source": self.name, "reason": reply.trouble})
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


class Worker:
    """One worker process and the two pipes to it."""

    def __init__(self, order: Order) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and program
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # a Ctrl-C is for the agent, who then ends the worker
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders = self._process.stdin
        self._replies = self._process.stdout
        self._write(framed(msgspec.msgpack.encode(order)))

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, *, resting: bool) -> None:
        self._write(NEXT_RESTING if resting else NEXT)

    def has_answer(self, within_s: float) -> bool:
        return bool(select.select([self._replies], [], [], within_s)[0])

    def answer(self, deadline_s: float, steady: Callable[[], float]) -> tuple[Reply, Image | None]:
        """Read one reply, whole, before the deadline."""
        length = int.from_bytes(self._read(LENGTH_BYTES, deadline_s, steady), "big")
        if length > HEADER_LIMIT_BYTES:
            raise WorkerGoneError(f"a header of {length} bytes")
        try:
            reply = msgspec.msgpack.decode(self._read(length, deadline_s, steady), type=Reply)
        except msgspec.DecodeError as error:
            raise WorkerGoneError(f"a header that cannot be read: {error}") from error
        if not reply.height_px:
            return reply, None
        content = self._read(reply.planes_bytes, deadline_s, steady)
        return reply, np.frombuffer(content, np.uint8).reshape(-1, reply.width_px)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._orders.close()
        self._replies.close()

    def _write(self, message: bytes) -> None:
        try:
            self._orders.write(message)
        except OSError as error:
            raise WorkerGoneError(f"it takes no order: {error}") from error

    def _read(self, size: int, deadline_s: float, steady: Callable[[], float]) -> bytearray:
        content, filled = bytearray(size), 0
        while filled < size:
            if not self.has_answer(max(deadline_s - steady(), 0)):
                raise WorkerGoneError(f"its answer stopped after {filled} of {size} bytes")
            count = os.readv(self._replies.fileno(), [memoryview(content)[filled:]])
            if not count:
                raise WorkerGoneError(f"it ended ({self._process.poll()})")
            filled += count
        return content


def _moment(reply: Reply, planes: Image | None, earlier: int) -> Frame | Silence:
    if planes is None:
        return Silence(reply.captured_at, reply.elapsed_s, reply.resting)
    return Frame(
        lambda: np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), dtype=np.uint8),
        reply.captured_at,
        reply.elapsed_s,
        reply.index + earlier,
        luma=lambda: planes[: reply.height_px],
    )
