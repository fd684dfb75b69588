"""Rows of parts of hours become hours: counts are added up, levels averaged, gaps missing."""

from collections import Counter
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cloud.forecast.backtesting.row_hours import RowTimes, TableError, combine_rows
from cloud.forecast.series import ClockSeries
from tests.cloud.forecast.backtesting.csv_tables import quarters, read_table

pytest.importorskip("pyarrow")


@pytest.mark.parametrize(
    ("value", "aggregate", "hour"),
    [("visits", None, 40), ("crowd", None, 10), ("visits", "mean", 10), ("crowd", "sum", 40)],
)
def test_quarters_of_counts_are_added_up_and_of_levels_averaged(
    tmp_path: Path, value: str, aggregate: str | None, hour: float
):
    text = quarters(*[10] * 12, value=value)
    found = read_table(tmp_path, text, value=value, aggregate=aggregate)

    assert found.series.values[0, 8:11].tolist() == [hour] * 3
    how = "added up" if hour == 40 else "averaged"
    assert found.notes == (f"1 series with several rows an hour, {how} (--aggregate)",)


def test_rows_between_the_hours_of_a_clock_are_counted_and_reported(tmp_path: Path):
    text = "s,t,visits\na,2026-06-01T07:00Z,4\na,2026-06-01T08:00Z,5\n"
    found = read_table(tmp_path, text, zone=ZoneInfo("Asia/Kolkata"))
    assert found.series.values[0, 12:14].tolist() == [4, 5]
    assert found.notes == (
        "2 rows that begin between the hours of that clock: in the hour of their start",
    )


def test_an_hour_with_some_of_its_quarters_is_brought_up_and_with_few_is_missing(tmp_path: Path):
    found = read_table(tmp_path, quarters(10, 10, 10, "", 10, "", "", "", 10, 10, 10, 10))

    assert found.series.values[0, 8:11].tolist() == pytest.approx([40, np.nan, 40], nan_ok=True)
    assert "4 empty rows: missing" in found.notes
    assert "1 hours with some of their rows: brought up to the whole" in found.notes
    assert "1 hours with less than half their rows: missing" in found.notes


def test_rows_given_twice_alike_count_once(tmp_path: Path):
    found = read_table(
        tmp_path, "s,t,visits\n" + "a,2026-06-01T08:00,4\n" * 2 + "a,2026-06-01T09:00,5\n"
    )

    assert found.series.values[0, 8:10].tolist() == [4, 5]
    assert found.notes == ("1 rows given twice alike: counted once",)


def test_the_doubled_hour_of_autumn_is_the_mean_of_both_and_none_is_called_a_repetition(
    tmp_path: Path,
):
    text = "s,t,visits\na,2026-10-25T00:00Z,10\na,2026-10-25T01:00Z,30\na,2026-10-25T02:00Z,5\n"
    found = read_table(tmp_path, text)

    assert found.series.values[0, :4].tolist() == pytest.approx(
        [np.nan, 20, 5, np.nan], nan_ok=True
    )
    assert found.notes == ()


