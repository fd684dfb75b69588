"""A backtest reads no later hours, reads any hourly file, and refuses other files."""

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cloud.forecast.backtesting.backtest import BacktestError, choose_origins, run
from cloud.forecast.backtesting.series_file import ReadOptions, TableError, read_series
from cloud.forecast.series import ClockSeries, Floats

pytest.importorskip("pyarrow")
MONDAY = date(2024, 1, 1)


class Spy:
    """Writes down what it was shown and forecasts nothing."""

    name = "spy"

    def __init__(self) -> None:
        self.seen: list[ClockSeries] = []

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        self.seen.append(history)
        return np.zeros((len(history.values), 3, 168))


class Crossed:
    """Gives a P10 above its P90."""

    name = "crossed"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        return np.tile(np.array([3.0, 2.0, 1.0])[None, :, None], (len(history.values), 1, 168))


def days(count: int) -> ClockSeries:
    return ClockSeries(MONDAY, np.arange(count * 24.0)[None])


def test_a_model_gets_no_hour_from_its_origin_on():
    series, spy = days(100), Spy()
    list(run(series, [spy], frozenset(), choose_origins(series, 3)))

    assert [seen.ends_on for seen in spy.seen] == choose_origins(series, 3)
    for seen in spy.seen:
        assert np.nanmax(seen.values) < (seen.ends_on - MONDAY).days * 24


def test_origins_come_round_the_days_of_the_week():
    chosen = choose_origins(days(365), 7)

    assert len({origin.weekday() for origin in chosen}) == 7
    assert chosen[-1] + timedelta(days=7) == MONDAY + timedelta(days=365)


def test_more_origins_than_the_history_holds_are_refused():
    with pytest.raises(BacktestError, match="ask for fewer"):
        choose_origins(days(100), 12)


def test_crossed_quantiles_are_never_scored():
    with pytest.raises(BacktestError, match="'crossed' returned a quantile"):
        list(run(days(100), [Crossed()], frozenset(), choose_origins(days(100), 1)))


def test_a_repeated_hour_is_the_mean_and_an_invalid_one_is_missing(tmp_path: Path):
    file = tmp_path / "hours.csv"
    file.write_text(
        "s,t,v,ok\n"
        "a,2024-10-27T01:00:00,10,true\n"
        "a,2024-10-27T01:00:00,20,true\n"
        "a,2024-10-27T02:00:00,99,false\n"
        "a,2024-10-27T03:00:00,-1,true\n"
        "a,2024-10-27T04:00:00,,true\n"
        "a,2024-10-27T05:00:00,7,true\n"
    )
    read = read_series(file, ReadOptions(("s", "t", "v", "ok"), zone=ZoneInfo("Europe/London")))
    series = read.series

    assert read.names == ["a"]
    assert read.notes == (
        "1 negative rows: missing",
        "1 empty rows: missing",
        "2 rows in a local hour that comes twice (clocks go back): the mean of both",
    )
    assert series.values[0, 1] == 15
    assert np.isnan(series.values[0, [0, 2, 3, 4]]).all()
    assert series.values[0, 5] == 7


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.csv", "series,at\na,2024-01-01", "has no column value: it has series, at"),
        ("x.csv", "series,at,value\n", "holds no rows"),
        ("x.csv", "series,at,value\na,yesterday,1\n", "a value that is not a time"),
        ("x.csv", "series,at,value\na,1024-01-01T00:00:00,1\na,2024-01-01T00:00:00,1\n", "years"),
        ("x.csv", "series,at,value\na,0001-01-01T00:00:00,1\n", "years from 1900"),
        ("x.csv", "series,at,value\na,2024-01-01T00:00:00,lots\n", "the first is 'lots'"),
        ("x.csv", "series,at,value\na,2024-01-01,1\n", "is a day, not an hour"),
        ("x.csv", "series,at,at,value\na,2024-01-01,2024-01-01,1\n", "at is not"),
        ("x.csv", "", "cannot be read"),
        ("x.parquet", "PAR1 not really", "cannot be read"),
        ("x.txt", "series,at,value\n", "neither .csv nor .parquet"),
    ],
)
def test_a_file_without_hourly_series_is_refused(
    tmp_path: Path, name: str, content: str, sentence: str
):
    file = tmp_path / name
    file.write_text(content)

    with pytest.raises(TableError, match=sentence):
        read_series(file, ReadOptions(("series", "at", "value"), zone=ZoneInfo("Europe/London")))
