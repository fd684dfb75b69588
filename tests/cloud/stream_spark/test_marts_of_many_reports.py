"""Spark gives the rows of DuckDB for the marts of one day with 100,000 reports."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.storage import open_storage
from cloud.lake.tables import DAY
from cloud.lake.trusted.tables import TRUSTED_TABLES
from cloud.lake.writer import append_all
from cloud.marts.build import DAILY_MARTS, SOURCES, TRUSTED_REPORTS
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import LakeFiles, compute_mart
from cloud.marts.site_tables import SiteTables
from cloud.marts.spark_engine import SparkEngine
from cloud.sites.sites_file import load_sites
from simulators.lake.day_rows import generate_day
from simulators.lake.history import History
from simulators.synthetic.cameras import create_sites, render_sites_file
from tests.cloud.databases import new_engine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
MONDAY = date(2026, 10, 5)
NOW = datetime(2026, 10, 7, tzinfo=UTC)
HISTORY = History(locations=88, seed=1, first_on=MONDAY, interval_s=60, has_faults=False)
TRUSTED = {table.name: table for table in TRUSTED_TABLES}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LakeFiles | pa.Table]:
    """What the SQL of the daily marts reads for the day."""
    folder = tmp_path_factory.mktemp("many")
    engine = new_engine(folder)
    lake = Lake(open_storage(str(folder / "lake")), engine)
    for batch in generate_day(HISTORY, MONDAY):
        rows = [
            (TRUSTED[table.name], found.append_column(DAY, pa.array([MONDAY] * len(found))))
            for part in (batch.on_time, batch.late)
            for table, found in part.items()
        ]
        append_all(lake, rows, now=NOW)
    with reading(engine) as connection:
        files = {table: read_files(connection, table.full_name) for table in SOURCES}
    engine.dispose()
    assert sum(file.rows for file in files[TRUSTED_REPORTS]) >= 100_000
    (folder / "sites.yaml").write_text(
        render_sites_file(create_sites(HISTORY.locations, HISTORY.seed))
    )
    small = SiteTables(load_sites(folder / "sites.yaml"), DAILY_MARTS).list_tables(
        MONDAY, until=NOW
    )
    return small | {
        f"trusted_{table.name}": LakeFiles(lake.storage, table, found)
        for table, found in files.items()
    }


@pytest.mark.parametrize("mart", DAILY_MARTS, ids=lambda mart: mart.name)
def test_no_row_differs(spark: SparkSession, inputs: dict[str, LakeFiles | pa.Table], mart) -> None:
    found, expected = (
        compute_mart(one, mart, inputs) for one in (SparkEngine(spark), DuckDbEngine())
    )
    order = [(name, "ascending") for name in mart.sort_by]
    expected = expected.sort_by(order)
    assert len(expected) > 900
    assert found.select(expected.column_names).cast(expected.schema).sort_by(order) == expected
