"""Hourly series from a CSV or Parquet file, on one local clock.

Nothing is guessed: unusable rows are counted and reported, and ambiguous ones are refused with the
option that decides. An hour that is absent, empty, negative or marked as bad is missing, never
zero.
"""

import re
from collections import Counter
from collections.abc import Sequence
from csv import Error as CsvError
from csv import reader as rows
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np

from cloud.forecast.backtesting.row_hours import TableError, combine_rows
from cloud.forecast.backtesting.row_times import read_times
from cloud.forecast.series import ClockSeries

Aggregate = Literal["sum", "mean"]
MOST_BYTES: Final = 2 * 1024**3
MOST_SAID: Final = 300
"""The most characters of a file or of an error that a message quotes."""
LARGEST: Final = 1e12
LEVELS: Final = (
    "average", "avg", "crowd", "density", "dwell", "level", "mean", "occupancy", "rate", "ratio",
    "share", "temperature",
)  # fmt: skip
"""A value column with one of these words in its name is a level, which is averaged, not summed."""
SEPARATED: Final = re.compile(r"[+-]?[0-9]+([.,'\N{RIGHT SINGLE QUOTATION MARK}\s][0-9]+)+")
"""Digits with separators, which mean thousands here and decimals there."""
TRUE: Final = frozenset({"true", "t", "yes", "y", "1", "1.0"})
FALSE: Final = frozenset({"false", "f", "no", "n", "0", "0.0"})


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a file is read: columns SERIES, AT, VALUE and perhaps OK, and what decides its meaning.

    `aggregate` None: by the name of the value column. `date_format` None: ISO 8601.
    """

    columns: tuple[str, ...]
    zone: ZoneInfo | None = None
    aggregate: Aggregate | None = None
    date_format: str | None = None
    delimiter: str = ","
    encoding: str = "utf8"

    @property
    def is_summed(self) -> bool:
        """Whether rows of parts of an hour are added up."""
        if self.aggregate is not None:
            return self.aggregate == "sum"
        words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.columns[2]).lower())
        return not any(word in LEVELS for word in words)


@dataclass(frozen=True, slots=True)
class HourlyTable:
    """The names of the series, all of them as (series, hours), and notes about its rows."""

    names: list[str]
    series: ClockSeries
    notes: tuple[str, ...]


def read_series(path: Path, reading: ReadOptions) -> HourlyTable:
    """Read a file, or raise TableError."""
    if len(reading.columns) not in (3, 4):
        raise TableError(
            f"{len(reading.columns)} columns named: name series, at, value and perhaps ok"
        )
    table = _table(path, reading)
    name, at, value = reading.columns[:3]
    if table[name].null_count:
        raise TableError(f"{table[name].null_count} rows have no series in {name!r}: remove them")
    times = read_times(table[at], zone=reading.zone, date_format=reading.date_format, column=at)
    noticed: Counter[str] = Counter()
    values = _values(table[value].to_pylist(), noticed)
    if len(reading.columns) == 4:
        values[~_read_flags(table[reading.columns[3]].to_pylist(), reading.columns[3])] = np.nan
    if not np.isfinite(values).any():
        first = str(table[reading.columns[2]][0].as_py())[:40]
        raise TableError(
            f"{path}: no row of {reading.columns[2]!r} can be used (the first is {first!r}): "
            "expected numbers from 0 to 1e12"
        )
    series = [str(name) for name in table[reading.columns[0]].to_pylist()]
    names, laid = combine_rows(series, times, values, is_summed=reading.is_summed, noticed=noticed)
    return HourlyTable(names, laid, tuple(f"{count} {what}" for what, count in noticed.items()))


def _table(path: Path, reading: ReadOptions) -> Any:
    if not path.is_file():
        raise TableError(f"{path} is not a file: correct the path")
    import pyarrow as pa

    if path.suffix not in (".csv", ".parquet"):
        raise TableError(f"{path} is neither .csv nor .parquet")
    if len(set(reading.columns)) < len(reading.columns):
        raise TableError(f"--columns {','.join(reading.columns)}: each column is needed once")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise TableError(f"{path} is larger than {MOST_BYTES // 1024**3} GiB: split it")
        table = _parquet(path, reading) if path.suffix == ".parquet" else _csv(path, reading)
    except (OSError, UnicodeError, LookupError, CsvError, pa.ArrowException) as error:
        raise TableError(f"{path} cannot be read: {str(error)[:MOST_SAID]}") from error
    if not table.num_rows:
        raise TableError(f"{path} holds no rows")
    return table


def _parquet(path: Path, reading: ReadOptions) -> Any:
    from pyarrow import parquet

    _refuse_header(path, parquet.read_schema(str(path)).names, reading)
    return parquet.read_table(str(path), columns=list(reading.columns))


def _csv(path: Path, reading: ReadOptions) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    with path.open(encoding=reading.encoding, newline="") as file:
        head = file.readline(1_000_000).removeprefix("\ufeff").strip("\r\n")
    if not head:
        raise TableError(f"{path} cannot be read: its first line, the names of columns, is empty")
    found = [name.strip() for name in next(rows([head], delimiter=reading.delimiter))]
    _refuse_header(path, found, reading)
    return csv.read_csv(
        str(path),
        read_options=csv.ReadOptions(encoding=reading.encoding, column_names=found, skip_rows=1),
        parse_options=csv.ParseOptions(delimiter=reading.delimiter),
        convert_options=csv.ConvertOptions(
            include_columns=list(reading.columns),
            column_types=dict.fromkeys(reading.columns, pa.string()),
            strings_can_be_null=False,
        ),
    )


def _refuse_header(path: Path, found: Sequence[str], reading: ReadOptions) -> None:
    missing = set(reading.columns) - set(found)
    if missing:
        shown = ", ".join(found)[:MOST_SAID]
        raise TableError(
            f"{path} has no column {', '.join(sorted(missing))}: it has {shown}; name them with "
            "--columns, and the character between them with --delimiter"
        )
    twice = sorted(name for name in reading.columns if list(found).count(name) > 1)
    if twice:
        raise TableError(f"{path}: each column is needed once, {', '.join(twice)} is not")


def _values(written: Sequence[Any], noticed: Counter[str]) -> np.ndarray:
    """Numbers; what is none is NaN and counted by what is wrong with it."""
    return np.array([_value(one, noticed) for one in written], dtype=np.float64)


def _value(written: Any, noticed: Counter[str]) -> float:
    if written is None or written == "":
        noticed["empty rows: missing"] += 1
        return float("nan")
    try:
        value = float(written)
    except (TypeError, ValueError):
        if isinstance(written, str) and SEPARATED.fullmatch(written.strip()):
            raise TableError(
                f"the value {written[:40]!r} has separators, which mean thousands here and "
                "decimals there: write digits, with a full stop before decimals"
            ) from None
        noticed["rows without a number: missing"] += 1
        return float("nan")
    if value != value:  # NaN: written as such
        noticed["empty rows: missing"] += 1
    elif value < 0:
        noticed["negative rows: missing"] += 1
    elif value >= LARGEST:
        noticed["rows beyond a million million: missing"] += 1
    else:
        return value
    return float("nan")


def _read_flags(written: Sequence[Any], column: str) -> np.ndarray:
    """Which rows are marked as good."""
    known: dict[Any, bool] = {}
    for one in set(written):
        word = str(one).strip().lower()
        if word not in TRUE | FALSE:
            raise TableError(f"the column {column!r} holds {str(one)[:40]!r}: write true or false")
        known[one] = word in TRUE
    return np.array([known[one] for one in written], dtype=bool)
