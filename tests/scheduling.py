"""In what order tests are run, and which of them in one process."""

import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

LONGEST_FIRST = (
    "journeys/",
    "repository/test_interrupts",
    "repository/address_secrets/",
    "provisioning/",
    "cloud/fleet/",
    "edge_agent/capture/",
    "simulators/",
)
"""Where the longest tests are, which mostly wait: half of the processes start with them."""

BUSIEST_LAST = (
    "cloud/api/test_on_every_store",
    "cloud/lake/",
    "cloud/forecast/",
    "cloud/test_chaos",
    "cloud/portal/",
    "cloud/api/test_openapi_fuzzed",
    "cloud/portal/test_journeys",
    "cloud/portal/test_pages",
    "cloud/stream_spark/",
)
"""Where the tests are that need a core most: the other processes start with them, at the end.

So cores are used while tests wait, and no process ends with a long group.
"""

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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _position(item.path))


SPREAD = ("tests/cloud/api/test_openapi_fuzzed.py",)
"""Files whose test functions share little, and may run in several processes."""


def name_group(test: str) -> str:
    """The group of a test id: a file's tests share servers, and all of Spark's share one Spark."""
    file = test.partition("::")[0]
    if file in SPREAD:
        return test.partition("[")[0]
    return str(Path(file).parent) if "/stream_spark/" in file else file


@cache
def _position(path: Path) -> tuple[int, str]:
    file = path.relative_to(Path(__file__).parent).as_posix()
    order = (*LONGEST_FIRST, "", *BUSIEST_LAST)
    matches = [at for at, start in enumerate(order) if start and file.startswith(start)]
    return (matches[-1] if matches else order.index("")), file