JUNE_S = int((datetime(2026, 6, 1) - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001
"""Midnight of 1 June on the local clock, in seconds since 1970."""


def combine(
    *rows: tuple[str, int, float], is_summed: bool = True, fold: tuple[int, ...] = (),
    ambiguous: tuple[int, ...] = (), impossible: tuple[int, ...] = (),
) -> tuple[list[str], ClockSeries, Counter[str]]:  # fmt: skip
    """Rows of (series, minute of 1 June, value); the numbers of rows with a flag."""
    at = np.arange(len(rows))
    times = RowTimes(
        local_s=np.array([JUNE_S + 60 * minute for _, minute, _ in rows], dtype=np.int64),
        fold=np.isin(at, fold).astype(np.int64),
        ambiguous=np.isin(at, ambiguous),
        impossible=np.isin(at, impossible),
    )
    noticed: Counter[str] = Counter()
    values = np.array([value for _, _, value in rows])
    names, series = combine_rows(
        [name for name, _, _ in rows], times, values, is_summed=is_summed, noticed=noticed
    )
    return names, series, noticed


def test_series_are_sorted_by_name_and_hours_without_a_row_are_missing():
    names, series, noticed = combine(
        ("b", 120, 7), ("a", 0, 1), ("b", 0, 5), ("b", 60, np.nan), ("a", 60, 0)
    )

    assert names == ["a", "b"]
    assert (series.first_on, series.values.shape) == (date(2026, 6, 1), (2, 24))
    assert series.values[:, :3].ravel().tolist() == pytest.approx(
        [1, 0, np.nan, 5, np.nan, 7], nan_ok=True
    )
    assert not noticed


@pytest.mark.parametrize(("is_summed", "hour"), [(True, 40.0), (False, 10.0)])
def test_half_of_the_rows_make_an_hour_and_fewer_do_not(is_summed: bool, hour: float):
    whole = [("a", 15 * quarter, 10.0) for quarter in range(4)]
    half = [("a", 60 + 15 * quarter, value) for quarter, value in enumerate((8, 12))]
    quarter = [("a", 120, 10.0), ("a", 180, 10.0), ("a", 195, np.nan)]
    _, series, noticed = combine(*whole, *half, *quarter, is_summed=is_summed)

    assert series.values[0, :4].tolist() == pytest.approx([hour, hour, np.nan, np.nan], nan_ok=True)
    assert noticed["hours with less than half their rows: missing"] == 2


def test_a_repeated_hour_is_the_mean_and_the_rows_of_each_time_are_counted_apart():
    quarters = [("a", 15 * quarter, 10.0) for quarter in range(4)]
    again = [("a", 15 * quarter, 20.0) for quarter in range(4)]
    _, series, _ = combine(*quarters, *again, fold=(4, 5, 6, 7))
    assert series.values[0, 0] == 60  # of 40 and 80

    _, series, noticed = combine(*quarters, *again[:1], fold=(4,))
    assert series.values[0, 0] == 40
    assert noticed["hours with less than half their rows: missing"] == 1


def test_rows_that_are_equal_or_ambiguous_are_no_contradiction():
    _, series, noticed = combine(("a", 0, 3), ("a", 0, 3), ("a", 60, np.nan), ("a", 60, np.nan))
    assert series.values[0, 0] == 3
    assert noticed == {"rows given twice alike: counted once": 2}

    _, series, noticed = combine(("a", 0, 3), ("a", 0, 5), ambiguous=(0, 1), is_summed=False)
    assert series.values[0, 0] == 4
    assert list(noticed.values()) == [2]


def test_two_values_for_one_time_are_refused_with_the_first_of_them():
    with pytest.raises(TableError) as refused:
        combine(("a", 0, 1), ("b", 0, 1), ("b", 60, 4), ("b", 60, 5), ("b", 120, 1), ("b", 120, 2))

    assert str(refused.value) == (
        "2 times of a series are given twice with different values; the first is "
        "2026-06-01T01:00:00 of 'b': remove what is wrong"
    )


def test_without_a_time_that_exists_nothing_can_be_combined():
    with pytest.raises(TableError, match="check --timezone"):
        combine(("a", 0, 1), ("a", 60, 2), impossible=(0, 1))


@pytest.mark.parametrize(
    ("minutes", "message"),
    [
        ((0, 1440), "the rows of 'a' are 24 hours apart"),
        ((0, 90, 180), "the rows of 'a' are 1.5 hours apart"),
        ((0, 7, 21, 33), "the rows of 'a' are not evenly spaced"),
        ((0, 50, 100, 150), "the rows of 'a' are not evenly spaced"),
    ],
)
def test_rows_that_are_no_even_parts_of_an_hour_are_refused(minutes: tuple[int, ...], message: str):
    with pytest.raises(TableError, match=message):
        combine(*(("a", minute, 1.0) for minute in minutes))


@pytest.mark.parametrize("uneven", [0, 100, 199])
def test_one_uneven_row_in_two_hundred_is_in_the_hour_of_its_start(uneven: int):
    rows = [("a", 60 * hour + 7 * (hour == uneven), 1.0) for hour in range(200)]
    _, series, noticed = combine(*rows)

    assert np.nansum(series.values) == 200
    assert list(noticed.values()) == [1]


def test_a_file_over_too_many_years_is_refused():
    with pytest.raises(TableError, match="the file spans 60 years: check its time column"):
        combine(("a", 0, 1), ("a", 60, 1), ("a", 60 * 8766 * 60, 1))
