"""Spark gives the rows of DuckDB for every mart, from the same SQL text.

These tests are beside those of Spark's streams because all of them share one Spark.
"""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.sql import SparkSession

from cloud.database import reading
from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.curated.benchmarks import LOCATION_BENCHMARKS
from cloud.lake.curated.seasons import LOCATION_SEASONS
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.tables import LakeTable
from cloud.lake.writer import append
from cloud.marts.build import DAILY_MARTS
from cloud.marts.dimensions import DIM_LOCATION
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import LakeFiles, compute_mart
from cloud.marts.profiles import PROFILE_MARTS, describe_period, list_benchmark_measures
from cloud.marts.season_dimensions import find_season, list_season_days
from cloud.marts.seasons import list_season_inputs
from cloud.marts.spark_engine import SparkEngine, SparkSettingsError
from tests.cloud.marts import engine_contract
from tests.cloud.marts.audience_rows import FIRST, LAST, NOW, sites
from tests.cloud.marts.engine_contract import MartEngineContract, inputs_of, sorted_rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
SECOND = "-2"
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
    return {mart.name: compute_mart(DuckDbEngine(), mart, inputs) for mart in DAILY_MARTS}


@pytest.fixture(scope="module")
def hourly_inputs(
    trusted_lake: Lake, expected: dict[str, pa.Table]
) -> dict[str, LakeFiles | pa.Table]:
    """The hourly marts as files, every location twice, and what other marts read beside them."""
    for mart in DAILY_MARTS:
        append(trusted_lake, mart, repeat_locations(expected[mart.name]), now=NOW)
    names = pc.unique(expected[AUDIENCE_METRICS.name].column("location")).to_pylist()
    places = [
        {"location": f"{name}{suffix}", "venue_type": "10101"}
        for name in names
        for suffix in ("", SECOND)
    ]
    days = {"season_days": shorten_season(list_season_days(find_season(FIRST)))}
    with reading(trusted_lake.engine) as connection:
        files: dict[str, LakeFiles | pa.Table] = {
            mart.name: LakeFiles(trusted_lake.storage, mart, read_files(connection, mart.full_name))
            for mart in DAILY_MARTS
        }
    return files | list_season_inputs(sites(), find_season(FIRST)) | days | {
        "profile_period": describe_period(FIRST, LAST),
        "benchmark_measures": list_benchmark_measures(),
        "dim_location": pa.Table.from_pylist(places, schema=DIM_LOCATION),
    }  # fmt: skip


def repeat_locations(rows: pa.Table) -> pa.Table:
    """The rows, and the same of as many further locations."""
    names = pc.binary_join_element_wise(rows.column("location"), SECOND, "")
    at = rows.column_names.index("location")
    return pa.concat_tables([rows, rows.set_column(at, "location", names)])


def shorten_season(days: pa.Table) -> pa.Table:
    """As if a month and a season had eight days, so that they are observed."""
    lengths = pa.array([8] * len(days))
    return days.set_column(days.column_names.index("period_days"), "period_days", lengths)


class TestSpark(MartEngineContract):
    @pytest.mark.parametrize("mart", DAILY_MARTS, ids=lambda mart: mart.name)
    def test_no_row_of_a_daily_mart_differs(
        self, built: dict[str, pa.Table], expected: dict[str, pa.Table], mart: LakeTable
    ) -> None:
        rows = sorted_rows(mart, expected[mart.name])
        assert len(rows) > 500
        assert sorted_rows(mart, built[mart.name]) == rows

    @pytest.mark.parametrize("mart", [*PROFILE_MARTS, LOCATION_SEASONS], ids=lambda mart: mart.name)
    def test_no_row_of_a_mart_of_a_period_differs(
        self,
        mart_engine: SparkEngine,
        hourly_inputs: dict[str, LakeFiles | pa.Table],
        mart: LakeTable,
    ) -> None:
        found = sorted_rows(mart, compute_mart(mart_engine, mart, hourly_inputs))
        assert found == sorted_rows(mart, compute_mart(DuckDbEngine(), mart, hourly_inputs))
        assert any(row["relative_error_ppm"] for row in found)
        if mart == LOCATION_BENCHMARKS:
            assert any(row["standing"] for row in found)


def test_a_session_in_another_zone_is_refused(spark: SparkSession) -> None:
    other = spark.newSession()
    other.conf.set("spark.sql.session.timeZone", "Europe/London")
    with pytest.raises(SparkSettingsError, match="set it to 'UTC'"):
        SparkEngine(other)
