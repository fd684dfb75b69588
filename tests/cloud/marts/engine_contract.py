"""What every engine of the marts does; a test class of each engine inherits it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import Engine

from cloud.database import ATTENTION, DWELL, reading, writing
from cloud.ingest import report_store
from cloud.ingest.minute_sums import MinuteSums
from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.curated.campaigns import CAMPAIGN_PERFORMANCE
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.tables import LakeTable
from cloud.marts.build import DAILY_MARTS, SOURCES
from cloud.marts.dimensions import (
    list_dates,
    list_former_ids,
    list_location_hours,
    list_location_loops,
)
from cloud.marts.engine import LakeFiles, MartEngine, compute_mart
from cloud.windows.breakdown import breakdown, demographics
from cloud.windows.dimensions import BreakdownCell, BreakdownFilter, Dimension
from tests.cloud.databases import new_engine
from tests.cloud.marts.audience_rows import DAYS, FIRST, LAST, NOW, reports, sites, trust

PLAIN = ("reports", "observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms", "entries",
         "visits", "onlookers", "dwell_ms", "frames_captured", "frames_analysed", "banded_reports",
         "band_high_ms", "band_low_ms", "peak")  # fmt: skip
WHOLE = BreakdownFilter(NOW - timedelta(days=30), NOW)


@pytest.fixture(scope="session")
def trusted_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake with all reports; no test changes it."""
    from cloud.lake.storage import open_storage

    folder = tmp_path_factory.mktemp("marts")
    engine = new_engine(folder)
    lake = Lake(open_storage(str(folder / "lake")), engine)
    trust(lake)
    yield lake
    engine.dispose()


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database in which the same reports are counted."""
    engine = new_engine(tmp_path_factory.mktemp("live"))
    sums = MinuteSums()
    for report in reports():
        sums.add(report)
    with writing(engine) as connection:
        report_store.add_sums(connection, sums, NOW)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def built(mart_engine: MartEngine, trusted_lake: Lake) -> dict[str, pa.Table]:
    """The rows of the daily marts, of all days."""
    inputs = inputs_of(trusted_lake)
    return {mart.name: compute_mart(mart_engine, mart, inputs) for mart in DAILY_MARTS}


def inputs_of(lake: Lake) -> dict[str, LakeFiles | pa.Table]:
    """All days at once."""
    with reading(lake.engine) as connection:
        trusted: dict[str, LakeFiles | pa.Table] = {
            f"trusted_{table.name}": LakeFiles(
                lake.storage, table, read_files(connection, table.full_name)
            )
            for table in SOURCES
        }
    hours = [list_location_hours(sites(), day, until=NOW) for day in DAYS]
    return trusted | {
        "dim_date": list_dates(FIRST, LAST),
        "location_hours": pa.concat_tables(hours),
        "location_loops": list_location_loops(sites()),
        "former_ids": list_former_ids(sites()),
    }


def sorted_rows(table: LakeTable, rows: pa.Table) -> list[dict[str, Any]]:
    keys = [("day", "ascending"), *((name, "ascending") for name in table.sort_by)]
    return table.conform(rows.drop_columns(["day"])).append_column(
        "day", rows.column("day")
    ).sort_by(keys).to_pylist()  # fmt: skip


class MartEngineContract:
    """Its module has a fixture `mart_engine` of the scope `module`, and the fixtures above."""

    def test_hours_are_those_of_the_live_windows_to_the_unit(
        self, built: dict[str, pa.Table], live: Engine
    ) -> None:
        rows = built[AUDIENCE_METRICS.name].to_pylist()
        found = {_key(row): row for row in rows if row["reports"]}
        with reading(live) as connection:
            cells = breakdown(connection, WHOLE, (Dimension.LOCATION, Dimension.HOUR))
        assert len(found) == len(cells) > 500
        for cell in cells:
            row = found[_cell_key(cell)]
            tally = cell.audience.tally
            expected = {name: getattr(tally, name) for name in PLAIN} | {
                "cameras": cell.audience.cameras,
                **{f"blind_{cause}_ms": ms for cause, ms in tally.blind_ms.items()},
                **dict(zip(DWELL, tally.dwell_histogram, strict=True)),
                **dict(zip(ATTENTION, tally.attention_histogram, strict=True)),
            }
            assert {name: row[name] or 0 for name in expected} == expected

    def test_demographics_are_those_of_the_live_windows_to_the_unit(
        self, built: dict[str, pa.Table], live: Engine
    ) -> None:
        found = {
            (*_key(row), row["age"], row["gender"]): (row["visits"], row["onlookers"])
            for row in built[AUDIENCE_DEMOGRAPHICS_HOURLY.name].to_pylist()
        }
        with reading(live) as connection:
            groups = demographics(connection, WHOLE, (Dimension.LOCATION, Dimension.HOUR))
        assert found == {
            (str(one.key[Dimension.LOCATION]), *_day_and_hour(one.key), one.age, one.gender): (
                one.visits, one.onlookers,
            )
            for one in groups
        }  # fmt: skip

    def test_campaigns_add_up_to_the_live_windows_and_to_the_orders(
        self, built: dict[str, pa.Table], live: Engine
    ) -> None:
        times = ("observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms")
        rows = built[CAMPAIGN_PERFORMANCE.name].to_pylist()
        found: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
        for row in rows:
            found[_key(row)].update({name: row[name] or 0 for name in times})
        with reading(live) as connection:
            cells = breakdown(connection, WHOLE, (Dimension.LOCATION, Dimension.HOUR))
        for cell in cells:
            tally = cell.audience.tally
            expected = {name: getattr(tally, name) for name in times}
            assert found[_cell_key(cell)] == expected
        booked = Counter({row["line_id"]: 0 for row in rows if row["line_id"]})
        for row in rows:
            if row["line_id"]:
                booked[row["line_id"]] += row["price_minor"]
        assert booked == {"SO-1-1": 24 * 2 * 75, "SO-1-2": 36 * 60}
        plays = sum(row["plays"] or 0 for row in rows)
        assert plays == 20 * len(reports())

    def test_no_reports_give_no_rows_of_the_same_columns(
        self, mart_engine: MartEngine, trusted_lake: Lake
    ) -> None:
        mart = AUDIENCE_DEMOGRAPHICS_HOURLY
        nothing: dict[str, LakeFiles | pa.Table] = {
            f"trusted_{table.name}": LakeFiles(trusted_lake.storage, table, []) for table in SOURCES
        }
        rows = compute_mart(mart_engine, mart, inputs_of(trusted_lake) | nothing)
        assert len(rows) == 0
        assert set(rows.column_names) == {*mart.schema.names, "day"}


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["location"], row["day"], row["hour"]


def _cell_key(cell: BreakdownCell) -> tuple[Any, ...]:
    return str(cell.key[Dimension.LOCATION]), *_day_and_hour(cell.key)


def _day_and_hour(key: Mapping[Dimension, Any]) -> tuple[Any, ...]:
    at = key[Dimension.HOUR]
    return at.date(), at.hour
