"""Partial hours, offsets, clock changes and invalid rows of a series file are reported."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cloud.forecast.backtesting.row_hours import TableError
from cloud.forecast.backtesting.series_file import HourlyTable, ReadOptions, read_series

pytest.importorskip("pyarrow")
LONDON = ZoneInfo("Europe/London")


def read(tmp_path: Path, text: str, *, value: str = "visits", **how: Any) -> HourlyTable:
    file = tmp_path / "table.csv"
    file.write_bytes(text.encode(how.get("encoding", "utf8")))
    how.setdefault("zone", LONDON)
    return read_series(file, ReadOptions(("s", "t", value), **how))


def quarters(*values: object, value: str = "visits", start_h: int = 8) -> str:
    rows = [
        f"a,2026-06-01T{start_h + at // 4:02}:{15 * (at % 4):02},{one}"
        for at, one in enumerate(values)
    ]
    return "\n".join([f"s,t,{value}", *rows])


@pytest.mark.parametrize(
    ("value", "aggregate", "hour"),
    [("visits", None, 40), ("crowd", None, 10), ("visits", "mean", 10), ("crowd", "sum", 40)],
)
def test_quarters_of_counts_are_added_up_and_of_levels_averaged(
    tmp_path: Path, value: str, aggregate: str | None, hour: float
):
    text = quarters(*[10] * 12, value=value)
    found = read(tmp_path, text, value=value, aggregate=aggregate)

    assert found.series.values[0, 8:11].tolist() == [hour] * 3
    how = "added up" if hour == 40 else "averaged"
    assert found.notes == (f"1 series with several rows an hour, {how} (--aggregate)",)


@pytest.mark.parametrize(
    ("value", "hour"),
    [("generated_visits", 40), ("operated", 40), ("separateVisits", 40), ("crowdLevel", 10),
     ("visit rate", 10), ("CROWD", 10)],
)  # fmt: skip
def test_a_level_is_known_by_a_word_and_not_by_letters_within_one(
    tmp_path: Path, value: str, hour: float
):
    found = read(tmp_path, quarters(*[10] * 4, value=value), value=value)
    assert found.series.values[0, 8] == hour


def test_rows_between_the_hours_of_a_clock_are_counted_and_reported(tmp_path: Path):
    text = "s,t,visits\na,2026-06-01T07:00Z,4\na,2026-06-01T08:00Z,5\n"
    found = read(tmp_path, text, zone=ZoneInfo("Asia/Kolkata"))
    assert found.series.values[0, 12:14].tolist() == [4, 5]
    assert found.notes == (
        "2 rows that begin between the hours of that clock: in the hour of their start",
    )


@pytest.mark.parametrize(
    ("column", "cells", "sentence"),
    [("s", ["a", None], "1 rows have no series"), ("t", [["x"], ["y"]], "column of list")],
)
def test_columns_that_hold_something_else_are_refused(
    tmp_path: Path, column: str, cells: list[Any], sentence: str
):
    import pyarrow as pa
    from pyarrow import parquet

    plain = {"s": ["a", "a"], "t": ["2026-06-01T08:00", "2026-06-01T09:00"], "visits": [4, 5]}
    parquet.write_table(pa.table({**plain, column: cells}), tmp_path / "table.parquet")
    with pytest.raises(TableError, match=sentence):
        read_series(tmp_path / "table.parquet", ReadOptions(("s", "t", "visits"), LONDON))


def test_an_hour_with_some_of_its_quarters_is_brought_up_and_with_few_is_missing(tmp_path: Path):
    found = read(tmp_path, quarters(10, 10, 10, "", 10, "", "", "", 10, 10, 10, 10))

    assert found.series.values[0, 8:11].tolist() == pytest.approx([40, np.nan, 40], nan_ok=True)
    assert "4 empty rows: missing" in found.notes
    assert "1 hours with some of their rows: brought up to the whole" in found.notes
    assert "1 hours with less than half their rows: missing" in found.notes


@pytest.mark.parametrize(
    "written", ["2026-06-01T07:00:00Z", "2026-06-01T09:00:00+02:00", "2026-06-01 07:00:00+00:00"]
)
def test_offsets_are_honoured_on_the_clock_of_the_series(tmp_path: Path, written: str):
    found = read(tmp_path, f"s,t,visits\na,{written},7\n")

    assert found.series.values[0, 8] == 7  # 07:00 UTC is 08:00 in London in June


def test_the_doubled_hour_of_autumn_is_the_mean_of_both_and_none_is_called_a_repetition(
    tmp_path: Path,
):
    text = "s,t,visits\na,2026-10-25T00:00Z,10\na,2026-10-25T01:00Z,30\na,2026-10-25T02:00Z,5\n"
    found = read(tmp_path, text)

    assert found.series.values[0, :4].tolist() == pytest.approx(
        [np.nan, 20, 5, np.nan], nan_ok=True
    )
    assert found.notes == ()


def test_an_hour_that_the_clock_never_shows_is_left_out_and_counted(tmp_path: Path):
    text = "s,t,visits\na,2026-03-29T00:00,1\na,2026-03-29T01:00,9\na,2026-03-29T02:00,3\n"
    text += "a,2026-03-29T03:00,4\n"
    found = read(tmp_path, text)

    assert found.series.values[0, :3].tolist() == pytest.approx([1, np.nan, 3], nan_ok=True)
    assert found.notes == (
        "1 rows in a local hour that does not exist (clocks go forward): left out",
    )


def test_rows_given_twice_alike_count_once(tmp_path: Path):
    found = read(tmp_path, "s,t,visits\n" + "a,2026-06-01T08:00,4\n" * 2 + "a,2026-06-01T09:00,5\n")

    assert found.series.values[0, 8:10].tolist() == [4, 5]
    assert found.notes == ("1 rows given twice alike: counted once",)


def test_rows_that_are_no_numbers_from_zero_on_are_missing_and_counted(tmp_path: Path):
    values = ["-3", "lots", "", "nan", "1e13", "6"]
    rows = [f"a,2026-06-01T{8 + at:02}:00,{one}" for at, one in enumerate(values)]
    found = read(tmp_path, "\n".join(["s,t,visits", *rows]))

    assert np.isnan(found.series.values[0, 8:13]).all()
    assert found.series.values[0, 13] == 6
    assert set(found.notes) == {
        "1 negative rows: missing",
        "1 rows without a number: missing",
        "2 empty rows: missing",
        "1 rows beyond a million million: missing",
    }


def test_formats_delimiters_encodings_and_a_byte_order_mark_are_read(tmp_path: Path):
    text = "\ufeffs; t ;visits\nCafé;01/06/2026 08:00;4\nCafé;01/06/2026 09:00;5\n"
    found = read(tmp_path, text, delimiter=";", date_format="%d/%m/%Y %H:%M")
    latin = read(
        tmp_path, text[1:], delimiter=";", date_format="%d/%m/%Y %H:%M", encoding="latin-1"
    )

    for one in (found, latin):
        assert one.names == ["Café"]
        assert one.series.values[0, 8:10].tolist() == [4, 5]


@pytest.mark.parametrize(
    ("text", "how", "sentence"),
    [
        ("s,t,visits\na,2026-06-01T08:00,4\n", {"zone": None}, "no offset: say of which clock"),
        ("s,t,visits\na,2026-06-01T08:00Z,4\n", {"zone": None}, "say on which local clock"),
        ("s,t,visits\na,2026-06-01T08:00,4\na,2026-06-01T09:00Z,4\n", {}, "write all in one way"),
        ("s,t,visits\n" + "a,2026-06-01T08:00,4\na,2026-06-01T08:00,5\n", {}, "different values"),
        ('s,t,visits\na,2026-06-01T08:00,4\na,2026-06-01T09:00,"1,234"\n', {}, "separators"),
        ("s,t,visits\na,2026-06-01T08:00,4\na,2026-06-01T09:00,1.234.567\n", {}, "separators"),
        ("s,t,visits\na,2026-06-01T08:00,4\na,2026-06-01T09:00,1 234\n", {}, "separators"),
        ('s,t,visits\na,2026-06-01T08:00,4\na,2026-06-01T09:00,"0,5"\n', {}, "separators"),
        ("s,t,visits\na,01/06/2026 08:00,4\n", {}, "or give --date-format"),
        ("s;t;visits\na;2026-06-01T08:00;4\n", {}, "with --delimiter"),
        ("a,2026-06-01T08:00,4\n", {}, "has no column"),
        ("s,t,visits\na,2026-06-01T00:00,4\na,2026-06-02T00:00,4\n", {}, "24 hours apart"),
        (
            "s,t,visits\na,2026-06-01T08:00,4\na,2026-06-01T08:07,4\na,2026-06-01T08:21,4\n"
            "a,2026-06-01T08:33,4\n",
            {},
            "not evenly spaced",
        ),
    ],
)  # fmt: skip
def test_what_could_mean_two_things_is_refused(
    tmp_path: Path, text: str, how: dict[str, Any], sentence: str
):
    with pytest.raises(TableError, match=sentence):
        read(tmp_path, text, **how)


@pytest.mark.parametrize(("word", "kept"), [("true", True), ("0", False), ("No", False)])
def test_marks_are_words_and_not_merely_something_written(tmp_path: Path, word: str, kept: bool):
    file = tmp_path / "marked.csv"
    file.write_text(f"s,t,v,ok\na,2026-06-01T08:00,4,{word}\na,2026-06-01T09:00,4,yes\n")
    found = read_series(file, ReadOptions(("s", "t", "v", "ok"), zone=LONDON))

    assert np.isfinite(found.series.values[0, 8]) == kept


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("cloud.forecast.backtesting.series_file.MOST_BYTES", 10)

    with pytest.raises(TableError, match="split it"):
        read(tmp_path, "s,t,visits\na,2026-06-01T08:00,4\n")
