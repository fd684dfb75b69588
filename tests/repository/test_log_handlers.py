"""A thread that outlives a test never logs to a stream that the test has closed."""

import logging
import threading

import pytest

from edge_agent.logs import write_json_lines

log = logging.getLogger(__name__)


class Chatter:
    """Logs without a pause from a thread, as the supervisor of a module's fixture may."""

    def __init__(self):
        self.lines = 0
        self.errors = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def wait_for_more(self, lines):
        wanted = self.lines + lines
        while self.lines < wanted:
            self._ended.wait(0.001)

    def _run(self):
        while not self._ended.is_set():
            log.warning("chatter")
            self.lines += 1


@pytest.fixture(scope="module")
def chatter():
    with Chatter() as running, pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            logging.Handler, "handleError", lambda handler, _: running.errors.append(handler)
        )
        yield running


@pytest.mark.parametrize("number", range(5))
def test_a_program_logs_to_the_stderr_of_its_test(chatter, capsys, number):
    write_json_lines("info")
    chatter.wait_for_more(20)
    assert '"event": "chatter"' in capsys.readouterr().err


def test_nothing_was_written_to_a_closed_stream(chatter):
    chatter.wait_for_more(20)
    assert chatter.errors == []
