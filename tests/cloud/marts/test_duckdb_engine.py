"""DuckDB runs the SQL of the marts, with bounded memory and no file left behind."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.lake import Lake
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import compute_mart
from tests.cloud.marts import engine_contract
from tests.cloud.marts.engine_contract import MartEngineContract, inputs_of, sorted_rows

trusted_lake, live, built = (
    engine_contract.trusted_lake, engine_contract.live, engine_contract.built,
)  # fmt: skip


@pytest.fixture(scope="module")
def mart_engine() -> DuckDbEngine:
    return DuckDbEngine()


class TestDuckDb(MartEngineContract):
    def test_the_number_of_threads_changes_no_row(
        self, built: dict[str, pa.Table], trusted_lake: Lake
    ) -> None:
        mart = AUDIENCE_DEMOGRAPHICS_HOURLY
        found = compute_mart(DuckDbEngine(threads=1), mart, inputs_of(trusted_lake))
        assert sorted_rows(mart, found) == sorted_rows(mart, built[mart.name])


def test_limits_are_set_and_the_temporary_folder_is_deleted(tmp_path: Path) -> None:
    engine = DuckDbEngine(threads=1, memory_limit="50MB", spill_limit="1GB", spill=tmp_path)
    sql = (
        "SELECT current_setting('threads') AS threads, current_setting('TimeZone') AS zone, "
        "current_setting('memory_limit') AS memory, "
        "current_setting('max_temp_directory_size') AS spill"
    )
    (row,) = engine.run(sql, {}, AUDIENCE_METRICS).to_pylist()
    assert row == {"threads": 1, "zone": "UTC", "memory": "47.6 MiB", "spill": "953.6 MiB"}
    assert list(tmp_path.iterdir()) == []


def test_an_open_database_reads_the_inputs_of_each_statement_and_no_others() -> None:
    one, two = (pa.table({"number": [number]}) for number in (1, 2))
    sql = "SELECT number FROM given"
    with DuckDbEngine(threads=1).open() as engine:
        for rows in (one, one, two):
            found = engine.run(sql, {"given": rows, "other": one}, AUDIENCE_METRICS)
            assert found.to_pylist() == rows.to_pylist()
        with pytest.raises(duckdb.CatalogException):
            engine.run(sql, {"other": one}, AUDIENCE_METRICS)
