"""The demonstration waits for its programs: it asks again, and reports what does not come."""

import http.client
import io
import json
import urllib.error
from pathlib import Path
from types import SimpleNamespace

import pytest

from simulators.demo import running
from simulators.servers.process_group import ProcessGroupError


@pytest.fixture
def wait(monkeypatch, tmp_path):
    """Wait for the API, which gives the answers in turn; the clock advances by a minute."""

    def wait(*answers, exited=None):
        results, now = iter(answers), iter(range(0, 10_000, 60))

        def urlopen(url, timeout):
            result = next(results)
            if isinstance(result, Exception):
                raise result
            return io.BytesIO(json.dumps(result).encode())

        def check():
            if exited:
                raise exited

        clock = SimpleNamespace(monotonic=lambda: next(now), sleep=lambda seconds: None)
        monkeypatch.setattr(running, "time", clock)
        monkeypatch.setattr(running.urllib.request, "urlopen", urlopen)
        demonstration = SimpleNamespace(
            api="http://127.0.0.1:1", processes=SimpleNamespace(check=check), folder=Path("var")
        )
        return running.wait_for(demonstration, "/readyz", lambda body: body["ready"])

    return wait


@pytest.mark.parametrize(
    "error",
    [
        urllib.error.URLError("refused"),
        urllib.error.HTTPError("/readyz", 503, "starting", None, None),
        ConnectionResetError(),
        http.client.BadStatusLine(""),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_api_that_is_not_ready_yet_is_asked_again(wait, error):
    assert wait(error, {"ready": True}) == {"ready": True}


def test_an_answer_that_is_not_the_wanted_one_is_not_returned(wait):
    assert wait({"ready": False}, {"ready": True, "n": 2})["n"] == 2


def test_a_result_that_does_not_come_is_reported_with_the_logs(wait):
    with pytest.raises(
        running.DemoError, match="/readyz returned no result within 150 s; see var/lo"
    ):
        wait({"ready": False}, {"ready": False}, {"ready": False})


def test_a_process_that_exits_ends_the_wait(wait):
    with pytest.raises(ProcessGroupError, match="stream exited"):
        wait({"ready": False}, exited=ProcessGroupError("stream exited"))
