"""A series file is read with its invalid rows reported; what has two meanings is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloud.forecast.backtesting.row_hours import TableError
from cloud.forecast.backtesting.series_file import ReadOptions, read_series
from tests.cloud.forecast.backtesting.csv_tables import LONDON, quarters, read_table

pytest.importorskip("pyarrow")


@pytest.mark.parametrize(
    ("value", "hour"),
    [("generated_visits", 40), ("operated", 40), ("separateVisits", 40), ("crowdLevel", 10),
     ("visit rate", 10), ("CROWD", 10)],
)  # fmt: skip
def test_a_level_is_recognised_by_a_word_of_the_column_name(
    tmp_path: Path, value: str, hour: float
):
    found = read_table(tmp_path, quarters(*[10] * 4, value=value), value=value)
    assert found.series.values[0, 8] == hour


@pytest.mark.parametrize(
    ("column", "cells", "sentence"),
    [("s", ["a", None], "1 rows have no series"), ("t", [["x"], ["y"]], "column of list")],
)
def test_columns_with_other_types_are_refused(
    tmp_path: Path, column: str, cells: list[Any], sentence: str
):
    import pyarrow as pa
    from pyarrow import parquet

    plain = {"s": ["a", "a"], "t": ["2026-06-01T08:00", "2026-06-01T09:00"], "visits": [4, 5]}
    parquet.write_table(pa.table({**plain, column: cells}), tmp_path / "table.parquet")
    with pytest.raises(TableError, match=sentence):
        read_series(tmp_path / "table.parquet", ReadOptions(("s", "t", "visits"), LONDON))


def test_rows_without_a_number_from_zero_on_are_missing_and_counted(tmp_path: Path):
    values = ["-3", "lots", "", "nan", "1e13", "6"]
    rows = [f"a,2026-06-01T{8 + at:02}:00,{one}" for at, one in enumerate(values)]
    found = read_table(tmp_path, "\n".join(["s,t,visits", *rows]))

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
    found = read_table(tmp_path, text, delimiter=";", date_format="%d/%m/%Y %H:%M")
    latin = read_table(
        tmp_path, text[1:], delimiter=";", date_format="%d/%m/%Y %H:%M", encoding="latin-1"
    )

    for one in (found, latin):
        assert one.names == ["Café"]
        assert one.series.values[0, 8:10].tolist() == [4, 5]


@pytest.mark.parametrize(
    ("text", "how", "sentence"),
    [
        ('s,t,visits\na,2026-06-01T08:00,4\na,2026-06-01T09:00,"1,234"\n', {}, "separators"),
        ("s,t,visits\na,2026-06-01T08:00,4\na,2026-06-01T09:00,1.234.567\n", {}, "separators"),
        ("s,t,visits\na,2026-06-01T08:00,4\na,2026-06-01T09:00,1 234\n", {}, "separators"),
        ('s,t,visits\na,2026-06-01T08:00,4\na,2026-06-01T09:00,"0,5"\n', {}, "separators"),
        ("s;t;visits\na;2026-06-01T08:00;4\n", {}, "with --delimiter"),
        ("a,2026-06-01T08:00,4\n", {}, "has no column"),
        (f"{'s' * 200_000},t,visits\na,2026-06-01T08:00,4\n", {}, "cannot be read: field larger"),
    ],
)  # fmt: skip
def test_ambiguous_values_are_refused(
    tmp_path: Path, text: str, how: dict[str, Any], sentence: str
):
    with pytest.raises(TableError, match=sentence):
        read_table(tmp_path, text, **how)


@pytest.mark.parametrize(("word", "kept"), [("true", True), ("0", False), ("No", False)])
def test_flags_are_words_for_true_and_false(tmp_path: Path, word: str, kept: bool):
    file = tmp_path / "marked.csv"
    file.write_text(f"s,t,v,ok\na,2026-06-01T08:00,4,{word}\na,2026-06-01T09:00,4,yes\n")
    found = read_series(file, ReadOptions(("s", "t", "v", "ok"), zone=LONDON))

    assert np.isfinite(found.series.values[0, 8]) == kept


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("cloud.forecast.backtesting.series_file.MOST_BYTES", 10)

    with pytest.raises(TableError, match="split it"):
        read_table(tmp_path, "s,t,visits\na,2026-06-01T08:00,4\n")
