"""A fork server: one small process that has loaded the libraries and forks workers.

A new interpreter for every camera would cost some 37 MB and half a second; a forked process shares
memory until it writes to it. The fork server has one thread and opens no camera, so forking it is
safe. It ends with the agent, and is replaced when it fails.
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

FORK_TIMEOUT_S: Final = 20.0  # loading is slow on a busy machine
KILL_TIMEOUT_S: Final = 1.0  # a process that hangs in the kernel ends later, without a wait
PID_BYTES: Final = 4
ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
PROGRAM: Final = (
    "import sys; from edge_agent.capture.workers.worker_process import run_fork_server; "
    "run_fork_server(sys.argv[1])"
)


class WorkerHandle:
    """A worker process and the two pipes to it."""

    def __init__(self, pid: int, requests: BinaryIO, replies: BinaryIO) -> None:
        self.pid = pid
        self.requests = requests
        self.replies = replies
        self._handle: int | None = None
        with suppress(ProcessLookupError):  # it has already ended
            self._handle = os.pidfd_open(pid)

    def kill(self) -> None:
        """Kill the process; may be called twice."""
        if self._handle is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            select.select([self._handle], [], [], KILL_TIMEOUT_S)
            os.close(self._handle)
            self._handle = None
        for pipe in (self.requests, self.replies):
            with suppress(OSError):
                pipe.close()


class ForkServer:
    """The process that forks workers; `fork_worker` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def fork_worker(self) -> WorkerHandle:
        """Fork a worker; raises OSError when the fork server and its replacement fail."""
        with self._lock:
            try:
                return self._fork()
            except OSError:
                self._close()
                return self._fork()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _fork(self) -> WorkerHandle:
        control = self._control or self._start()
        requests, to_requests = os.pipe()
        from_worker, replies = os.pipe()
        try:
            socket.send_fds(control, [b"w"], [requests, replies])
            answer = control.recv(PID_BYTES)
            if len(answer) != PID_BYTES:
                raise ConnectionError("the fork server has ended")
        except OSError:
            os.close(to_requests)
            os.close(from_worker)
            raise
        finally:
            os.close(requests)
            os.close(replies)
        pid = int.from_bytes(answer, "big")
        return WorkerHandle(
            pid,
            os.fdopen(to_requests, "wb", buffering=0),
            os.fdopen(from_worker, "rb", buffering=0),
        )

    def _start(self) -> socket.socket:
        ours, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and program
                [sys.executable, "-c", PROGRAM, str(its.fileno())],
                pass_fds=[its.fileno()],
                env={**os.environ, **ENVIRONMENT},
                start_new_session=True,  # Ctrl-C goes to the agent, which then ends the workers
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
    """In the fork server: fork for every pair of pipes until the agent closes the socket."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # exited workers are reaped by the kernel
    gc.collect()
    gc.freeze()  # the garbage collector would write to every shared page
    while True:
        _, pipes, _, _ = socket.recv_fds(control, 1, 2)
        if len(pipes) != 2:
            return
        pid = os.fork()
        if pid == 0:
            control.close()
            try:
                with os.fdopen(pipes[0], "rb") as requests, os.fdopen(pipes[1], "wb") as replies:
                    serve(requests, replies)
            finally:
                os._exit(0)
        for pipe in pipes:
            os.close(pipe)
        control.sendall(pid.to_bytes(PID_BYTES, "big"))


FORK_SERVER: Final = ForkServer()
