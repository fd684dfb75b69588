"""Spark gives the rows of DuckDB for every mart, from the same SQL text.

These tests are beside those of Spark's streams because all of them share one Spark.
"""

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from cloud.database import reading
from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.curated.profiles import LOCATION_PROFILES
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.writer import append
from cloud.marts.build import compute_day
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import LakeFiles
from cloud.marts.spark_engine import SparkEngine, SparkSettingsError
from tests.cloud.marts import engine_contract
from tests.cloud.marts.audience_rows import DAYS, FIRST, LAST, NOW
from tests.cloud.marts.engine_contract import MartEngineContract, inputs_of, sorted_rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
trusted_lake, live = engine_contract.trusted_lake, engine_contract.live


@pytest.fixture
def mart_engine(spark: SparkSession) -> SparkEngine:
    return SparkEngine(spark)


class TestSpark(MartEngineContract):
    """The contract of all engines."""


@pytest.mark.parametrize(
    "mart", [AUDIENCE_METRICS, AUDIENCE_DEMOGRAPHICS_HOURLY], ids=lambda mart: mart.name
)
def test_no_row_of_a_daily_mart_differs(mart_engine: SparkEngine, trusted_lake: Lake, mart) -> None:
    inputs = inputs_of(trusted_lake)
    found = sorted_rows(mart, compute_day(mart_engine, mart, inputs))
    expected = sorted_rows(mart, compute_day(DuckDbEngine(), mart, inputs))
    assert len(expected) > 500
    assert found == expected


def test_no_row_of_the_profiles_differs(mart_engine: SparkEngine, trusted_lake: Lake) -> None:
    metrics = compute_day(DuckDbEngine(), AUDIENCE_METRICS, inputs_of(trusted_lake))
    append(trusted_lake, AUDIENCE_METRICS, metrics, now=NOW)
    with reading(trusted_lake.engine) as connection:
        files = read_files(connection, AUDIENCE_METRICS.full_name)
    period = pa.table(
        {"first_on": pa.array([FIRST], pa.date32()), "last_on": pa.array([LAST], pa.date32())}
    )
    inputs = {
        "audience_metrics": LakeFiles(trusted_lake.storage, AUDIENCE_METRICS, files),
        "profile_period": period,
    }
    found = sorted_rows(LOCATION_PROFILES, compute_day(mart_engine, LOCATION_PROFILES, inputs))
    expected = sorted_rows(
        LOCATION_PROFILES, compute_day(DuckDbEngine(), LOCATION_PROFILES, inputs)
    )
    assert found == expected
    ranked = [row for row in found if row["rank"] is not None]
    assert [row["observed_days"] for row in ranked] == [len(DAYS)] * 3


def test_a_session_in_another_zone_is_refused(spark: SparkSession) -> None:
    other = spark.newSession()
    other.conf.set("spark.sql.session.timeZone", "Europe/London")
    with pytest.raises(SparkSettingsError, match="set it to 'UTC'"):
        SparkEngine(other)
