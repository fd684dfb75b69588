"""The SQL keeps to what DuckDB and Spark share, and returns the columns of its table."""

import re

import pytest

from cloud.lake.curated.retail import RETAIL_TABLES
from cloud.lake.curated.tables import CURATED_TABLES
from cloud.lake.tables import LakeTable
from cloud.marts.engine import read_sql

FUNCTIONS = {"AVG", "CAST", "COALESCE", "COUNT", "EXTRACT", "FLOOR", "LAG", "LN", "MAX", "MAX_BY",
             "MIN", "NULLIF", "PERCENTILE_CONT", "RANK", "ROW_NUMBER", "SQRT", "SUM"}  # fmt: skip
WORDS = {"AND", "AS", "BY", "GROUP", "IN", "OVER", "WHEN", "WITH"}


@pytest.mark.parametrize("mart", [*CURATED_TABLES, *RETAIL_TABLES], ids=lambda mart: mart.name)
def test_only_shared_functions_and_types_are_used(mart: LakeTable) -> None:
    sql = re.sub(r"--.*", "", read_sql(mart.name))
    assert set(re.findall(r"\b([A-Za-z_]+)\s*\(", sql)) - WORDS <= FUNCTIONS
    assert set(re.findall(r"\bAS (BIGINT|DATE|[A-Z]+)\)", sql)) <= {"BIGINT", "DATE"}
    assert "::" not in sql
