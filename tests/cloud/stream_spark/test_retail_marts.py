"""Spark gives the rows of DuckDB for the marts of shops, from the same SQL text."""

from datetime import date

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from cloud.lake.curated.retail import RETAIL_FEATURES, RETAIL_WEEKLY
from cloud.lake.tables import DAY
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import compute_mart
from cloud.marts.retail.calendars import list_retail_stores
from cloud.marts.retail.features import list_feature_inputs
from cloud.marts.retail.weekly import POINTS_VIEW
from cloud.marts.spark_engine import SparkEngine
from tests.cloud.marts.retail.point_rows import list_places, simulate_points
from tests.cloud.marts.retail.weeks import compute_weeks

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
KEY = [(name, "ascending") for name in (DAY, *RETAIL_FEATURES.sort_by)]


def sort_table(rows: pa.Table, schema: pa.Schema) -> list[dict]:
    return rows.select([DAY, *schema.names]).sort_by(KEY).to_pylist()


def test_weeks_and_features_are_equal_on_both_engines(spark: SparkSession) -> None:
    points = simulate_points(days=63, products=1, stores=2)
    engine = SparkEngine(spark)
    weeks = compute_weeks(points)
    found = sort_table(compute_weeks(points, engine), RETAIL_WEEKLY.schema)
    assert found == sort_table(weeks, RETAIL_WEEKLY.schema)
    inputs = {
        POINTS_VIEW: points,
        "curated_retail_weekly": weeks,
        **list_feature_inputs(date(2025, 11, 2), list_retail_stores(list_places())),
    }
    rows = [compute_mart(one, RETAIL_FEATURES, inputs) for one in (DuckDbEngine(), engine)]
    expected, other = (sort_table(one, RETAIL_FEATURES.schema) for one in rows)
    assert len(expected) == 2
    assert other == expected
