"""Hourly series from a file, laid on one local clock.

Hard truth: an hour that is absent, empty, negative or marked as bad is missing, never zero. An hour
given twice (the clocks went back) is the mean of both.
"""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from cloud.forecast.series import ClockSeries

MOST_HOURS: Final = 24 * 366 * 50
YEARS: Final = range(1900, 2200)
MOST_SAID: Final = 300
"""Characters of what a broken file is quoted with."""


class TableError(ValueError):
    """A file that holds no hourly series."""


def read_series(path: Path, columns: list[str]) -> tuple[list[str], ClockSeries]:
    """The names of the series and all of them as (series, hours)."""
    if len(columns) not in (3, 4):
        raise TableError(f"{len(columns)} columns named: name series, at, value and perhaps ok")
    table = _table(path, columns)
    names = [str(name) for name in table[columns[0]].to_pylist()]
    hours = _hours(table[columns[1]].to_pylist())
    values = np.array([_value(value) for value in table[columns[2]].to_pylist()])
    if len(columns) == 4:
        believed = [bool(ok) for ok in table[columns[3]].to_pylist()]
        values = np.where(believed, values, np.nan)
    if not np.isfinite(values).any():
        first = str(table[columns[2]][0].as_py())[:40]
        raise TableError(
            f"{path}: no hour of {columns[2]!r} can be believed (the first is {first!r}): "
            "numbers from 0 to a million million are wanted"
        )
    return _laid_out(names, hours, values)


def _table(path: Path, columns: list[str]) -> Any:
    import pyarrow as pa
    from pyarrow import csv, parquet

    readers = {".csv": csv.read_csv, ".parquet": parquet.read_table}
    if path.suffix not in readers:
        raise TableError(f"{path} is neither .csv nor .parquet")
    try:
        table = readers[path.suffix](str(path))
        found = table.column_names
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        raise TableError(f"{path} cannot be read: {str(error)[:MOST_SAID]}") from error
    missing = set(columns) - set(found)
    if missing:
        raise TableError(
            f"{path} has no column {', '.join(sorted(missing))}: it has "
            f"{', '.join(found)[:MOST_SAID]}; name them with --columns"
        )
    twice = sorted(name for name in columns if found.count(name) > 1)
    if twice or len(set(columns)) < len(columns):
        raise TableError(
            f"{path}: each column is needed once, {', '.join(twice or columns)} is not"
        )
    if not table.num_rows:
        raise TableError(f"{path} holds no rows")
    return table


def _hours(written: list[Any]) -> np.ndarray:
    try:
        moments = [_moment(one) for one in written]
    except ValueError as error:
        raise TableError(
            f"the time column holds something that is no time: {str(error)[:MOST_SAID]}; "
            "write 2026-11-23T08:00"
        ) from error
    naive = [moment.replace(tzinfo=None) for moment in moments]
    strange = next((moment for moment in naive if moment.year not in YEARS), None)
    if strange is not None:
        raise TableError(f"the time column holds {strange}: years from 1900 to 2199 are wanted")
    return np.array(naive, dtype="datetime64[h]")


def _moment(written: Any) -> datetime:
    if isinstance(written, datetime):
        return written
    if isinstance(written, date):
        raise ValueError(f"{written} is a day, not an hour")
    return datetime.fromisoformat(str(written))


def _value(written: Any) -> float:
    try:
        value = float(written)
    except (TypeError, ValueError):
        return float("nan")
    return value if 0 <= value < 1e12 else float("nan")


def _laid_out(
    names: list[str], hours: np.ndarray, values: np.ndarray
) -> tuple[list[str], ClockSeries]:
    first = hours.min().astype("datetime64[D]")
    length = int((hours.max().astype("datetime64[D]") - first).astype(int) + 1) * 24
    if length > MOST_HOURS:
        raise TableError(f"the file spans {length // 8766} years: check its time column")
    rows = {name: at for at, name in enumerate(sorted(set(names)))}
    at = (np.array([rows[name] for name in names]), (hours - first.astype(hours.dtype)).astype(int))
    total, count = np.zeros((len(rows), length)), np.zeros((len(rows), length))
    np.add.at(total, at, np.nan_to_num(values))
    np.add.at(count, at, np.isfinite(values))
    with np.errstate(invalid="ignore"):
        laid = np.where(count, total / count, np.nan)
    first_on = date(1970, 1, 1) + timedelta(days=int(first.astype(int)))
    return list(rows), ClockSeries(first_on, laid)
