"""The watchdog with a real notification socket; time is that of the test."""

import math
import os
import socket
import threading
import time

import pytest

from edge_agent.agent import Agent
from edge_agent.capture.factory import open_camera
from edge_agent.outbox import Outbox
from edge_agent.settings.loading import parse
from edge_agent.state_board import StateBoard
from edge_agent.status.watchdog import Watchdog
from edge_agent.transport.loopback import LoopbackLink
from tests.programs import run_program
from wire.scalars import DeviceId

CAMERA = DeviceId("kx-01-cam-1")


@pytest.fixture
def systemd(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
        notifications.bind(str(tmp_path / "notify"))
        notifications.settimeout(10)
        yield notifications


def environment(systemd, **more):
    return {"NOTIFY_SOCKET": systemd.getsockname(), **more}


def test_the_watchdog_notifies_ready_alive_and_stopping(systemd):
    board = StateBoard()
    with Watchdog(board, environment=environment(systemd, WATCHDOG_USEC="30000")):
        assert systemd.recv(99) == b"READY=1"
        assert systemd.recv(99) == b"WATCHDOG=1"
    received = [systemd.recv(99)]
    while received[-1] == b"WATCHDOG=1":
        received.append(systemd.recv(99))
    assert received[-1] == b"STOPPING=1"


def test_a_loop_that_hangs_stops_the_watchdog_and_is_logged_once(systemd, caplog):
    #  pulse at 100 s          131 s: hangs     132 s: still    140 s: turns again
    board = StateBoard()
    board.record_heartbeat(CAMERA, 100.0)
    board.record_heartbeat(DeviceId("other"), 139.0)
    watchdog = Watchdog(board, environment=environment(systemd), hangs_after_s=30)
    assert [watchdog.check(129.0), watchdog.check(131.0), watchdog.check(132.0)] == [
        True,
        False,
        False,
    ]
    assert [record.device for record in caplog.records if record.message == "agent.hangs"] == [
        CAMERA
    ]
    board.record_heartbeat(CAMERA, 140.0)
    assert watchdog.check(141.0)
    assert [systemd.recv(99) for _ in range(2)] == [b"WATCHDOG=1"] * 2
    systemd.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.recv(99)


def test_the_log_says_where_a_loop_hangs(caplog):
    board, go = StateBoard(), threading.Event()
    thread = threading.Thread(target=go.wait, name=CAMERA, daemon=True)
    thread.start()
    board.record_heartbeat(CAMERA, 0.0)
    Watchdog(board, environment={}).check(31.0)
    go.set()
    thread.join()
    assert "self._cond.wait" in caplog.records[-1].where


class Stuck:
    """A detector that does not come back from its tenth picture until it is let go."""

    name, version = "stuck", "1"

    def __init__(self):
        self.calls, self.reached, self.go = 0, threading.Event(), threading.Event()

    def faces(self, image):
        self.calls += 1
        if self.calls == 10:
            self.reached.set()
            self.go.wait(30)
        return []


def test_a_real_loop_that_hangs_is_detected_and_a_running_one_is_not(
    address, pose, street, film, tmp_path
):
    path = film(street(n / 10, [(100 + n, 60)]) for n in range(60))
    stuck, board = Stuck(), StateBoard()
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    settings = parse("[motion]\nalways = true\n")
    agent = Agent(
        settings,
        address=address,
        camera=open_camera(str(path), settings.capture, speed=math.inf),
        detector=stuck,
        pose=pose,
        outbox=outbox,
        link=LoopbackLink(address, lambda event: True),
        board=board,
    )
    thread = threading.Thread(target=agent.run, kwargs={"drain_s": 0})
    thread.start()
    assert stuck.reached.wait(30)
    watchdog = Watchdog(board, environment={})
    assert watchdog.check(time.monotonic())
    assert not watchdog.check(time.monotonic() + 31)
    stuck.go.set()
    thread.join()
    outbox.close()
    assert watchdog.check(time.monotonic() + 31), "an ended agent counts as hanging"


def test_an_agent_that_exited_in_order_is_not_awaited():
    board = StateBoard()
    board.record_heartbeat(CAMERA, 0.0)
    board.remove_heartbeat(CAMERA)
    assert Watchdog(board, environment={}).check(1_000.0)


@pytest.mark.parametrize("address", ["", "/no/such/socket", "@onlooker-nobody"])
def test_without_systemd_the_agent_runs(address):
    with Watchdog(StateBoard(), environment={"NOTIFY_SOCKET": address}) as watchdog:
        assert watchdog.check(0.0)


def test_the_agent_itself_reports_to_systemd(systemd, film, street, tmp_path):
    path = film(street(n / 10) for n in range(30))
    done = run_program(
        ["edge_agent", "run", "--source", path, "--speed", "max",
         "--location", "KX-01", "--device", CAMERA, "--broker", "mqtt://127.0.0.1:1",
         "--outbox", tmp_path / "outbox", "--drain", "0"],
        env={**os.environ, **environment(systemd, WATCHDOG_USEC="20000000")},
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [systemd.recv(99), systemd.recv(99)] == [b"READY=1", b"STOPPING=1"]
