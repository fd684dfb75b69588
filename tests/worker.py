"""A forked process that runs the groups of tests which the first process hands out."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, pairwise
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from types import SimpleNamespace

import pytest

from tests.program_server import ProgramServer
from tests.programs import SERVERS


def run_groups(
    session: pytest.Session,
    groups: Sequence[Sequence[pytest.Item]],
    name: str,
    connection: Connection,
    others: Sequence[Connection],
    stop: Event,
) -> None:
    """Run groups until there are none, or until `stop`; `others` are ends of pipes to be closed."""
    for other in others:
        other.close()
    _separate(session.config, name)
    if sys.platform == "linux":
        SERVERS.append(ProgramServer())
    session.config.pluginmanager.register(_Reporter(session.config, connection), "worker-reports")
    hook = session.config.hook
    with suppress(KeyboardInterrupt):
        for item, following in pairwise(chain(_receive_tests(groups, connection), [None])):
            if stop.is_set() or item is None:
                break
            connection.send(("start", item.nodeid))
            hook.pytest_runtest_protocol(item=item, nextitem=following)
    session._setupstate.teardown_exact(None)
    while SERVERS:
        SERVERS.pop().stop()
    connection.close()


def _receive_tests(
    groups: Sequence[Sequence[pytest.Item]], connection: Connection
) -> Iterator[pytest.Item]:
    """All tests; the next group is asked for when the last test of one is about to run."""
    while True:
        connection.send(("next", None))
        number = connection.recv()
        if number is None:
            return
        yield from groups[number]


def _separate(config: pytest.Config, name: str) -> None:
    """Give the process its own captured output, temporary folder, and no report on the terminal."""
    plugins = config.pluginmanager
    capture = plugins.getplugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()
    capture.suspend_global_capture()
    factory = config._tmp_path_factory  # type: ignore[attr-defined]
    factory._basetemp = factory.getbasetemp() / name
    factory._basetemp.mkdir()
    writer = config.get_terminal_writer()  # pytest-timeout writes to it
    plugins.unregister(name="terminalreporter")
    plugins.register(SimpleNamespace(_tw=writer), "terminalreporter")


class _Reporter:
    """Sends the reports of the tests to the first process."""

    def __init__(self, config: pytest.Config, connection: Connection) -> None:
        self._config = config
        self._connection = connection

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        content = self._config.hook.pytest_report_to_serializable(
            config=self._config, report=report
        )
        self._connection.send(("report", content))
