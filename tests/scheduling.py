"""In what order test files are collected and run, and on which worker."""

import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

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

YOUNG_OBJECTS = 10_000
"""New objects before a garbage collection; with Python's 700 they took a 25th of all tests."""


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Collect without garbage collection: nearly everything that is loaded stays loaded.

    Afterwards the modules and tests are left out of all garbage collections, which are rarer.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS)
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Each worker begins every folder at another place.

    In a fresh clone the workers then compile different test files, and load those that another
    worker has compiled.
    """
    report = yield
    worker = getattr(collector.config, "workerinput", None)
    if worker and isinstance(collector, pytest.Directory):
        number = int(worker["workerid"].removeprefix("gw"))
        start = len(report.result) * number // worker["workercount"]
        report.result = report.result[start:] + report.result[:start]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _position(item.path))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """xdist's own groups need marks in the test ids, which pytest 9.2 no longer lets it write."""
    return _OneWorkerPerFile(config, log)


SPREAD = ("tests/cloud/api/test_openapi_fuzzed.py",)
"""Files whose test functions share little, and may run on several workers."""


class _OneWorkerPerFile(LoadScopeScheduling):
    """A file's tests run on one worker, since they share servers; all of Spark's on one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file in SPREAD:
            return nodeid.partition("[")[0]
        return str(Path(file).parent) if "/stream_spark/" in file else file


@cache
def _position(path: Path) -> tuple[int, str]:
    file = path.relative_to(Path(__file__).parent).as_posix()
    matches = (at for at, folder in enumerate(LONGEST_FIRST) if file.startswith(folder))
    return next(matches, len(LONGEST_FIRST)), file
