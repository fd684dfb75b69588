"""A file of signals is read or refused, and changes a forecast as it changed the past."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from cloud.forecast import venue_profiles
from cloud.forecast.models.recent import Recent
from cloud.forecast.models.signal_effects import WithSignals
from cloud.forecast.series import WEEK_H, ClockSeries
from cloud.forecast.signals import SeriesSignals, SignalError, Signals, read_folder, read_signals

MONDAY = date(2026, 11, 23)
WEEKS = 72
FIRST_ON = MONDAY - timedelta(weeks=WEEKS)
HEAD = "name,from,until,value\n"


def written(folder: Path, text: str, *, name: str = "KX-01.csv") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_lines_are_laid_on_the_local_hours_and_add_up(tmp_path: Path):
    read = read_signals(
        written(
            tmp_path,
            HEAD
            + "rain_mm,2026-11-23T02:00,2026-11-23T04:00,1.5\n"
            + "event,2026-11-22,2026-11-23T01:00,1\n"
            + "event,2026-11-23,2026-11-23T02:00,2\n",
        )
    )
    hours = read.over(MONDAY, 1)

    assert read.names == ("event", "rain_mm")
    assert hours[0, :4].tolist() == [3, 2, 0, 0]
    assert hours[1, :5].tolist() == [0, 0, 1.5, 1.5, 0]
    assert read_folder(tmp_path).keys() == {"KX-01"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "write name,from,until,value"),
        ("rain\n", "starts with 'rain'"),
        (HEAD + "rain,2026-11-23,2026-11-24\n", "line 2: not enough values"),
        (HEAD + "rain,yesterday,2026-11-24,1\n", "line 2: Invalid isoformat"),
        (HEAD + "rain,2026-11-23T08:30,2026-11-24,1\n", "not a whole hour of the local clock"),
        (HEAD + "rain,2026-11-23T08:00Z,2026-11-24,1\n", "not a whole hour of the local clock"),
        (HEAD + "rain,2026-11-24,2026-11-23,1\n", "before it has started"),
        (HEAD + "rain,2026-11-23,2026-11-24,nan\n", "the value nan is not a finite number"),
        (HEAD + "Rain!,2026-11-23,2026-11-24,1\n", "the name 'Rain!'"),
        (HEAD + f'rain,"{"x" * 200_000},2026-11-24,1\n', "cannot be read: field larger than"),
    ],
)
def test_an_invalid_file_is_refused_with_its_line_or_the_cause(
    tmp_path: Path, text: str, sentence: str
):
    with pytest.raises(SignalError, match=sentence):
        read_signals(written(tmp_path, text))


def place(tmp_path: Path, lines: list[str], factor: float, name: str) -> ClockSeries:
    """A street whose hours are `factor` times as busy in the hours of the signal of that name."""
    signals = read_signals(written(tmp_path, HEAD + "\n".join(lines)))
    values = 400 * np.tile(venue_profiles.build_week_shape(FIRST_ON), WEEKS)[None]
    values = values * np.random.default_rng(1).lognormal(0, 0.15, values.shape)
    active = signals.over(FIRST_ON, WEEKS * 7)[signals.names.index(name)]
    return ClockSeries(FIRST_ON, np.where(active > 0, values * factor, values))


def span(name: str, day: date, first: int, last: int) -> str:
    return f"{name},{day}T{first:02}:00,{day}T{last:02}:00,1"


def moved(tmp_path: Path, history: ClockSeries, coming: list[str], lines: list[str]) -> np.ndarray:
    signals = read_signals(written(tmp_path, HEAD + "\n".join([*lines, *coming])))
    return WithSignals(Recent(), SeriesSignals((signals,))).week(history, frozenset())[0]


@pytest.mark.parametrize(("name", "factor"), [("rain_mm", 0.7), ("event", 1.8)])
def test_rain_or_an_event_changes_the_forecast_as_it_changed_the_past(
    tmp_path: Path, name: str, factor: float
):
    days = [FIRST_ON + timedelta(days=7 * week + week % 7) for week in range(WEEKS)]
    lines = [span(name, day, 10, 16) for day in days]
    history = place(tmp_path, lines, factor, name)
    wednesday = MONDAY + timedelta(days=2)
    with_it = moved(tmp_path, history, [span(name, wednesday, 10, 16)], lines)
    without = moved(tmp_path, history, [], lines)
    hours = slice(2 * 24 + 10, 2 * 24 + 16)
    change = with_it[1, hours].sum() / without[1, hours].sum()

    assert change == pytest.approx(factor, rel=0.1)
    assert with_it[:, :48] == pytest.approx(without[:, :48])
    assert (np.diff(with_it, axis=0) >= 0).all()


def test_the_end_of_a_long_holiday_changes_the_forecast(tmp_path: Path):
    summers = [(FIRST_ON + timedelta(weeks=12)), (MONDAY - timedelta(weeks=8))]
    lines = [f"school_holiday,{day},{day + timedelta(weeks=8)},1" for day in summers]
    history = place(tmp_path, lines, 1.5, "school_holiday")
    on_monday = moved(tmp_path, history, [], lines)[1].sum()
    plain = Recent().week(history, frozenset())[0, 1].sum()

    assert on_monday < 0.85 * plain


def test_an_event_observed_once_has_little_effect(tmp_path: Path):
    day = MONDAY - timedelta(weeks=10)
    lines = [span("event", day, 18, 20)]
    history = place(tmp_path, lines, 4.0, "event")
    hours = slice(18, 20)
    coming = moved(tmp_path, history, [span("event", MONDAY, 18, 20)], lines)[1, hours].sum()
    plain = Recent().week(history, frozenset())[0, 1, hours].sum()

    assert 1.0 < coming / plain < 1.6


def test_signals_of_zero_change_nothing():
    values = 400 * np.tile(venue_profiles.build_week_shape(FIRST_ON), WEEKS)[None]
    history = ClockSeries(FIRST_ON, values[:, : WEEKS * WEEK_H])
    empty = WithSignals(Recent(), SeriesSignals((Signals((), ()),)))

    assert (empty.week(history, frozenset()) == Recent().week(history, frozenset())).all()
