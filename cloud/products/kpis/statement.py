"""The SQL of a key figure, by period and dimensions. The engine is DuckDB.

A share whose denominator is 0 or missing is null: unknown, not zero. Growth needs the period before
to have rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from cloud.lake.trusted.rules import quote
from cloud.products.kpis.definition import Kpi, ReturnShare

WHOLE: Final = 10_000
"""Basis points of a share of one."""


class Grain(StrEnum):
    """The length of a period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class KpiQuery:
    """What is asked: periods that start from `since` until before `until`, by dimensions."""

    grain: Grain = Grain.MONTH
    since: date | None = None
    until: date | None = None
    by: tuple[str, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()
    search: str | None = None
    order: str = "starts_on"
    limit: int = 100
    offset: int = 0


def write_statement(
    kpi: Kpi, kpis: Mapping[str, Kpi], query: KpiQuery, dimensions: Sequence[str]
) -> str:
    """A statement over the table `rows` with the columns `starts_on`, dimensions, `value`, `base`.

    `base` is the denominator of a share, and the value before of a growth.
    """
    where = _where(query, dimensions)
    if kpi.returns is not None:
        inner = _write_returns(kpi.returns, query, where)
    elif kpi.growth_of is not None:
        inner = _write_growth(kpis[kpi.growth_of], query, where)
    else:
        inner = _write_values(kpi, query, where)
    return _limit(inner, query)


def _write_values(kpi: Kpi, query: KpiQuery, where: str) -> str:
    dims = "".join(f"{name}, " for name in query.by)
    if kpi.value is not None:
        values = f"{kpi.value} AS value, CAST(NULL AS BIGINT) AS base"
    else:
        share = f"round(({kpi.ratio}) * {_scale(kpi)} / nullif({kpi.per}, 0))"
        values = f"CAST({share} AS BIGINT) AS value, {kpi.per} AS base"
    return (
        f"SELECT {_period(query)} AS starts_on, {dims}{values} "  # noqa: S608
        f"FROM {_rows(query)} {where} GROUP BY ALL"
    )


def _scale(kpi: Kpi) -> int:
    return WHOLE if kpi.unit.kind == "basis_points" else 1


def _write_growth(of: Kpi, query: KpiQuery, where: str) -> str:
    dims = "".join(f"present.{name}, " for name in query.by)
    change = f"round((present.value - past.value) * {WHOLE} / nullif(past.value, 0))"
    return (
        f"WITH measured AS ({_write_values(of, query, where)}) "  # noqa: S608
        f"SELECT present.starts_on, {dims}CAST({change} AS BIGINT) AS value, past.value AS base "
        "FROM measured AS present LEFT JOIN measured AS past "
        f"ON past.starts_on = present.starts_on - INTERVAL 1 {query.grain}{_same(query)}"
    )


def _write_returns(share: ReturnShare, query: KpiQuery, where: str) -> str:
    dims = "".join(f"past.{name}, " for name in query.by)
    kept = f"count(present.{share.subject})"
    counted = kept if share.counts == "kept" else f"count(*) - {kept}"
    own = "".join(f"{name}, " for name in query.by)
    step = f"INTERVAL 1 {query.grain}"
    return (
        f"WITH present AS (SELECT DISTINCT {_period(query)} AS starts_on, "  # noqa: S608
        f"{own}{share.subject} FROM {_rows(query)} {where}) "
        f"SELECT CAST(past.starts_on + {step} AS DATE) AS starts_on, {dims}"
        f"CAST(round(({counted}) * {WHOLE} / count(*)) AS BIGINT) AS value, count(*) AS base "
        "FROM present AS past LEFT JOIN present "
        f"ON present.starts_on = past.starts_on + {step} "
        f"AND present.{share.subject} = past.{share.subject}{_same(query)} "
        f"WHERE past.starts_on + {step} <= (SELECT max(starts_on) FROM present) GROUP BY ALL"
    )


def _same(query: KpiQuery) -> str:
    return "".join(f" AND past.{name} IS NOT DISTINCT FROM present.{name}" for name in query.by)


def _period(query: KpiQuery) -> str:
    return f"CAST(date_trunc('{query.grain}', day_of_row) AS DATE)"


def _rows(query: KpiQuery) -> str:
    """The rows, with their dimensions only where these are shown."""
    return "rows JOIN groups USING (group_id)" if query.by else "rows"


def _where(query: KpiQuery, dimensions: Sequence[str]) -> str:
    """Rows are chosen by their groups: there are few of these."""
    conditions = [f"CAST({name} AS VARCHAR) = {quote(value)}" for name, value in query.filters]
    if query.search:
        found = " OR ".join(
            f"contains(lower(CAST({name} AS VARCHAR)), {quote(query.search.lower())})"
            for name in dimensions
        )
        conditions.append(f"({found or 'false'})")
    if not conditions:
        return ""
    chosen = f"SELECT group_id FROM groups WHERE {' AND '.join(conditions)}"  # noqa: S608
    return f"WHERE group_id IN ({chosen})"


def _limit(inner: str, query: KpiQuery) -> str:
    conditions = []
    if query.since is not None:
        conditions.append(f"starts_on >= DATE '{query.since}'")
    if query.until is not None:
        conditions.append(f"starts_on < DATE '{query.until}'")
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    name, direction = query.order.lstrip("-"), "DESC" if query.order.startswith("-") else "ASC"
    order = ", ".join([f"{name} {direction} NULLS LAST", "starts_on", *query.by])
    return (
        f"SELECT *, count(*) OVER () AS total FROM ({inner}) {where}"  # noqa: S608
        f"ORDER BY {order} LIMIT {query.limit} OFFSET {query.offset}"
    )
