"""The demonstration: its options, what it waits for, and what it prints."""

import argparse
from datetime import UTC, datetime
from unittest.mock import Mock

import pytest

from cloud.api.audience import WindowResponse
from simulators.demo import command as demo

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


@pytest.mark.parametrize(("seconds", "looks"), [(0.0, 0), (90.0, 90)])
def test_the_time_of_the_demonstration_begins_when_the_addresses_are_shown(
    monkeypatch, seconds, looks
):
    clock = [1_000.0]  # a slow machine has needed a quarter of an hour to get here
    checked = Mock()
    ticking = Mock(monotonic=lambda: clock[0])
    ticking.sleep.side_effect = lambda _: clock.append(clock.pop() + 1.0)
    monkeypatch.setattr(demo, "time", ticking)

    demo._wait_for_end(checked, seconds)

    assert checked.processes.check.call_count == looks
