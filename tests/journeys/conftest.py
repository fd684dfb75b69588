"""What journeys share: a drawn scene, a running cloud, and patience with a limit."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cloud.database import connect
from simulators.__main__ import main as simulators
from simulators.servers.mosquitto import free_port
from simulators.servers.process_group import ProcessGroup
from tests.programs import start_program

PATIENCE_S = 120.0


def ask_until(holds: Callable[[], Any], *, what: str, processes: ProcessGroup | None = None) -> Any:
    """Ask until the answer is truthy; a process that dies meanwhile ends the waiting."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if processes is not None:
            processes.check()
        if answer := holds():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE_S:.0f} s for {what}")


@pytest.fixture
def eventually():
    return ask_until


@dataclass(frozen=True)
class Scene:
    clip: Path
    truth: dict[str, Any]

    @property
    def people(self) -> list[dict[str, Any]]:
        return self.truth["people"]


@pytest.fixture(scope="session")
def scene(tmp_path_factory) -> Scene:
    """Six people in twenty seconds at half the pixels of a camera, the same in every run."""
    return draw_scene(
        tmp_path_factory.mktemp("scene"), "--size", "960x540", "--fps", "10", people=6, seconds=20
    )


@pytest.fixture(scope="session")
def small_scene(tmp_path_factory) -> Scene:
    """Four people in twelve seconds and small pictures, for tests that count reports."""
    folder = tmp_path_factory.mktemp("small-scene")
    return draw_scene(folder, "--size", "640x360", "--fps", "10", people=4, seconds=12)


def draw_scene(folder: Path, *options: str, people: int, seconds: int) -> Scene:
    clip, truth = folder / "clip.mp4", folder / "truth.json"
    drawn = ["--people", str(people), "--seconds", str(seconds), "--seed", "7", *options]
    assert simulators(["scene", *drawn, "--out", str(clip), "--truth", str(truth)]) == 0
    return Scene(clip, json.loads(truth.read_text()))


@dataclass
class Cloud:
    """The cloud's two processes over one database."""

    processes: ProcessGroup
    broker_url: str
    database: str
    port: int

    def start_stream(self):
        return self.processes.start(
            "stream",
            ["cloud", "stream", "--broker", self.broker_url, "--database", self.database],
        )

    def start_api(self):
        upgrade = ["cloud", "database", "upgrade", "--database", self.database]
        self.processes.run("database", upgrade)
        serve = ["cloud", "serve", "--port", str(self.port), "--database", self.database]
        process = self.processes.start("serve", serve)
        ask_until(lambda: self.ask("/readyz"), what="the API", processes=self.processes)
        return process

    def ask(self, path: str, **query: str) -> Any:
        url = f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def rows(self, query: str) -> list[Any]:
        engine = connect(self.database)
        try:
            with engine.connect() as connection:
                return list(connection.execute(text(query)))
        finally:
            engine.dispose()


@pytest.fixture
def processes(tmp_path):
    with ProcessGroup(tmp_path / "logs", start_program) as processes:
        yield processes


@pytest.fixture
def cloud(processes, mosquitto, tmp_path) -> Cloud:
    database = f"sqlite:///{tmp_path / 'onlooker.db'}"
    return Cloud(processes, mosquitto.url, database, free_port())
