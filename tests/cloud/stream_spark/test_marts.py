"""Spark gives the rows of DuckDB for every mart, from the same SQL text.

These tests are beside those of Spark's streams because all of them share one Spark.
"""

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from cloud.database import reading
from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.curated.profiles import LOCATION_PROFILES
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.tables import LakeTable
from cloud.lake.writer import append
from cloud.marts.build import DAILY_MARTS, compute_day
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import LakeFiles
from cloud.marts.profiles import describe_period
from cloud.marts.spark_engine import SparkEngine, SparkSettingsError
from tests.cloud.marts import engine_contract
from tests.cloud.marts.audience_rows import DAYS, FIRST, LAST, NOW
from tests.cloud.marts.engine_contract import MartEngineContract, inputs_of, sorted_rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
trusted_lake, live, built = (
    engine_contract.trusted_lake, engine_contract.live, engine_contract.built,
)  # fmt: skip


@pytest.fixture(scope="module")
def mart_engine(spark: SparkSession) -> SparkEngine:
    return SparkEngine(spark)


@pytest.fixture(scope="module")
def expected(trusted_lake: Lake) -> dict[str, pa.Table]:
    """The rows of DuckDB."""
    inputs = inputs_of(trusted_lake)
    return {mart.name: compute_day(DuckDbEngine(), mart, inputs) for mart in DAILY_MARTS}


class TestSpark(MartEngineContract):
    @pytest.mark.parametrize("mart", DAILY_MARTS, ids=lambda mart: mart.name)
    def test_no_row_of_a_daily_mart_differs(
        self, built: dict[str, pa.Table], expected: dict[str, pa.Table], mart: LakeTable
    ) -> None:
        rows = sorted_rows(mart, expected[mart.name])
        assert len(rows) > 500
        assert sorted_rows(mart, built[mart.name]) == rows

    def test_no_row_of_the_profiles_differs(
        self, mart_engine: SparkEngine, trusted_lake: Lake, expected: dict[str, pa.Table]
    ) -> None:
        append(trusted_lake, AUDIENCE_METRICS, expected[AUDIENCE_METRICS.name], now=NOW)
        with reading(trusted_lake.engine) as connection:
            files = read_files(connection, AUDIENCE_METRICS.full_name)
        inputs = {
            "audience_metrics": LakeFiles(trusted_lake.storage, AUDIENCE_METRICS, files),
            "profile_period": describe_period(FIRST, LAST),
        }
        mart = LOCATION_PROFILES
        found = sorted_rows(mart, compute_day(mart_engine, mart, inputs))
        assert found == sorted_rows(mart, compute_day(DuckDbEngine(), mart, inputs))
        ranked = [row for row in found if row["rank"] is not None]
        assert [row["observed_days"] for row in ranked] == [len(DAYS)] * 3


def test_a_session_in_another_zone_is_refused(spark: SparkSession) -> None:
    other = spark.newSession()
    other.conf.set("spark.sql.session.timeZone", "Europe/London")
    with pytest.raises(SparkSettingsError, match="set it to 'UTC'"):
        SparkEngine(other)
