"""A BI tool finds the marts as tables, joins them, and never sees half of a day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import Engine, MetaData, Table, create_engine, func, inspect, select, text

from cloud.database import connect, reading, writing
from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.curated.campaigns import CAMPAIGN_PERFORMANCE
from cloud.lake.file_checks import DamagedFileError
from cloud.lake.lake import Lake
from cloud.lake.manifest import Operation, commit, read_files
from cloud.lake.storage import open_storage
from cloud.lake.writer import append, write_days
from cloud.marts.database_tables import PUBLISHED_MARTS, dim_date
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.profiles import build_profiles
from cloud.marts.publish import PublishedMart, publish_marts
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.marts.audience_rows import sites
from tests.cloud.marts.mart_rows import MONDAY, hour, metrics

NOW = datetime(2026, 11, 2, 3, tzinfo=UTC)
SUNDAY = MONDAY - timedelta(days=1)
STATION = next(iter(sites())).id


@pytest.fixture
def lake(engine: Engine, tmp_path: Path) -> Lake:
    return Lake(open_storage(str(tmp_path / "lake")), engine)


def publish(lake: Lake) -> dict[str, PublishedMart]:
    return {one.table: one for one in publish_marts(lake, sites())}


def replace_day(lake: Lake, day: date, *rows: dict[str, Any]) -> None:
    files = list(write_days(lake.storage, AUDIENCE_METRICS, metrics(*rows)))
    with writing(lake.engine) as connection:
        removed = read_files(connection, AUDIENCE_METRICS.full_name, days=[day])
        commit(
            connection, AUDIENCE_METRICS.full_name, Operation.REPLACE,
            added=files, removed=removed, now=NOW,
        )  # fmt: skip


def test_a_bi_tool_reads_the_tables_by_reflection_and_joins_them(lake: Lake) -> None:
    append(
        lake, AUDIENCE_METRICS,
        metrics(hour(STATION, SUNDAY), hour(STATION, MONDAY, 8), hour(STATION, MONDAY, 9)), now=NOW,
    )  # fmt: skip
    build_profiles(lake, DuckDbEngine(), sites(), now=NOW)
    published = publish(lake)
    assert published["mart_audience_metrics"] == PublishedMart("mart_audience_metrics", 2, 3)
    assert published["mart_location_profiles"].rows == 1

    other = connect(lake.engine.url.render_as_string(hide_password=False))
    tables = MetaData()
    tables.reflect(other, only=lambda name, _: name.startswith("mart_"))
    metric = tables.tables["mart_audience_metrics"]
    calendar, place = tables.tables["mart_dim_date"], tables.tables["mart_dim_location"]
    query = (
        select(place.c.name, calendar.c.is_weekend, func.sum(metric.c.visits))
        .join_from(metric, calendar, metric.c.day == calendar.c.day)
        .join(place, place.c.location == metric.c.location)
        .group_by(place.c.name, calendar.c.is_weekend)
        .order_by(calendar.c.is_weekend)
    )
    with other.connect() as connection:
        rows = connection.execute(query).all()
        profile = connection.execute(select(tables.tables["mart_location_profiles"])).one()
    name = sites().location(STATION).name
    assert [(one[0], one[1], int(one[2])) for one in rows] == [(name, 0, 200), (name, 1, 100)]
    assert (profile.visits, profile.day, profile.rank) == (300, MONDAY, None)
    found = inspect(other)
    indexes = {
        table.name: [index["column_names"] for index in found.get_indexes(table.name)]
        for table in PUBLISHED_MARTS.values()
    }
    assert indexes == {name: [["location", "day"]] for name in indexes}
    assert inspect(other).get_pk_constraint(metric.name)["constrained_columns"] == [
        "day", "location", "hour",
    ]  # fmt: skip
    other.dispose()


def test_only_changed_days_are_replaced(lake: Lake) -> None:
    append(lake, AUDIENCE_METRICS, metrics(hour(STATION, SUNDAY), hour(STATION, MONDAY)), now=NOW)
    publish(lake)
    assert publish(lake)["mart_audience_metrics"].days == 0
    replace_day(
        lake, MONDAY, hour(STATION, MONDAY, visits=7, onlookers=1),
        hour(STATION, MONDAY, 10, visits=8, onlookers=1),
    )  # fmt: skip
    assert publish(lake)["mart_audience_metrics"] == PublishedMart("mart_audience_metrics", 1, 2)
    assert _visits(lake.engine) == [(SUNDAY, 9, 100), (MONDAY, 9, 7), (MONDAY, 10, 8)]


def test_a_creative_without_an_order_is_published_with_a_null_line(lake: Lake) -> None:
    mart = CAMPAIGN_PERFORMANCE
    schema = mart.schema.append(pa.field("day", pa.date32()))
    empty = {field.name: None if field.nullable else 0 for field in schema}
    row = empty | {"day": MONDAY, "location": STATION, "hour": 9, "creative": "a", "plays": 3}
    row["weekday"] = MONDAY.isoweekday()
    rows = [row, row | {"order_id": "SO-1", "line_id": "SO-1-1"}, row | {"creative": "b"}]
    append(lake, mart, pa.Table.from_pylist(rows, schema), now=NOW)
    assert publish(lake)["mart_campaign_performance"].rows == 3
    table = PUBLISHED_MARTS[mart]
    with reading(lake.engine) as connection:
        query = select(table.c.line_id, func.count()).group_by(table.c.line_id)
        assert {tuple(one) for one in connection.execute(query)} == {(None, 2), ("SO-1-1", 1)}
        assert connection.execute(select(dim_date.c.day)).scalars().all() == [MONDAY]


@SQLITE_ONLY
def test_a_table_of_other_columns_is_created_anew_and_filled_again(lake: Lake) -> None:
    append(lake, AUDIENCE_METRICS, metrics(hour(STATION, MONDAY)), now=NOW)
    publish(lake)
    with writing(lake.engine) as connection:
        connection.execute(text("ALTER TABLE mart_audience_metrics DROP COLUMN peak"))
    assert publish(lake)["mart_audience_metrics"].rows == 1
    with reading(lake.engine) as connection:
        assert connection.execute(text("SELECT peak FROM mart_audience_metrics")).scalar() == 2


@SQLITE_ONLY
def test_a_lake_without_marts_gives_empty_tables(lake: Lake) -> None:
    assert {one.rows for one in publish(lake).values()} == {0}
    with reading(lake.engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM mart_dim_date")).scalar() == 0
        assert connection.execute(text("SELECT count(*) FROM mart_dim_location")).scalar() == 4


def _visits(engine: Engine) -> list[tuple[Any, ...]]:
    other = create_engine(engine.url)
    table = Table("mart_audience_metrics", MetaData(), autoload_with=other)
    query = select(table.c.day, table.c.hour, table.c.visits).order_by(table.c.day, table.c.hour)
    with other.connect() as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    other.dispose()
    return rows


@SQLITE_ONLY
def test_a_day_with_a_damaged_file_keeps_its_rows_until_it_is_restored(lake: Lake) -> None:
    append(
        lake, AUDIENCE_METRICS, metrics(hour(STATION, SUNDAY), hour(STATION, MONDAY, 8)), now=NOW
    )  # fmt: skip
    with reading(lake.engine) as connection:
        file, _ = read_files(connection, AUDIENCE_METRICS.full_name)
    damaged = Path(lake.storage.locate(file.path))
    content = damaged.read_bytes()
    damaged.unlink()
    for _ in range(2):
        published = publish(lake)["mart_audience_metrics"]
        assert (published.days, published.rows) == (1, 1)
        (stopped,) = published.stopped
        assert (stopped.day, "is missing" in stopped.stopped) == (SUNDAY, True)
    with pytest.raises(DamagedFileError, match="marts build --since"):
        build_profiles(lake, DuckDbEngine(), sites(), now=NOW)
    damaged.write_bytes(content)
    assert publish(lake)["mart_audience_metrics"] == PublishedMart("mart_audience_metrics", 2, 2)
    assert publish(lake)["mart_audience_metrics"].days == 0
