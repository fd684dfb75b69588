"""The whole program as a process: enrolled, run, led by its shadow, renewed and begun anew."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from cloud.database import reading, writing
from cloud.fleet import desire, job_book, rollout
from cloud.fleet.jobs import Rollout
from cloud.fleet.registry import Author, Search
from edge_agent.__main__ import main
from edge_agent.identity import IdentityFolder, certificate_in

pytestmark = [pytest.mark.broker, pytest.mark.slow]
DEVICE = "cam-program"


@pytest.fixture
def identity(works, tmp_path):
    works.expect(DEVICE)
    words = ["enrol", "--claim", works.claim(), "--broker", f"localhost:{works.port}"]
    words += ["--desk", f"localhost:{works.desk_port}", "--identity", tmp_path / "identity"]
    words += ["--device", DEVICE, "--serial", f"SN-{DEVICE}"]
    assert main([*map(str, words)]) == 0
    return tmp_path / "identity"


@pytest.fixture
def program(identity, film, street, tmp_path):
    """`python -m edge_agent run`, until the test has ended."""
    clip = film((street(n / 10, [(60, 60)]) for n in range(40)), name="clip.mp4")
    words = ["run", "--identity", identity, "--source", clip, "--loop", "--drain", "0"]
    words += ["--outbox", tmp_path / "outbox.sqlite3"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "edge_agent", *map(str, words)], stdout=log, stderr=log
        )
    yield process
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGTERM)
    assert process.wait(30) == 0, (tmp_path / "log").read_text()[-3000:]


def author(works):
    return Author("test", works.now())


def order(works, operation):
    with writing(works.engine) as connection:
        whom = Search(DEVICE, None, None, {})
        document = {"operation": operation}
        return rollout.order(connection, document, whom, Rollout(), author(works)).id


def state_of(works, job):
    with reading(works.engine) as connection:
        return job_book.tallied(connection, job)


def test_a_camera_is_led_renewed_and_begun_anew(works, identity, program):
    wish = {"report_interval_ms": 20_000, "analysed_fps": 4}
    with writing(works.engine) as connection:
        desire.desire(connection, Search(DEVICE, None, None, {}), wish, author(works))

    def reported():
        with reading(works.engine) as connection:
            return desire.config_of(connection, DEVICE).get("reported", {})

    works.wait_until(lambda: reported().get("verdict", {}).get("outcome") == "applied")
    assert (reported()["report_interval_ms"], reported()["analysed_fps"]) == (20_000, 4)
    digest = reported()["digest"]

    before = certificate_in(IdentityFolder(identity).pair).serial_number
    renewal = order(works, "renew")
    works.wait_until(lambda: state_of(works, renewal) == {"SUCCEEDED": 1})
    assert certificate_in(IdentityFolder(identity).pair).serial_number != before

    restart = order(works, "restart")
    works.wait_until(lambda: state_of(works, restart) == {"SUCCEEDED": 1})
    assert program.poll() is None  # the same process number, a new program in it
    assert reported()["digest"] == digest
