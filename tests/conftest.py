"""Shared set-up: a real broker on loopback, and the same examples in every run of CI."""

import itertools
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.tmpdir import tmppath_result_key
from hypothesis import settings

from simulators.servers.mosquitto import Mosquitto
from tests.environment import set_test_environment

set_test_environment()
pytest_plugins = ("tests.scheduling", "tests.parallel")
FOLDERS = itertools.count()

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


@pytest.fixture
def tmp_path(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """An empty folder, deleted if the test passes.

    Pytest's own fixture reads the names of all other folders for a free number.
    """
    folder = tmp_path_factory.mktemp(f"test-{next(FOLDERS)}", numbered=False)
    yield folder
    if request.node.stash[tmppath_result_key].get("call", True):
        shutil.rmtree(folder, ignore_errors=True)


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
