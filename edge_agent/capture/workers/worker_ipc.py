"""The agent's side of the protocol with a worker: one request, one reply, with a time limit."""

import os
import select
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
import numpy as np

from edge_agent.capture.frame import Image
from edge_agent.capture.workers.fork_server import WorkerHandle
from edge_agent.capture.workers.worker_process import (
    LENGTH_BYTES,
    NEXT,
    NEXT_RESTING,
    WorkerReply,
    WorkerRequest,
    with_length,
)

HEADER_LIMIT_BYTES: Final = 64 * 1024


class WorkerLostError(RuntimeError):
    """The worker ended, hung, or sent invalid data."""


class WorkerAnswer(NamedTuple):
    """One reply of a worker. `planes` are I420; `luma` is that of the substream."""

    reply: WorkerReply
    planes: Image | None
    luma: Image | None


class WorkerClient:
    """The client of one worker process."""

    def __init__(self, request: WorkerRequest, fork_worker: Callable[[], WorkerHandle]) -> None:
        try:
            self._child = fork_worker()
        except OSError as error:
            raise WorkerLostError(f"no worker can be started: {error}") from error
        self._requests, self._replies = self._child.requests, self._child.replies
        try:
            self._write(with_length(msgspec.msgpack.encode(request)))
        except WorkerLostError:
            self._child.kill()
            raise

    @property
    def pid(self) -> int:
        return self._child.pid

    def ask(self, *, resting: bool) -> None:
        self._write(NEXT_RESTING if resting else NEXT)

    def has_answer(self, within_s: float) -> bool:
        return bool(select.select([self._replies], [], [], within_s)[0])

    def answer(self, deadline_s: float, steady: Callable[[], float]) -> WorkerAnswer:
        """Read one complete reply before the deadline."""
        length = int.from_bytes(self._read(LENGTH_BYTES, deadline_s, steady), "big")
        if length > HEADER_LIMIT_BYTES:
            raise WorkerLostError(f"a header of {length} bytes")
        try:
            reply = msgspec.msgpack.decode(self._read(length, deadline_s, steady), type=WorkerReply)
        except msgspec.DecodeError as error:
            raise WorkerLostError(f"a header that cannot be read: {error}") from error
        planes = self._read(reply.planes_bytes, deadline_s, steady)
        luma = self._read(reply.luma_bytes, deadline_s, steady)
        return WorkerAnswer(reply, _rows(planes, reply.width_px), _rows(luma, reply.luma_width_px))

    def kill(self) -> None:
        self._child.kill()

    def _write(self, message: bytes) -> None:
        try:
            self._requests.write(message)
        except OSError as error:
            raise WorkerLostError(f"it accepts no request: {error}") from error

    def _read(self, size: int, deadline_s: float, steady: Callable[[], float]) -> bytearray:
        content, filled = bytearray(size), 0
        while filled < size:
            if not self.has_answer(max(deadline_s - steady(), 0)):
                raise WorkerLostError(f"its answer stopped after {filled} of {size} bytes")
            count = os.readv(self._replies.fileno(), [memoryview(content)[filled:]])
            if not count:
                raise WorkerLostError("it ended")
            filled += count
        return content


def _rows(content: bytearray, width_px: int) -> Image | None:
    return np.frombuffer(content, np.uint8).reshape(-1, width_px) if content else None
