"""Run an analysis over the cases of a table: the rows of its result."""

from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import holidays
import msgspec
import numpy as np
import pyarrow as pa
import yaml

from cloud.lake.tables import DAY, LakeColumn, LakeTable, Zone
from cloud.lake.trusted.declared_tables import DeclaredTable
from cloud.marts.engine import MartEngine, MartInputs
from cloud.products.analyses.change_points import ChangePoint, find_change_points
from cloud.products.analyses.drivers import explain_change
from cloud.products.analyses.specification import ChangePointAnalysis, Driver
from cloud.yaml_document import DocumentError

EPOCH: Final = date(1970, 1, 1)
WINDOW_DAYS: Final = 180
"""Before and after a change, in which drivers are compared: longer ones mix other changes in."""
MILLI: Final = 1000


def read_analysis(one: DeclaredTable) -> ChangePointAnalysis:
    """The analysis that computes a table.

    Raises:
        DocumentError: it is not valid.
    """
    try:
        return msgspec.convert(yaml.safe_load(one.analysis), ChangePointAnalysis)
    except (msgspec.ValidationError, yaml.YAMLError) as error:
        raise DocumentError(f"analysis of {one.table.full_name}: {error}") from error


def run_analysis(
    engine: MartEngine, one: DeclaredTable, inputs: MartInputs, today: date
) -> pa.Table:
    """The rows of the result, with `day`."""
    analysis = read_analysis(one)
    cases = engine.run(write_cases(analysis), inputs, _cases_table(analysis))
    rows = _analyse(analysis, cases)
    schema = one.table.schema.append(pa.field(DAY, pa.date32()))
    return pa.Table.from_pylist([row | {DAY: today} for row in rows], schema=schema)


def write_cases(analysis: ChangePointAnalysis) -> str:
    """SQL for the cases by group and day: the measure, and the columns of the drivers."""
    source = analysis.reads.replace(".", "_")
    first, last = analysis.measure
    columns = ", ".join(_driver_columns(analysis))
    return (
        f"SELECT {analysis.group} AS case_group, {analysis.day} AS case_day, "  # noqa: S608
        f"CAST({last} - {first} AS INT) AS case_days, {columns} FROM {source} "
        f"WHERE {first} IS NOT NULL AND {last} IS NOT NULL AND {analysis.day} IS NOT NULL "
        f"ORDER BY {analysis.group}, {analysis.day}"
    )


def _driver_columns(analysis: ChangePointAnalysis) -> list[str]:
    """Every column that a driver needs, once."""
    names = [
        name
        for driver in analysis.drivers.values()
        for name in (driver.changed, driver.number, *(driver.days or ()), *(driver.holidays or ()))
        if name is not None
    ]
    return list(dict.fromkeys(names))


def _cases_table(analysis: ChangePointAnalysis) -> LakeTable:
    """A table for the engine's sake; its types are those of the SQL."""
    columns = ("case_group", "case_day", "case_days", *_driver_columns(analysis))
    described = tuple(LakeColumn(name, pa.string(), "-", nullable=True) for name in columns)
    return LakeTable(Zone.CURATED, "cases", described, sort_by=())


def _analyse(analysis: ChangePointAnalysis, cases: pa.Table) -> list[dict[str, Any]]:
    if not len(cases):
        return []
    groups = cases["case_group"].to_numpy(zero_copy_only=False).astype(str)
    days = _to_days(cases["case_day"])
    values = cases["case_days"].to_numpy().astype(float)
    names, starts = np.unique(groups, return_index=True)
    ends = [*starts[1:], len(groups)]
    rows: list[dict[str, Any]] = []
    for name, start, end in zip(names, starts, ends, strict=True):
        part = cases.slice(start, end - start)
        some_days, some = days[start:end], values[start:end]
        rows += [
            _describe(analysis, str(name), change, part, some_days, some)
            for change in find_change_points(some_days, some, analysis.least_factor)
        ]
    return rows


def _describe(
    analysis: ChangePointAnalysis,
    group: str,
    change: ChangePoint,
    cases: pa.Table,
    days: np.ndarray,
    values: np.ndarray,
) -> dict[str, Any]:
    near = (days >= max(change.first_day, change.day - WINDOW_DAYS)) & (
        days < min(change.end_day, change.day + WINDOW_DAYS)
    )
    drivers = {
        name: _read_driver(analysis, driver, cases)[near]
        for name, driver in analysis.drivers.items()
    }
    found = explain_change(values[near], drivers, days[near] >= change.day)
    effects = {
        f"{name}_effect_milli": round(effect * MILLI) for name, effect in found.effects.items()
    }
    return {
        analysis.group: group,
        "changed_on": EPOCH + timedelta(days=change.day),
        "cases": int(near.sum()),
        "before_milli": round(change.before * MILLI),
        "after_milli": round(change.after * MILLI),
        "factor_milli": round(change.factor * MILLI),
        "likeliest_driver": found.likeliest,
        **effects,
        "unexplained_milli": round(found.unexplained * MILLI),
    }


def _read_driver(analysis: ChangePointAnalysis, driver: Driver, cases: pa.Table) -> np.ndarray:
    """One number for each case; unknown ones are the mean of the others."""
    if driver.changed is not None:
        texts = cases[driver.changed].to_pylist()
        first = next((text for text in texts if text is not None), None)
        return np.array([0.0 if text in (None, first) else 1.0 for text in texts])
    if driver.number is not None:
        found = cases[driver.number].to_numpy(zero_copy_only=False).astype(float)
    elif driver.days is not None:
        first_day, last_day = (_to_days(cases[name]) for name in driver.days)
        found = last_day - first_day
    else:
        assert driver.holidays is not None
        first_day, last_day = (_to_days(cases[name]) for name in driver.holidays)
        found = _count_holidays(analysis.holidays_of, first_day, last_day)
    known = np.isfinite(found)
    return np.where(known, found, found[known].mean() if known.any() else 0.0)


def _to_days(column: pa.ChunkedArray) -> np.ndarray:
    """Days since 1970; NaN: unknown."""
    found = column.cast(pa.date32()).cast(pa.int32())
    days: np.ndarray = found.to_numpy(zero_copy_only=False).astype(float)
    return days


def _count_holidays(country: str, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    known = np.isfinite(first) & np.isfinite(last)
    if not known.any():
        return np.full(len(first), np.nan)
    years = _years(float(first[known].min()), float(last[known].max()))
    dates = _list_holidays(country, *years)
    counted = np.searchsorted(dates, last, "right") - np.searchsorted(dates, first, "right")
    return np.where(known, counted, np.nan)


def _years(first: float, last: float) -> tuple[int, int]:
    return (EPOCH + timedelta(days=first)).year, (EPOCH + timedelta(days=last)).year


@cache
def _list_holidays(country: str, first: int, last: int) -> np.ndarray:
    found = holidays.country_holidays(country, years=range(first, last + 1))
    return np.array(sorted((day - EPOCH).days for day in found), dtype=float)
