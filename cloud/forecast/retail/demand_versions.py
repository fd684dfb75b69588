"""Versions of demand models that were trained: which is in use, and how each scored.

A version is a model of the registry, its version there, and the day of its choice, such as
`shrunk-1@2026-11-30`. Estimates name theirs. No fitted model is stored: it is fitted again from the
weeks every night, in seconds, and gives the same estimates from the same weeks.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Column, Connection, Date, Integer, String, Table, Text, select, update

from cloud import database

retail_demand_models = Table(
    "retail_demand_models",
    database.metadata,
    Column("version", String(40), primary_key=True),
    Column("model", String(20), nullable=False),
    Column("status", String(8), nullable=False),
    Column("chosen_at", database.Instant, nullable=False),
    Column("trained_at", database.Instant, nullable=False),
    Column("first_on", Date, nullable=False),
    Column("last_on", Date, nullable=False),
    Column("series", Integer, nullable=False),
    Column("weeks", Integer, nullable=False),
    Column("settings", Text, nullable=False),
    Column("scores", Text, nullable=False),
    Column("drift", Text, nullable=False),
)


class VersionStatus(StrEnum):
    """Whether estimates come from a version."""

    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandVersion:
    """One version; `first_on` and `last_on` are the Mondays of the weeks it was last fitted on.

    `scores` has the figures of the test and of each compared model by name, empty without a
    backtest; `drift` those of the last nights.
    """

    version: str
    model: str
    status: VersionStatus
    chosen_at: datetime
    trained_at: datetime
    first_on: date
    last_on: date
    series: int
    weeks: int
    settings: Mapping[str, Any]
    scores: Mapping[str, Any]
    drift: Mapping[str, Any]


JSON_COLUMNS: Final = ("settings", "scores", "drift")


def write_version(connection: Connection, version: DemandVersion) -> None:
    """Store an active version; the others are retired."""
    table = retail_demand_models
    values = {name: getattr(version, name) for name in DemandVersion.__slots__}
    values["status"] = version.status.value
    values |= {name: json.dumps(values[name]) for name in JSON_COLUMNS}
    if version.status is VersionStatus.ACTIVE:
        others = table.c.version != version.version
        connection.execute(update(table).where(others).values(status=VersionStatus.RETIRED.value))
    statement = database.insert(connection.dialect.name, table).values(values)
    changed = {name: value for name, value in values.items() if name != "version"}
    connection.execute(statement.on_conflict_do_update(index_elements=["version"], set_=changed))


def read_versions(connection: Connection, most: int = 30) -> list[DemandVersion]:
    """The newest versions, the newest first."""
    columns = retail_demand_models.c
    query = select(retail_demand_models).order_by(columns.chosen_at.desc(), columns.version.desc())
    return [_read(row) for row in connection.execute(query.limit(most)).mappings()]


def read_active_version(connection: Connection) -> DemandVersion | None:
    """The version that estimates come from; None before the first training."""
    active = retail_demand_models.c.status == VersionStatus.ACTIVE.value
    row = connection.execute(select(retail_demand_models).where(active)).mappings().first()
    return None if row is None else _read(row)


def _read(row: Any) -> DemandVersion:
    values = {**row, "status": VersionStatus(row["status"])}
    return DemandVersion(**(values | {name: json.loads(values[name]) for name in JSON_COLUMNS}))
