"""`pytest --processes N`: collect the tests once, and run them in N forked processes.

A group of tests (a file, as a rule) runs in one process, in order; a process that is about to run
the last test of its group gets the next one. Half of the processes take the first group that
waits, the others the last one. The first process prints the reports of all.
"""

import multiprocessing
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any

import pytest

from tests.scheduling import name_group
from tests.worker import run_groups

Group = tuple[pytest.Item, ...]
FORK = multiprocessing.get_context("fork")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("parallel").addoption(
        "--processes", type=int, default=1, metavar="N", help="run the tests in N processes"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    option = session.config.option
    if option.processes < 2 or option.collectonly or session.testsfailed:
        return None  # pytest's own loop
    _Run(session, _group(session.items)).finish()
    return True


def _group(items: Sequence[pytest.Item]) -> list[Group]:
    """In the order of their first tests."""
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        groups.setdefault(name_group(item.nodeid), []).append(item)
    return [tuple(group) for group in groups.values()]


@dataclass
class _Worker:
    process: ForkProcess
    takes_last: bool
    test: str = ""
    """The test that runs, or ran last."""
    groups: deque[int] = field(default_factory=deque)
    """The numbers of the group that it runs and of the one after."""


class _Run:
    """Hands out groups, and reports what the processes report."""

    def __init__(self, session: pytest.Session, groups: Sequence[Group]) -> None:
        self._session = session
        self._config = session.config
        self._groups = groups
        self._waiting = deque(range(len(groups)))
        self._stop = FORK.Event()
        session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]  # before the forks
        terminal = session.config.pluginmanager.getplugin("terminalreporter")
        terminal.showfspath = False  # reports of several files alternate
        self._workers: dict[Connection, _Worker] = {}
        for number in range(min(session.config.option.processes, len(groups))):
            self._fork(f"w{number}", takes_last=number % 2 == 1)

    def _fork(self, name: str, *, takes_last: bool) -> None:
        ours, theirs = FORK.Pipe()
        arguments = (self._session, self._groups, name, theirs, (ours, *self._workers), self._stop)
        process = FORK.Process(target=run_groups, args=arguments, name=name)
        process.start()
        theirs.close()
        self._workers[ours] = _Worker(process, takes_last)

    def finish(self) -> None:
        while self._workers:
            for connection in wait(list(self._workers)):
                assert isinstance(connection, Connection)
                self._receive(connection)
            if self._session.shouldfail or self._session.shouldstop:
                self._stop.set()
        if self._session.shouldfail:
            raise self._session.Failed(self._session.shouldfail)
        if self._session.shouldstop:
            raise self._session.Interrupted(self._session.shouldstop)
        if self._waiting:
            raise self._session.Interrupted("tests did not run, since all processes ended")

    def _receive(self, connection: Connection) -> None:
        worker = self._workers[connection]
        try:
            kind, content = connection.recv()
        except (EOFError, ConnectionError):
            del self._workers[connection]
            self._end(worker)
            return
        if kind == "next":
            connection.send(self._next_group(worker))
        elif kind == "start":
            worker.test = content
        else:
            self._report(content)

    def _next_group(self, worker: _Worker) -> int | None:
        if len(worker.groups) == 2:
            worker.groups.popleft()
        if self._stop.is_set() or not self._waiting:
            return None
        waiting = self._waiting
        worker.groups.append(waiting.pop() if worker.takes_last else waiting.popleft())
        return worker.groups[-1]

    def _report(self, content: dict[str, Any]) -> None:
        hook = self._config.hook
        report = hook.pytest_report_from_serializable(config=self._config, data=content)
        hook.pytest_runtest_logreport(report=report)

    def _end(self, worker: _Worker) -> None:
        worker.process.join()
        if worker.process.exitcode:
            code = worker.process.exitcode
            message = f"its process ended with {code}; the rest of its group did not run"
            self._waiting.extendleft(list(worker.groups)[1:])
            report = pytest.TestReport(
                worker.test, (worker.test, None, worker.test), {}, "failed", message, "call"
            )
            self._config.hook.pytest_runtest_logreport(report=report)
