"""Where workers come from: one small process that has everything loaded, and forks.

An interpreter of its own would cost every camera some 37 MB and half a second before it reads
anything; a fork shares what is loaded until it changes it. The nursery runs one thread and touches
no camera, so forking it is safe; it ends when the agent does, and is replaced when it dies.
"""

import gc
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, Final

FORK_TIMEOUT_S: Final = 20.0  # a busy machine loads slowly
KILL_TIMEOUT_S: Final = 1.0  # what hangs in the kernel dies later, and is not waited for
PID_BYTES: Final = 4
ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
PROGRAM: Final = (
    "import sys; from edge_agent.capture.workers.worker_process import forking; "
    "forking(sys.argv[1])"
)


class WorkerHandle:
    """A worker process and the two pipes to it."""

    def __init__(self, pid: int, orders: BinaryIO, replies: BinaryIO) -> None:
        self.pid = pid
        self.orders = orders
        self.replies = replies
        self._handle: int | None = None
        with suppress(ProcessLookupError):  # it has died already
            self._handle = os.pidfd_open(pid)

    def kill(self) -> None:
        """End it whatever it does; doing so twice is harmless."""
        if self._handle is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            select.select([self._handle], [], [], KILL_TIMEOUT_S)
            os.close(self._handle)
            self._handle = None
        for pipe in (self.orders, self.replies):
            with suppress(OSError):
                pipe.close()


class ForkServer:
    """The one process that forks workers for this one; `worker` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def fork_worker(self) -> WorkerHandle:
        """Fork a worker; OSError when not even a second nursery can."""
        with self._lock:
            try:
                return self._born()
            except OSError:
                self._close()
                return self._born()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _born(self) -> WorkerHandle:
        control = self._control or self._opened()
        orders, to_orders = os.pipe()
        from_replies, replies = os.pipe()
        try:
            socket.send_fds(control, [b"w"], [orders, replies])
            told = control.recv(PID_BYTES)
            if len(told) != PID_BYTES:
                raise ConnectionError("the nursery has ended")
        except OSError:
            os.close(to_orders)
            os.close(from_replies)
            raise
        finally:
            os.close(orders)
            os.close(replies)
        pid = int.from_bytes(told, "big")
        return WorkerHandle(
            pid, os.fdopen(to_orders, "wb", buffering=0), os.fdopen(from_replies, "rb", buffering=0)
        )

    def _opened(self) -> socket.socket:
        ours, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and program
                [sys.executable, "-c", PROGRAM, str(its.fileno())],
                pass_fds=[its.fileno()],
                env={**os.environ, **ENVIRONMENT},
                start_new_session=True,  # a Ctrl-C is for the agent, who then ends the workers
            )
        ours.settimeout(FORK_TIMEOUT_S)
        self._control = ours
        return ours

    def _close(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._control = self._process = None


def fork_on_request(control: socket.socket, serve: Callable[[BinaryIO, BinaryIO], None]) -> None:
    """In the nursery: fork for every pair of pipes that comes, until the agent hangs up."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    gc.collect()
    gc.freeze()  # the collector would write into every page that is shared
    while True:
        _, pipes, _, _ = socket.recv_fds(control, 1, 2)
        if len(pipes) != 2:
            return
        pid = os.fork()
        if pid == 0:
            control.close()
            try:
                with os.fdopen(pipes[0], "rb") as orders, os.fdopen(pipes[1], "wb") as replies:
                    serve(orders, replies)
            finally:
                os._exit(0)
        for pipe in pipes:
            os.close(pipe)
        control.sendall(pid.to_bytes(PID_BYTES, "big"))


FORK_SERVER: Final = ForkServer()
