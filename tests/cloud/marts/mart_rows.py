"""Rows of the hourly marts for tests of what reads them."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.tables import LakeTable

MONDAY = date(2026, 10, 5)
HOUR_MS = 3_600_000


def metrics(*rows: dict[str, Any]) -> pa.Table:
    """Rows of `audience_metrics`; what a row does not name is null, or 0 where it must not be."""
    return _fill(AUDIENCE_METRICS, rows)


def demographics(*rows: dict[str, Any]) -> pa.Table:
    """Rows of `audience_demographics_hourly`, filled in the same way."""
    return _fill(AUDIENCE_DEMOGRAPHICS_HOURLY, rows)


def _fill(mart: LakeTable, rows: Sequence[dict[str, Any]]) -> pa.Table:
    schema = mart.schema.append(pa.field("day", pa.date32()))
    empty = {field.name: None if field.nullable else 0 for field in schema}
    return pa.Table.from_pylist([empty | row for row in rows], schema=schema)


def hour(
    location: str,
    day: date,
    hour: int = 9,
    *,
    people: int = 2,
    visits: int = 100,
    onlookers: int = 20,
) -> dict[str, Any]:
    """An observed hour of a location in UTC."""
    return {
        "location": location, "day": day, "hour": hour, "weekday": day.isoweekday(),
        "local_date": day, "local_hour": hour, "local_weekday": day.isoweekday(),
        "observed_ms": HOUR_MS, "expected_ms": HOUR_MS, "person_ms": people * HOUR_MS,
        "looking_ms": HOUR_MS, "visits": visits, "entries": visits, "onlookers": onlookers,
        "dwell_ms": people * HOUR_MS, "peak": people,
    }  # fmt: skip


def days(number: int) -> list[date]:
    return [MONDAY + timedelta(days=n) for n in range(number)]
