"""Shared set-up: a real broker on loopback, and the same examples in every run of CI."""

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from simulators.servers.mosquitto import Mosquitto

LONGEST_FIRST = (
    "journeys/",
    "repository/test_interrupts",
    "repository/address_secrets/",
    "cloud/stream_spark/",
    "provisioning/",
    "cloud/fleet/",
    "simulators/",
)
"""Folders with the longest tests: they start first, so that no worker ends with one of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_position)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """xdist's own groups need marks in the test ids, which pytest 9.2 no longer lets it write."""
    return _OneWorkerPerFile(config, log)


class _OneWorkerPerFile(LoadScopeScheduling):
    """A file's tests run on one worker, since they share servers; all of Spark's on one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return str(Path(file).parent) if "/stream_spark/" in file else file


def _file(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).as_posix()


def _position(item: pytest.Item) -> int:
    file = _file(item)
    matches = (at for at, folder in enumerate(LONGEST_FIRST) if file.startswith(folder))
    return next(matches, len(LONGEST_FIRST))


# A local run searches with new examples; CI uses the same examples in every run.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True)
def _restore_log_level() -> Iterator[None]:
    """A program that runs inside a test sets the level of the root logger."""
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_setup() -> Iterator[None]:
    try:
        return (yield)
    finally:
        _remove_log_handlers()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call() -> Iterator[None]:
    try:
        return (yield)
    finally:
        _remove_log_handlers()


def _remove_log_handlers() -> None:
    """Remove the log handlers of programs that ran inside the test.

    They write to the stderr that `capsys` closes at the end of each phase. A thread of a fixture
    may be inside such a handler at that moment: so the handler is given another stream first.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        if not _is_pytest(handler):
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(sys.__stderr__)
            root.removeHandler(handler)


def _is_pytest(handler: logging.Handler) -> bool:
    return type(handler).__module__.startswith("_pytest")


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto for one test; without Mosquitto on the machine the test fails with the remedy."""
    broker = Mosquitto(tmp_path / "mosquitto")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    """A self-hosted installation with client certificates, enrolment, shadows and jobs."""
    from tests.self_hosted import SelfHosted

    installation = SelfHosted(tmp_path_factory.mktemp("works")).open()
    yield installation
    installation.close()
