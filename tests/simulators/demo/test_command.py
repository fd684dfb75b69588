"""The demonstration: its options, what it waits for, and what it prints."""

import argparse
import http.client
import io
import json
import urllib.error
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from cloud.api.audience import WindowResponse
from simulators.demo import command as demo
from simulators.demo import running
from simulators.servers.process_group import ProcessGroupError

WINDOW = {
    "starts_at": "2026-11-20T09:00:00Z",
    "ends_at": "2026-11-20T09:05:00Z",
    "observed_share": 0.754,
    "crowd": 2.34,
    "peak": 5,
    "entries": 9,
    "visits": 8,
    "onlookers": 3,
    "attention_s": 21.25,
    "dwell_mean_s": 6.04,
}


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-11-19T10:00", "2026-11-20T08:00"),  # Thursday: Friday
        ("2026-11-20T00:00", "2026-11-23T08:00"),  # Friday: Monday
        ("2026-11-21T23:59", "2026-11-23T08:00"),
        ("2026-11-22T12:00", "2026-11-23T08:00"),
        ("2026-12-31T12:00", "2027-01-01T08:00"),
    ],
)
def test_the_price_is_that_of_the_next_working_day(now, slot):
    assert demo._next_morning(datetime.fromisoformat(now).replace(tzinfo=UTC)) == slot


def test_a_window_is_printed_with_its_units():
    assert demo._window(WINDOW).splitlines() == [
        "  window                  09:00 to 09:05 UTC, so far",
        "  observed                75% of it",
        "  people in view, mean    2.3",
        "  people in view, most    5",
        "  entries                 9",
        "  visits ended            8",
        "  onlookers               3",
        "  attention, total        21.2 s",
        "  dwell, mean             6.0 s",
    ]


def test_a_figure_that_was_not_measured_is_not_printed_as_zero():
    figures = ("crowd", "peak", "entries", "visits", "onlookers", "attention_s", "dwell_mean_s")
    shown = demo._window({**WINDOW, **dict.fromkeys(figures)}).splitlines()
    assert [line[26:] for line in shown[2:]] == ["no data"] * len(figures)


def test_every_figure_that_is_printed_is_a_field_of_the_api():
    assert set(WINDOW) <= set(WindowResponse.model_fields)


@pytest.mark.parametrize(
    ("windows", "expected"),
    [([], False), ([None], False), ([1], False), ([2], True), ([9, 1], False), ([0, 2], True)],
)
def test_the_demonstration_waits_until_the_last_window_has_several_visits(windows, expected):
    answer = {"windows": [{"visits": visits} for visits in windows]}
    assert demo._has_visits(answer) is expected


def test_a_missing_video_is_refused_before_anything_is_started(tmp_path, capsys):
    folder = tmp_path / "demo"
    arguments = argparse.Namespace(video=tmp_path / "absent.mp4", seconds=None, folder=folder)
    assert demo.run(arguments) == 1
    assert f"VIDEO={tmp_path / 'absent.mp4'} is not a file" in capsys.readouterr().err
    assert not folder.exists()


def test_zero_seconds_is_a_time_and_no_seconds_is_none():
    assert demo._end(10.0, None) is None
    assert demo._end(10.0, 0.0) == 10.0
    assert demo._end(10.0, 90.0) == 100.0


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
    with pytest.raises(demo.DemoError, match="/readyz returned no result within 150 s; see var/lo"):
        wait({"ready": False}, {"ready": False}, {"ready": False})


def test_a_process_that_exits_ends_the_wait(wait):
    with pytest.raises(ProcessGroupError, match="stream exited"):
        wait({"ready": False}, exited=ProcessGroupError("stream exited"))
