"""The fork server is replaced when it fails; a worker is killed by its process, not its number."""

import os
import signal
from pathlib import Path

import pytest

from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame
from edge_agent.capture.workers import fork_server
from edge_agent.capture.workers.fork_server import FORK_SERVER, ForkServer, WorkerHandle
from edge_agent.settings.capture import CaptureSettings
from tests.edge_agent.capture.workers.moments import take

QUICK = CaptureSettings(
    open_timeout_s=0.5, read_timeout_s=0.5, backoff_s=0.1, longest_backoff_s=0.2, analysed_fps=30
)


def test_a_killed_fork_server_is_replaced_and_its_workers_continue(station):
    first, second = open_camera(station, QUICK), open_camera(station, QUICK)
    moments = iter(first)
    take(moments, Frame)
    server, worker = FORK_SERVER.pid, first.pid
    os.kill(server, signal.SIGKILL)
    take(moments, Frame)
    others = iter(second)
    take(others, Frame)
    assert first.pid == worker
    assert FORK_SERVER.pid != server
    moments.close()
    others.close()


@pytest.fixture
def child():
    """A process that waits until it is killed, and the handle of it."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    yield WorkerHandle(pid, os.fdopen(write, "wb", buffering=0), os.fdopen(read, "rb", buffering=0))
    os.waitpid(pid, 0)


def test_a_killed_worker_has_ended_and_its_pipes_are_closed(child):
    child.kill()
    assert os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT).si_status == signal.SIGKILL
    assert child.requests.closed
    assert child.replies.closed
    child.kill()


def test_a_worker_that_has_already_ended_can_be_killed(child):
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    child.kill()
    assert child.requests.closed


def test_a_fork_server_that_fails_twice_is_an_error(monkeypatch):
    monkeypatch.setattr(fork_server, "PROGRAM", "raise SystemExit(3)")
    server = ForkServer()
    descriptors = Path("/proc/self/fd")
    open_before = {path.name for path in descriptors.iterdir()}
    with pytest.raises(OSError):  # noqa: PT011  ended, or the socket is reset
        server.fork_worker()
    server._close()
    assert server.pid is None
    assert {path.name for path in descriptors.iterdir()} == open_before
