"""Ctrl-C in the first seconds of any program: no traceback, status 130.

A program that has begun its work by then ends it in order, with 0; one that is about to exit is
ended by the signal itself, which a shell shows as 130 too. Until Python has loaded the first module
of ours nothing can be promised, so the moments count from twice the time that this takes here.
"""

import signal
import subprocess
import sys
import time

import av
import numpy as np
import pytest

from simulators.mosquitto import free_port

MOMENTS_S = (0.0, 0.2, 0.5, 1.0, 1.7, 2.7)
IN_ORDER = 0
INTERRUPTED = 130


def edge_run(folder, film):
    return ["edge_agent", "run", *camera(folder, film), "--loop"]


def edge_check(folder, film):
    return ["edge_agent", "check", *camera(folder, film)]


def camera(folder, film):
    return [
        "--source", film, "--location", "KX-01", "--device", "kx-01-cam-1",
        "--broker", "mqtt://127.0.0.1:1", "--outbox", f"{folder}/outbox.sqlite3", "--drain", "0",
    ]  # fmt: skip


def database(folder):
    return ["--database", f"sqlite:///{folder}/onlooker.db"]


def cloud_serve(folder, _):
    return ["cloud", "serve", *database(folder), "--port", str(free_port())]


def cloud_stream(folder, _):
    return ["cloud", "stream", *database(folder), "--broker", "mqtt://127.0.0.1:1"]


def cloud_watch(folder, _):
    return ["cloud", "watch", *database(folder)]


def cloud_forecast(folder, _):
    return ["cloud", "forecast", *database(folder)]


def fleet_serve(folder, _):
    return ["cloud.fleet", "serve", *database(folder), "--broker", "mqtt://127.0.0.1:1"]


def authority_in(folder):
    made = ["ca", "init", "--dir", f"{folder}/ca", "--name", "Test"]
    done = subprocess.run([sys.executable, "-m", "provisioning", *made], capture_output=True)
    assert done.returncode == 0, done.stderr
    return f"{folder}/ca"


def signer(folder, _):
    return ["provisioning", "signer", "--dir", authority_in(folder)]


def broker(folder, _):
    return [
        "provisioning", "broker", "--dir", f"{folder}/broker", "--authority", authority_in(folder),
        "--host", "localhost", "--port", str(free_port()), "--unguarded",
    ]  # fmt: skip


def fleet_simulator(folder, _):
    return ["simulators", "fleet", "--cameras", "2", "--broker", "mqtt://127.0.0.1:1"]


PROGRAMS = (
    edge_run, edge_check, cloud_serve, cloud_stream, cloud_watch, cloud_forecast, fleet_serve,
    signer, broker, fleet_simulator,
)  # fmt: skip


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A grey video of three seconds."""
    path = str(tmp_path_factory.mktemp("clip") / "grey.mp4")
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        grey = av.VideoFrame.from_ndarray(np.full((180, 320, 3), 128, np.uint8), format="rgb24")
        for _ in range(30):
            container.mux(stream.encode(grey))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def loaded_s():
    """Seconds after which Python has certainly loaded the first module of ours."""
    took = []
    for _ in range(3):
        began_s = time.monotonic()
        subprocess.run([sys.executable, "-c", "import runpy, wire.interrupts"], check=True)
        took.append(time.monotonic() - began_s)
    return 2 * max(took)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.__name__)
def test_ctrl_c_in_the_first_seconds_prints_no_traceback(program, tmp_path, clip, loaded_s):
    words = program(tmp_path, clip)
    for moment_s in MOMENTS_S:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            process.wait(loaded_s + moment_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        said = "".join(process.communicate(timeout=60))
        assert "Traceback" not in said, (moment_s, said)
        assert "KeyboardInterrupt" not in said, (moment_s, said)
        if process.returncode not in (IN_ORDER, INTERRUPTED, -signal.SIGINT):
            assert process.returncode in (1, 2), (moment_s, process.returncode, said)
            break  # it ended by itself before: nothing was interrupted
