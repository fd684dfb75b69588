"""What tests share: a real broker on loopback, and the same examples in every run of CI."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from simulators.mosquitto import Mosquitto

LONGEST_FIRST = ("journeys/", "cloud/stream_spark/", "provisioning/", "cloud/fleet/", "simulators/")
"""Folders whose files take longest: begun first, no worker is left with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests on one worker, since they share servers; and all of Spark's on one."""
    items.sort(key=_position)
    for item in items:
        file = _file(item)
        group = "spark" if file.startswith("cloud/stream_spark/") else file
        item.add_marker(pytest.mark.xdist_group(group))


def _file(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).as_posix()


def _position(item: pytest.Item) -> int:
    file = _file(item)
    matches = (at for at, folder in enumerate(LONGEST_FIRST) if file.startswith(folder))
    return next(matches, len(LONGEST_FIRST))


# Searching with fresh examples is for a desk; a submission is judged on the same ones every time.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(autouse=True)
def _no_log_handler_outlives_its_test() -> Iterator[None]:
    """A program that runs inside a test logs to a stream which pytest closes after it."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in list(root.handlers):
        if handler not in before and not type(handler).__module__.startswith("_pytest"):
            root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto of the test's own; a machine without one fails the test, with the remedy."""
    broker = Mosquitto(tmp_path / "mosquitto")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    """A self-hosted house with client certificates, enrolment, shadows and jobs."""
    from tests.works import Works

    made = Works(tmp_path_factory.mktemp("works")).open()
    yield made
    made.close()
