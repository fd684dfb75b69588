"""Ctrl-C in the first seconds of any program: no traceback, status 130.

A program that has begun its work by then ends it in order, with 0; one that is about to exit is
ended by the signal itself, which a shell shows as 130 too. Until Python has loaded the first module
of ours nothing can be promised, so the moments count from there.
"""

import re
import signal
import subprocess
import sys
import time

import av
import numpy as np
import pytest

from provisioning.__main__ import main as provisioning
from simulators.servers.mosquitto import free_port
from tests.cloud.databases import new_database
from wire.process import interrupts

MOMENTS_S = (0.1, 0.3, 0.6, 1.1, 1.8, 2.8)  # after ours begins to load
"""Each program is interrupted at one of them; those that people start most, at all."""
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


def upgraded_database(folder):
    return ["--database", new_database(folder)]


def cloud_serve(folder, _):
    return ["cloud", "serve", *upgraded_database(folder), "--port", str(free_port())]


def cloud_stream(folder, _):
    return ["cloud", "stream", *database(folder), "--broker", "mqtt://127.0.0.1:1"]


def cloud_watch(folder, _):
    return ["cloud", "alerts", "run", *upgraded_database(folder)]


def cloud_forecast(folder, _):
    return ["cloud", "forecast", *upgraded_database(folder)]


def fleet_serve(folder, _):
    return ["cloud.fleet", "serve", *database(folder), "--broker", "mqtt://127.0.0.1:1"]


def authority_in(folder):
    assert provisioning(["ca", "init", "--dir", f"{folder}/ca", "--name", "Test"]) == 0
    return f"{folder}/ca"


def signer(folder, _):
    return ["provisioning", "ca-service", "--dir", authority_in(folder)]


def broker(folder, _):
    return [
        "provisioning", "broker", "--dir", f"{folder}/broker", "--authority", authority_in(folder),
        "--host", "localhost", "--port", str(free_port()), "--no-auth-plugin",
    ]  # fmt: skip


def fleet_simulator(folder, _):
    return ["simulators", "fleet", "--cameras", "2", "--broker", "mqtt://127.0.0.1:1"]


def scene_simulator(folder, _):
    files = ["--out", f"{folder}/clip.mp4", "--truth", f"{folder}/truth.json"]
    return ["simulators", "scene", "--people", "3", "--seconds", "300", *files]


def models_list(_, __):
    return ["models", "list"]


def models_speed(_, __):
    return ["models", "evaluate", "speed"]


def wire_check(_, __):
    return ["wire", "check"]


STARTED_MOST = (edge_run, cloud_serve)
PROGRAMS = (
    *STARTED_MOST, edge_check, cloud_stream, cloud_watch, cloud_forecast, fleet_serve,
    signer, broker, fleet_simulator, scene_simulator, models_list, models_speed, wire_check,
)  # fmt: skip


def moments_of(program):
    return MOMENTS_S if program in STARTED_MOST else MOMENTS_S[PROGRAMS.index(program) % 6 :: 6]


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


def begun(words, said):
    """A process that has loaded the first module of ours: Python tells of every import."""
    with said.open("wb") as output:  # a pipe that nobody reads would stop it
        process = subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", *words], stdout=output, stderr=output
        )
    loaded = re.compile(rf"{re.escape(interrupts.__name__)}$", re.M)
    deadline = time.monotonic() + 60
    while not loaded.search(said.read_text()):
        assert process.poll() is None, "it ended before it loaded anything of ours"
        assert time.monotonic() < deadline, "it loads nothing of ours"
        time.sleep(0.02)
    return process


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.__name__)
def test_ctrl_c_in_the_first_seconds_prints_no_traceback(program, tmp_path, clip):
    words = program(tmp_path, clip)
    for moment_s in moments_of(program):
        output = tmp_path / "said.txt"
        process = begun(words, output)
        try:
            process.wait(moment_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        finally:
            process.kill()
        said = "\n".join(line for line in output.read_text().splitlines() if "import t" not in line)
        assert "Traceback" not in said, (moment_s, said)
        assert "KeyboardInterrupt" not in said, (moment_s, said)
        if process.returncode not in (IN_ORDER, INTERRUPTED, -signal.SIGINT):
            assert process.returncode in (1, 2), (moment_s, process.returncode, said)
            break  # it ended by itself before: nothing was interrupted
