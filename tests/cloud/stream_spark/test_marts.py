"""Spark gives the rows of DuckDB for every mart, from the same SQL text.

These tests are beside those of Spark's streams because all of them share one Spark.
"""

from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.sql import SparkSession

from cloud.database import reading
from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.curated.benchmarks import LOCATION_BENCHMARKS
from cloud.lake.curated.pricing import PRICING_HISTORY
from cloud.lake.curated.seasons import LOCATION_SEASONS
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.tables import LakeTable
from cloud.lake.writer import append
from cloud.marts.build import DAILY_MARTS, TRUSTED_ORDER_HOURS
from cloud.marts.dimensions import DIM_LOCATION
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import InstantRange, LakeFiles, compute_mart
from cloud.marts.pricing import TRUSTED_PRICES, list_price_inputs
from cloud.marts.profiles import PROFILE_MARTS, describe_period, list_benchmark_measures
from cloud.marts.season_dimensions import find_season, list_season_days
from cloud.marts.seasons import list_season_inputs
from cloud.marts.site_tables import SiteTables, end_of_day
from cloud.marts.spark_engine import SparkEngine, SparkSettingsError
from tests.cloud.marts import engine_contract
from tests.cloud.marts.audience_rows import FIRST, LAST, NOW, sites
from tests.cloud.marts.engine_contract import MartEngineContract, inputs_of, sorted_rows
from tests.cloud.marts.price_rows import SOLD, sheet

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
SECOND = "-2"
RARELY_KNOWN = {
    LOCATION_BENCHMARKS: "standing", PRICING_HISTORY: "booked_positions",
}  # fmt: skip
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
def other_inputs(
    trusted_lake: Lake, expected: dict[str, pa.Table]
) -> dict[str, LakeFiles | pa.Table]:
    """What the other marts read: hours as files, every location twice, sheets, small tables."""
    for mart in DAILY_MARTS:
        append(trusted_lake, mart, repeat_locations(expected[mart.name]), now=NOW)
    names = pc.unique(expected[AUDIENCE_METRICS.name].column("location")).to_pylist()
    places = [
        {"location": f"{name}{suffix}", "venue_type": "10101"}
        for name in names
        for suffix in ("", SECOND)
    ]
    sheets = [sheet(SOLD - timedelta(days=n), 100 + n % 3, 90) for n in (30, 8, 7, 1, 0)]
    append(trusted_lake, TRUSTED_PRICES, pa.concat_tables(sheets), now=NOW)
    days = {"season_days": shorten_season(list_season_days(find_season(FIRST)))}
    with reading(trusted_lake.engine) as connection:
        ordered = read_files(connection, TRUSTED_ORDER_HOURS.full_name, days=[SOLD])
        published = read_files(connection, TRUSTED_PRICES.full_name)
        files: dict[str, LakeFiles | pa.Table] = {
            mart.name: LakeFiles(trusted_lake.storage, mart, read_files(connection, mart.full_name))
            for mart in DAILY_MARTS
        }
    sold = InstantRange("hour_at", end_of_day(SOLD - timedelta(days=1)), end_of_day(SOLD))
    files["trusted_published_prices"] = LakeFiles(
        trusted_lake.storage, TRUSTED_PRICES, published, sold
    )
    files["trusted_order_line_hours"] = LakeFiles(
        trusted_lake.storage, TRUSTED_ORDER_HOURS, ordered
    )
    files |= list_price_inputs(SiteTables(sites(), [PRICING_HISTORY]), SOLD)
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

    @pytest.mark.parametrize(
        "mart", [*PROFILE_MARTS, LOCATION_SEASONS, PRICING_HISTORY], ids=lambda mart: mart.name
    )
    def test_no_row_of_a_mart_of_a_period_differs(
        self,
        mart_engine: SparkEngine,
        other_inputs: dict[str, LakeFiles | pa.Table],
        mart: LakeTable,
    ) -> None:
        found = sorted_rows(mart, compute_mart(mart_engine, mart, other_inputs))
        assert found == sorted_rows(mart, compute_mart(DuckDbEngine(), mart, other_inputs))
        assert any(row[RARELY_KNOWN.get(mart, "relative_error_ppm")] for row in found)


def test_a_session_in_another_zone_is_refused(spark: SparkSession) -> None:
    other = spark.newSession()
    other.conf.set("spark.sql.session.timeZone", "Europe/London")
    with pytest.raises(SparkSettingsError, match="set it to 'UTC'"):
        SparkEngine(other)
