"""Tables whose files hold one value of a column, such as a region."""

from dataclasses import replace
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from cloud.database import reading
from cloud.lake.compaction import compact
from cloud.lake.lake import Lake
from cloud.lake.manifest import DataFile, read_files
from cloud.lake.reader import to_dataset
from cloud.lake.replacement import DayRows, read_day_files, replace_day
from cloud.lake.tables import TableDefinitionError
from cloud.lake.writer import append, sort_rows
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import DAY_1, DAY_2, NOW, READINGS, readings

pytestmark = SQLITE_ONLY
SPLIT = replace(READINGS, name="split_readings", split_by="location")


def _read_files(lake: Lake) -> list[DataFile]:
    with reading(lake.engine) as connection:
        return read_files(connection, SPLIT.full_name)


def test_a_file_of_a_split_table_has_one_value(lake: Lake):
    append(lake, SPLIT, readings((DAY_1, "b", 1, 1), (DAY_1, "a", 2, 2), (DAY_2, "a", 1, 3),
                                 (DAY_1, "a", 1, 4)), now=NOW)  # fmt: skip
    found = [(file.day, file.bounds["location"], file.rows) for file in _read_files(lake)]
    assert sorted(found) == [(DAY_1, ("a", "a"), 2), (DAY_1, ("b", "b"), 1), (DAY_2, ("a", "a"), 1)]


def test_a_query_for_one_value_opens_no_file_of_another(lake: Lake):
    append(lake, SPLIT, readings((DAY_1, "a", 1, 1), (DAY_1, "b", 1, 2)), now=NOW)
    files = _read_files(lake)
    (other,) = [file for file in files if file.bounds["location"] == ("b", "b")]
    Path(lake.storage.locate(other.path)).unlink()
    wanted = ds.field("location") == "a"
    rows = to_dataset(lake.storage, SPLIT, files).to_table(filter=wanted)
    assert rows.column("visits").to_pylist() == [1]


def test_replacing_a_day_leaves_the_files_of_values_that_are_the_same(lake: Lake):
    append(lake, SPLIT, readings((DAY_1, "a", 1, 1), (DAY_1, "b", 1, 2)), now=NOW)
    before = {file.bounds["location"][0]: file.path for file in _read_files(lake)}
    dated = readings((DAY_1, "a", 1, 1), (DAY_1, "b", 1, 3), (DAY_1, "c", 1, 4))
    rows = dated.drop_columns(["day"])
    files = read_day_files(lake, [SPLIT], DAY_1)
    replace_day(lake, DAY_1, [DayRows(SPLIT, sort_rows(SPLIT, rows))], before=files, now=NOW)
    after = {file.bounds["location"][0]: file.path for file in _read_files(lake)}
    assert after.keys() == {"a", "b", "c"}
    assert (after["a"] == before["a"], after["b"] == before["b"]) == (True, False)
    again = read_day_files(lake, [SPLIT], DAY_1)
    parts = [DayRows(SPLIT, sort_rows(SPLIT, rows))]
    assert replace_day(lake, DAY_1, parts, before=again, now=NOW) == []


def test_compaction_keeps_values_apart(lake: Lake):
    for visits in range(4):
        append(lake, SPLIT, readings((DAY_1, "a", 1, visits), (DAY_1, "b", 1, visits)), now=NOW)
    assert [one.rows for one in compact(lake, SPLIT, now=NOW)] == [4, 4]
    assert [file.bounds["location"][0] for file in _read_files(lake)] == ["a", "b"]


@pytest.mark.parametrize("column", ["visits", "hour"])
def test_a_table_is_split_by_the_column_that_it_is_sorted_by(column: str, lake: Lake):
    with pytest.raises(TableDefinitionError, match="not the first column of sort_by"):
        replace(READINGS, split_by=column)
