"""`pytest -p tests.cpu_time --cpu-time FILE`: the processor time of each test and file, as a table.

The time of a test includes the processes that it started and waited for; that of a file also the
servers that still run. Lines of FILE: seconds, wall seconds, "import", "test" or "file", and name.
"""

import os
import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

TICKS = os.sysconf("SC_CLK_TCK")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("parallel").addoption(
        "--cpu-time", type=Path, metavar="FILE", help="append the processor time of each test"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.option.cpu_time:
        config.pluginmanager.register(_Recorder(config.option.cpu_time), "cpu-time")


class _Recorder:
    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._file = ""
        self._start = (0.0, 0.0)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        start = _measure_waited()
        try:
            return (yield)
        finally:
            if isinstance(collector, pytest.Module):
                self._write("import", start, _measure_waited(), collector.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        name = item.nodeid.partition("::")[0]
        if name != self._file:
            self._file, self._start = name, _measure_all()
        start = _measure_waited()
        try:
            return (yield)
        finally:
            self._write("test", start, _measure_waited(), item.nodeid)
            if nextitem is None or nextitem.nodeid.partition("::")[0] != name:
                self._write("file", self._start, _measure_all(), name)

    def _write(
        self, kind: str, start: tuple[float, float], end: tuple[float, float], name: str
    ) -> None:
        cpu, wall = (b - a for a, b in zip(start, end, strict=True))
        with self._path.open("a") as file:
            file.write(f"{cpu:.4f} {wall:.4f} {kind} {name}\n")


def _measure_waited() -> tuple[float, float]:
    """Of this process and of those that it has waited for; and the clock."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages), time.monotonic()


def _measure_all() -> tuple[float, float]:
    """Also of all processes below this one."""
    children = defaultdict(list)
    seconds = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        pid = int(path.parent.name)
        children[int(fields[1])].append(pid)
        seconds[pid] = sum(map(int, fields[11:15])) / TICKS
    below = list(children[os.getpid()])
    for pid in below:
        below.extend(children[pid])
    waited, clock = _measure_waited()
    return waited + sum(seconds[pid] for pid in below), clock
