"""One Mosquitto process: starts it, reads its log, reloads it once it is ready, stops it.

A separate thread reads Mosquitto's stderr and does nothing else, so that the pipe never fills: a
full pipe blocks Mosquitto in the middle of its main loop. What is not taken out in time is bounded
in bytes; beyond the bound whole chunks are discarded and counted.

Before Mosquitto has installed its signal handlers a SIGHUP ends it. So a reload that is asked for
earlier waits until the process is ready.
"""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from provisioning.broker.settings import BrokerError

READ_BYTES: Final = 256 * 1024
PENDING_BYTES: Final = 32 * 1024 * 1024
STOP_TIMEOUT_S: Final = 10.0
DRAIN_TIMEOUT_S: Final = 2.0
READY_TIMEOUT_S: Final = 5.0  # after that, an open socket counts as ready
RUNNING: Final = " running"
STARTED_BY: Final = "mosquitto version "
SBIN: Final = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"


class LogReader:
    """Lines of a stream, read on a separate thread; `take` never blocks it."""

    def __init__(self, stream: IO[bytes], *, pending_bytes: int = PENDING_BYTES) -> None:
        self._stream = stream
        self._limit = pending_bytes
        self._chunks: deque[bytes] = deque()
        self._pending = 0
        self._discarded = 0
        self._is_cut = False
        self._torn = b""
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._drain, name="broker-log", daemon=True)
        self._thread.start()

    def take(self, wait_s: float) -> list[str]:
        """The lines that have come; waits a little for the first one."""
        with self._news:
            if not self._chunks:
                self._news.wait(wait_s)
            came, self._pending = b"".join(self._chunks), 0
            self._chunks.clear()
        *lines, self._torn = (self._torn + came).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def take_discarded(self) -> int:
        """How many bytes were discarded since the last call."""
        with self._news:
            discarded, self._discarded = self._discarded, 0
        return discarded

    def join(self, timeout_s: float) -> None:
        """Wait until the stream has ended."""
        self._thread.join(timeout_s)

    def _drain(self) -> None:
        descriptor = self._stream.fileno()
        while chunk := os.read(descriptor, READ_BYTES):
            with self._news:
                self._keep(chunk)
                self._news.notify()

    def _keep(self, chunk: bytes) -> None:
        if self._pending + len(chunk) > self._limit:
            self._discarded += len(chunk)
            self._is_cut = True
            return
        if self._is_cut:  # the next chunk does not continue the stored text
            chunk, self._is_cut = b"\n" + chunk, False
        self._pending += len(chunk)
        self._chunks.append(chunk)


class BrokerProcess:
    """One run of Mosquitto with one configuration file."""

    def __init__(
        self,
        config: Path,
        control_socket: Path,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._control_socket = control_socket
        self._seconds = seconds
        self._started_s = seconds()
        self._is_reload_pending = False
        self.is_ready = False
        self._process = subprocess.Popen(  # noqa: S603 - the path comes from `binary`
            [find_mosquitto(), "-c", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stderr is not None
        self._log = LogReader(self._process.stderr)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while the process runs."""
        return self._process.poll()

    def lines(self, wait_s: float) -> list[str]:
        """Lines of the log since the last call; also detects that the process is ready."""
        lines = self._log.take(wait_s)
        if not self.is_ready and self._has_become_ready(lines):
            self.is_ready = True
            if self._is_reload_pending:
                self.reload()
        return lines

    def take_discarded(self) -> int:
        """Bytes of the log that were discarded since the last call."""
        return self._log.take_discarded()

    def reload(self) -> None:
        """Have the files read again: now, or when the process is ready."""
        self._is_reload_pending = not self.is_ready
        if self.is_ready:
            self._process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()

    def stop(self) -> None:
        """Terminate it; kill it after the time limit."""
        if self.exit_code is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.close()

    def close(self) -> list[str]:
        """Release the pipe of a process that has ended; its last lines."""
        self._log.join(DRAIN_TIMEOUT_S)
        lines = self._log.take(0)
        if self._process.stderr is not None:
            self._process.stderr.close()
        return lines

    def _has_become_ready(self, lines: list[str]) -> bool:
        if any(line.startswith(STARTED_BY) and line.endswith(RUNNING) for line in lines):
            return True
        waited_s = self._seconds() - self._started_s
        return waited_s > READY_TIMEOUT_S and self._control_socket.exists()


def find_mosquitto() -> str:
    """Mosquitto's path, also where only root's PATH leads."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path=SBIN)
    if found is None:
        raise BrokerError("mosquitto was not found: install it (Debian: apt-get install mosquitto)")
    return found
