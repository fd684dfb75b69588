"""Quality and freshness of each day of features, as stored in `retail_feature_runs`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Column, Connection, Date, Integer, String, Table, Text, delete, select

from cloud import database

STALE_DAYS: Final = 3
"""A series whose newest point is older than this is counted as stale."""

retail_feature_runs = Table(
    "retail_feature_runs",
    database.metadata,
    Column("as_of", Date, primary_key=True),
    Column("version", String(12), nullable=False),
    Column("built_at", database.Instant, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("stores", Integer, nullable=False),
    Column("stale_rows", Integer, nullable=False),
    Column("median_age_days", Integer),
    Column("null_shares", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class FeatureRun:
    """The figures of one day; `null_shares` has the columns with nulls: 1 means all of them."""

    as_of: date
    version: str
    built_at: datetime
    rows: int
    stores: int
    stale_rows: int
    median_age_days: int | None
    null_shares: Mapping[str, float]


def describe_run(rows: pa.Table, *, as_of: date, version: str, built_at: datetime) -> FeatureRun:
    """The figures of the features of a day."""
    ages = rows.column("data_age_days")
    return FeatureRun(
        as_of=as_of,
        version=version,
        built_at=built_at,
        rows=len(rows),
        stores=len(pc.unique(rows.column("store"))),
        stale_rows=int(pc.sum(pc.greater(ages, STALE_DAYS)).as_py() or 0),
        median_age_days=_find_median(ages),
        null_shares={
            name: round(rows.column(name).null_count / len(rows), 4)
            for name in sorted(rows.column_names)
            if rows.column(name).null_count
        },
    )


def write_feature_run(connection: Connection, run: FeatureRun) -> None:
    """Store the figures in place of those of an earlier run of the day."""
    table = retail_feature_runs
    connection.execute(delete(table).where(table.c.as_of == run.as_of))
    values: dict[str, Any] = {name: getattr(run, name) for name in FeatureRun.__slots__}
    values["null_shares"] = json.dumps(run.null_shares)
    connection.execute(table.insert().values(values))


def read_feature_runs(connection: Connection, most: int = 30) -> list[FeatureRun]:
    """The newest runs, the newest first."""
    query = select(retail_feature_runs).order_by(retail_feature_runs.c.as_of.desc()).limit(most)
    return [
        FeatureRun(**{**row, "null_shares": json.loads(row["null_shares"])})
        for row in connection.execute(query).mappings()
    ]


def _find_median(ages: pa.ChunkedArray) -> int | None:
    found = pc.quantile(ages, 0.5, interpolation="lower")[0].as_py()
    return None if found is None else int(found)
