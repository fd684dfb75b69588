"""A worker that is killed, hangs or sends invalid data is replaced; the camera continues."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec import structs

from edge_agent.capture.camera import ActivityLevel
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.capture.source import live_source
from edge_agent.capture.workers import isolated_camera
from edge_agent.capture.workers.fork_server import WorkerHandle
from edge_agent.capture.workers.isolated_camera import IsolatedCamera
from edge_agent.settings.capture import CaptureSettings
from tests.edge_agent.capture.workers.moments import SOON_S, take
from wire.health import CaptureState

QUICK = CaptureSettings(
    open_timeout_s=0.5, read_timeout_s=0.5, backoff_s=0.1, longest_backoff_s=0.2, analysed_fps=30
)


def test_a_live_camera_is_read_by_a_process_of_its_own(station):
    camera = open_camera(station, QUICK)
    assert isinstance(camera, IsolatedCamera)
    moments = iter(camera)
    frame = take(moments, Frame)
    assert frame.image.shape == (180, 320, 3)
    assert frame.luma().shape == (180, 320)
    assert abs(float(frame.image.mean()) - 115) < 10
    assert camera.pid not in (None, os.getpid())
    assert camera.state is CaptureState.STREAMING
    assert camera.counters.captured > 0
    moments.close()
    assert camera.pid is None


@pytest.mark.parametrize("station", [0.15], indirect=True)
def test_a_worker_at_rest_sends_fewer_frames_and_reports_that_it_streams(station):
    camera = open_camera(station, structs.replace(QUICK, open_timeout_s=5, read_timeout_s=5))
    moments = iter(camera)
    take(moments, Frame)
    camera.set_activity(ActivityLevel.KEY_PICTURES)
    deadline = time.monotonic() + SOON_S
    seen = [next(moments)]
    while not (isinstance(seen[-1], FrameGap) and seen[-1].resting):
        assert time.monotonic() < deadline
        seen.append(next(moments))
    assert camera.state is CaptureState.STREAMING
    camera.set_activity(ActivityLevel.FULL)
    take(moments, Frame)
    moments.close()


def test_the_password_is_on_no_command_line(station):
    camera = open_camera(station, QUICK)
    moments = iter(camera)
    take(moments, Frame)
    assert b"s3cr3t" not in Path(f"/proc/{camera.pid}/cmdline").read_bytes()
    assert "s3cr3t" not in camera.name
    moments.close()


def test_a_killed_worker_is_replaced_and_time_and_counts_continue(station):
    camera = open_camera(station, QUICK)
    moments = iter(camera)
    before = take(moments, Frame)
    captured = camera.counters.captured
    os.kill(camera.pid, signal.SIGKILL)
    take(moments, FrameGap)
    after = take(moments, Frame)
    assert camera.workers == 2
    assert after.elapsed_s > before.elapsed_s
    assert after.index > before.index
    assert camera.counters.captured > captured
    assert camera.counters.reconnects >= 1
    moments.close()


def test_a_worker_that_hangs_is_killed(station, monkeypatch):
    monkeypatch.setattr(isolated_camera, "ANSWER_TIMEOUT_S", 1.5)
    camera = open_camera(station, QUICK)
    moments = iter(camera)
    take(moments, Frame)
    hung = camera.pid
    os.kill(hung, signal.SIGSTOP)
    deadline = time.monotonic() + SOON_S
    while camera.pid == hung and time.monotonic() < deadline:
        next(moments)
    take(moments, Frame)
    assert camera.pid != hung
    assert not Path(f"/proc/{hung}").exists()
    moments.close()


@pytest.fixture
def substitute():
    """A worker that runs a program of its own, as `fork_worker` wants it."""
    started = []

    def run(program):
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        started.append(process)
        return WorkerHandle(process.pid, process.stdin, process.stdout)

    yield lambda program: lambda: run(program)
    for process in started:
        process.wait()


def test_five_exits_within_a_minute_cause_a_pause_of_a_minute(monkeypatch, substitute):
    monkeypatch.setattr(isolated_camera, "GAP_INTERVAL_S", 0.02)
    now = [1000.0]
    camera = IsolatedCamera(
        live_source("http://127.0.0.1:1/x", QUICK),
        QUICK,
        steady=lambda: now[0],
        fork_worker=substitute("raise SystemExit(3)"),
    )
    moments, deadline = iter(camera), time.monotonic() + SOON_S
    while camera.workers < 5 and time.monotonic() < deadline:
        next(moments)
    for _ in range(20):
        assert isinstance(next(moments), FrameGap)
    assert camera.workers == 5
    assert camera.state is CaptureState.FAILED
    now[0] += isolated_camera.CRASH_PAUSE_S + 1
    while camera.workers < 6 and time.monotonic() < deadline:
        next(moments)
    moments.close()


@pytest.mark.parametrize(
    "program",
    [
        "import sys; sys.stdout.buffer.write(b'\\xff' * 99); sys.stdout.flush(); input()",
        "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\4junk'); sys.stdout.flush(); input()",
    ],
)
def test_a_worker_that_sends_invalid_messages_is_replaced(substitute, program):
    camera = IsolatedCamera(
        live_source("http://127.0.0.1:1/x", QUICK), QUICK, fork_worker=substitute(program)
    )
    moments, deadline = iter(camera), time.monotonic() + SOON_S
    while camera.workers < 2 and time.monotonic() < deadline:
        assert isinstance(next(moments), FrameGap)
    assert camera.workers == 2
    moments.close()


PARENT = """
import sys
from edge_agent.capture.factory import open_camera
from edge_agent.settings.capture import CaptureSettings
camera = open_camera(sys.argv[1], CaptureSettings())
for _ in camera:
    print(camera.pid, flush=True)
"""


def test_no_worker_outlives_its_agent(station):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, station], stdout=subprocess.PIPE, text=True
    )
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + SOON_S
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()


def test_other_settings_take_another_worker_and_other_masks_do_not(station):
    camera = open_camera(station, QUICK)
    moments = iter(camera)
    before = take(moments, Frame)
    first = camera.pid
    camera.apply_settings(structs.replace(QUICK, masks=(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),)))
    take(moments, Frame)
    assert camera.pid == first
    camera.apply_settings(structs.replace(QUICK, analysed_fps=5))
    take(moments, FrameGap)
    after = take(moments, Frame)
    assert camera.pid != first
    assert after.elapsed_s > before.elapsed_s
    assert after.index > before.index
    assert camera.counters.reconnects == 0
    camera.close()
    list(moments)
