"""Table definitions, and rows that are or are not those of a table."""

from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from cloud.lake.tables import (
    LakeColumn,
    LakeTable,
    SchemaMismatchError,
    TableDefinitionError,
    Zone,
)
from tests.cloud.lake.conftest import DAY_1, READINGS, readings

VISITS = LakeColumn("visits", pa.int64(), "how many")
ROW = readings((DAY_1, "KX-01", 8, 5)).drop_columns(["day"])


def test_a_table_is_named_by_its_zone():
    assert READINGS.full_name == "raw.readings"
    assert READINGS.schema_version == 1
    assert READINGS.schema.names == ["location", "read_at", "visits"]


@pytest.mark.parametrize(
    ("columns", "sort_by", "sentence"),
    [
        ((VISITS, VISITS), (), "raw.t: columns are given twice: visits"),
        ((VISITS,), ("hour",), "sort_by names columns that it does not have: hour"),
        ((replace(VISITS, name="day"),), (), "'day' is the partition column"),
        ((replace(VISITS, since=2),), (), "added columns must be nullable: visits"),
        ((replace(VISITS, type=pa.float64()),), (), "type that the engines do not share: visits"),
    ],
)
def test_a_definition_that_cannot_be_used_is_refused(columns, sort_by, sentence):
    with pytest.raises(TableDefinitionError, match=sentence):
        LakeTable(Zone.RAW, "t", columns, sort_by)


def test_columns_are_put_in_the_order_of_the_table():
    found = READINGS.conform(ROW.select(["visits", "location", "read_at"]))
    assert found.schema == READINGS.schema
    assert found.to_pylist() == ROW.to_pylist()


def test_a_nullable_column_that_is_missing_becomes_null():
    column = LakeColumn("dwell_ms", pa.int64(), "how long", nullable=True, since=2)
    newer = replace(READINGS, columns=(*READINGS.columns, column))
    assert newer.schema_version == 2
    assert newer.conform(ROW).column("dwell_ms").to_pylist() == [None]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (ROW.drop_columns(["visits"]), "raw.readings: column visits is missing"),
        (ROW.append_column("colour", [["red"]]), "raw.readings has no column colour: its columns"),
        (ROW.set_column(2, "visits", [["many"]]), "column visits is string and not int64"),
        (ROW.set_column(2, "visits", [[2.5]]), "column visits is double and not int64"),
        (
            ROW.set_column(2, "visits", pa.array([None], pa.int64())),
            "column visits holds null in 1 of 1 rows",
        ),
        (
            ROW.set_column(1, "read_at", [[datetime(2026, 11, 18, tzinfo=UTC).isoformat()[:4]]]),
            "column read_at is string and not timestamp",
        ),
    ],
)
def test_rows_of_another_shape_are_refused(rows, sentence):
    with pytest.raises(SchemaMismatchError, match=sentence):
        READINGS.conform(rows)
