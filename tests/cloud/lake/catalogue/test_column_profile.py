"""Profiles of single columns: nulls, the greatest numbers, many values."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cloud.lake.catalogue import column_profile
from cloud.lake.catalogue.column_profile import ColumnProfile, TableProfile, compute_profile
from cloud.lake.engine import open_duckdb
from cloud.lake.manifest import DataFile
from cloud.lake.storage import open_storage
from cloud.lake.tables import LakeColumn, LakeTable, Zone

DAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def connection():
    with open_duckdb() as connection:
        yield connection


@pytest.fixture
def profile(connection, tmp_path: Path):
    def profile(values: Sequence[Any], kind: pa.DataType) -> TableProfile:
        table = LakeTable(Zone.RAW, "values", (LakeColumn("value", kind, "any", True),), ())
        path = f"raw/values/day={DAY}/values.parquet"
        (tmp_path / path).parent.mkdir(parents=True)
        pq.write_table(pa.table({"value": pa.array(values, kind)}), tmp_path / path)
        file = DataFile(path, DAY, len(values), 0, "", 1)
        return compute_profile(connection, open_storage(str(tmp_path)), table, [file])

    return profile


def test_a_column_of_nulls_has_no_figures(profile):
    assert profile([None, None], pa.int64()).columns == (ColumnProfile(2, 0, None, None, ()),)


def test_the_whole_range_of_numbers_fits_into_the_buckets(profile):
    least, greatest = -(2**63), 2**63 - 1
    (found,) = profile([least, 0, None, greatest], pa.int64()).columns
    assert found.nulls == 1
    assert [bucket.rows for bucket in found.buckets] == [1, *[0] * 4, 1, *[0] * 5, 1]
    assert found.buckets[0].label.startswith("-9,223,372,036,854,775,808 to ")


def test_dates_and_truth_values_are_profiled(profile, tmp_path):
    (found,) = profile([DAY, date(2026, 11, 22), DAY], pa.date32()).columns
    assert [(one.label, one.rows) for one in found.buckets] == [
        ("2026-11-20", 2), ("2026-11-21", 0), ("2026-11-22", 1),
    ]  # fmt: skip


def test_truth_values_have_a_bar_for_each(profile):
    (found,) = profile([True, False, True], pa.bool_()).columns
    assert [(one.label, one.rows) for one in found.buckets] == [("true", 2), ("false", 1)]


def test_a_text_of_many_values_has_no_bars_and_long_values_are_cut(profile):
    (found,) = profile(["x" * 100, *map(str, range(column_profile.MAX_VALUES))],
                       pa.string()).columns  # fmt: skip
    assert found.buckets == ()
    assert found.greatest == "x" * column_profile.SHOWN_CHARACTERS + "…"


def test_the_distinct_values_of_a_large_day_are_estimated(profile, monkeypatch):
    monkeypatch.setattr(column_profile, "EXACT_ROWS", 99)
    found = profile(list(range(100)), pa.int64())
    assert not found.is_exact
    assert 80 < found.columns[0].distinct < 120
