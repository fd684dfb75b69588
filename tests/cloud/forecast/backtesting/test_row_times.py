"""Times of a table on one local clock; what is no time or could be two is refused."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cloud.forecast.backtesting.row_hours import RowTimes, TableError
from cloud.forecast.backtesting.row_times import EPOCH, read_times
from tests.cloud.forecast.backtesting.csv_tables import LONDON, read_table

pytest.importorskip("pyarrow")


@pytest.mark.parametrize(
    "written", ["2026-06-01T07:00:00Z", "2026-06-01T09:00:00+02:00", "2026-06-01 07:00:00+00:00"]
)
def test_offsets_are_honoured_on_the_clock_of_the_series(tmp_path: Path, written: str):
    found = read_table(tmp_path, f"s,t,visits\na,{written},7\n")

    assert found.series.values[0, 8] == 7  # 07:00 UTC is 08:00 in London in June


def test_an_hour_that_the_clock_never_shows_is_left_out_and_counted(tmp_path: Path):
    text = "s,t,visits\na,2026-03-29T00:00,1\na,2026-03-29T01:00,9\na,2026-03-29T02:00,3\n"
    text += "a,2026-03-29T03:00,4\n"
    found = read_table(tmp_path, text)

    assert found.series.values[0, :3].tolist() == pytest.approx([1, np.nan, 3], nan_ok=True)
    assert found.notes == (
        "1 rows in a local hour that does not exist (clocks go forward): left out",
    )


def read(*written: Any, zone: ZoneInfo | None = LONDON, date_format: str | None = None) -> RowTimes:
    import pyarrow as pa

    column = pa.chunked_array([pa.array(written)])
    return read_times(column, zone=zone, date_format=date_format, column="at")


def shown(times: RowTimes) -> list[str]:
    """The local times, with a mark for each flag."""
    columns = (times.local_s, times.fold, times.ambiguous, times.impossible)
    return [
        f"{EPOCH + timedelta(seconds=second):%m-%d %H:%M}" + "+" * fold + "?" * maybe + "!" * never
        for second, fold, maybe, never in zip(*(one.tolist() for one in columns), strict=True)
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (("2026-06-01T08:00", "2026-06-01 09:30:00"), ["06-01 08:00", "06-01 09:30"]),
        (("2026-06-01T07:00Z", "2026-06-01T09:00+02:00"), ["06-01 08:00"] * 2),
        ((datetime(2026, 6, 1, 8), datetime(2026, 6, 1, 9)), ["06-01 08:00", "06-01 09:00"]),  # noqa: DTZ001
        # clocks go back at 02:00, and what was 01:00 comes twice
        (("2026-10-25T00:59", "2026-10-25T01:00"), ["10-25 00:59", "10-25 01:00?"]),
        (("2026-10-25T00:00Z", "2026-10-25T01:00Z"), ["10-25 01:00", "10-25 01:00+"]),
        # clocks go forward at 01:00
        (("2026-03-29T00:59", "2026-03-29T01:00"), ["03-29 00:59", "03-29 01:00!"]),
        (("2026-03-29T02:00", "2026-03-29T01:30"), ["03-29 02:00", "03-29 01:30!"]),
    ],
)
def test_times_are_on_the_local_clock_with_what_a_clock_change_makes_of_them(
    written: tuple[Any, ...], expected: list[str]
):
    assert shown(read(*written)) == expected


def test_repeated_times_are_in_the_order_of_the_rows():
    found = read("2026-06-01T09:00", "2026-06-01T08:00", "2026-06-01T09:00")
    assert shown(found) == ["06-01 09:00", "06-01 08:00", "06-01 09:00"]


def test_some_of_the_rows_can_be_selected():
    found = read("2026-06-01T09:00", "2026-06-01T08:00", "2026-10-25T01:00")
    assert shown(found.only(np.array([2, 0]))) == ["10-25 01:00?", "06-01 09:00"]
    assert shown(found.only(np.array([False, True, False]))) == ["06-01 08:00"]


def test_a_format_decides_the_order_of_day_and_month():
    assert shown(read("01/06/2026 08:00", date_format="%d/%m/%Y %H:%M")) == ["06-01 08:00"]
    assert shown(read("01/06/2026 08:00", date_format="%m/%d/%Y %H:%M")) == ["01-06 08:00"]


@pytest.mark.parametrize(
    ("written", "how", "message"),
    [
        (
            ["2026-06-01T08:00"],
            {"zone": None},
            "the times of 'at' have no offset: say of which clock",
        ),
        (["2026-06-01T08:00Z"], {"zone": None}, "have offsets: say on which local clock"),
        (["2026-06-01T08:00", "2026-06-01T09:00Z"], {}, "write all in one way"),
        (["2026-06-01T08:00", None], {}, "1 rows have no time in 'at': remove them"),
        (["01/06/2026 08:00"], {}, "write 2026-11-23T08:00, or give --date-format"),
        (["2026-06-01"], {}, "'2026-06-01' is a day, not an hour"),
        ([date(2026, 6, 1)], {}, "2026-06-01 is a day, not an hour"),
        ([""], {}, "'' is a day, not an hour"),
        (["x" * 1000], {}, "Invalid isoformat string"),
        (["1899-12-31T23:00"], {}, "expected years from 1900 to 2199"),
        (["9999-12-31T23:00"], {}, "expected years from 1900 to 2199"),
        (["0001-01-01T00:00+01:00"], {}, "expected years from 1900 to 2199"),
        ([["a"], ["b"]], {}, "'at' is a column of list<item: string>, not of times"),
        (["2026-06-01T08:00"], {"date_format": "%d/%m/%Y"}, "does not match format"),
    ],
)
def test_what_is_no_time_or_could_be_two_is_refused_with_what_to_do(
    written: list[Any], how: dict[str, Any], message: str
):
    with pytest.raises(TableError) as refused:
        read(*written, **how)
    assert message in str(refused.value)
    assert len(str(refused.value)) < 500
