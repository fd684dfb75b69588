"""Signals of a site besides its counts: weather, school holidays, events.

Each site may have a file of its own:

    name,from,until,value
    rain_mm,2026-11-23T08:00,2026-11-23T12:00,2.5
    school_holiday,2026-12-19,2027-01-04,1
    event,2026-11-28T17:00,2026-11-28T23:00,1

Times are whole hours of the local clock; `until` is exclusive. A signal is 0 outside its lines, so
write a temperature as its difference from the seasonal mean. Overlapping lines add up. Past lines
teach the effect of a signal, lines of the coming week (a weather forecast, an event programme) say
when it applies. Nothing is downloaded.
"""

import csv
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, cast

import numpy as np

from cloud.forecast.series import Floats

COLUMNS: Final = ["name", "from", "until", "value"]
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_SIGNALS: Final = 20
MOST_LINES: Final = 200_000
HOUR: Final = timedelta(hours=1)


class SignalError(ValueError):
    """An invalid file of signals; the message names the line and the reason."""


@dataclass(frozen=True, slots=True)
class SignalLine:
    """A value from one local hour to another."""

    name: str
    starts: datetime
    ends: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of one site."""

    names: tuple[str, ...]
    lines: tuple[SignalLine, ...]

    def over(self, first_on: date, days: int) -> Floats:
        """Each signal in each local hour of some days: (signals, days x 24)."""
        midnight = datetime.combine(first_on, datetime.min.time())
        end = midnight + timedelta(days=days)
        found = {name: np.zeros(days * 24) for name in self.names}
        for line in self.lines:
            if line.starts < end and line.ends > midnight:
                first, last = (line.starts - midnight) // HOUR, (line.ends - midnight) // HOUR
                found[line.name][max(first, 0) : last] += line.value
        return np.array(list(found.values())).reshape(len(self.names), days * 24)


@dataclass(frozen=True, slots=True)
class SeriesSignals:
    """The signals of many series, one after the other; None where a site has none."""

    of: tuple[Signals | None, ...] = ()

    def __bool__(self) -> bool:
        return any(one is not None and one.names for one in self.of)

    def groups(self) -> Iterator[tuple[list[int], Signals]]:
        """Each set of signals, and the series that it applies to."""
        rows: dict[int, list[int]] = {}
        for at, one in enumerate(self.of):
            if one is not None and one.names:
                rows.setdefault(id(one), []).append(at)
        for ats in rows.values():
            yield ats, cast(Signals, self.of[ats[0]])


NO_SERIES_SIGNALS: Final = SeriesSignals()


def read_signals(path: Path) -> Signals:
    """Read a file, or raise SignalError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = tuple(_lines(path, file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SignalError(f"{path} cannot be read: {error}") from error
    names = tuple(sorted({line.name for line in lines}))
    if len(names) > MOST_SIGNALS:
        raise SignalError(f"{path} holds {len(names)} signals: {MOST_SIGNALS} at most")
    return Signals(names, lines)


def read_folder(folder: Path) -> Mapping[str, Signals]:
    """Every `<location>.csv` of a folder, or SignalError for the first that cannot be used."""
    found, errors = read_valid_signals(folder)
    if errors:
        raise next(iter(errors.values()))
    return found


def read_valid_signals(folder: Path) -> tuple[dict[str, Signals], dict[str, SignalError]]:
    """Every `<location>.csv` of a folder that can be used, and what is wrong with the others."""
    if not folder.is_dir():
        raise SignalError(f"{folder} is not a folder: name one with <location>.csv files")
    found: dict[str, Signals] = {}
    errors: dict[str, SignalError] = {}
    for file in sorted(folder.glob("*.csv")):
        try:
            found[file.stem] = read_signals(file)
        except SignalError as error:
            errors[file.stem] = error
    return found, errors


def _lines(path: Path, file: Iterator[str]) -> Iterator[SignalLine]:
    table = csv.reader(file)
    head = next(table, [])
    if head != COLUMNS:
        raise SignalError(f"{path} starts with {','.join(head)[:80]!r}: write {','.join(COLUMNS)}")
    for number, cells in enumerate(table, 2):
        if number > MOST_LINES:
            raise SignalError(f"{path} has more than {MOST_LINES} lines: remove old years")
        if cells:
            yield _line(f"{path}, line {number}", cells)


def _line(where: str, cells: list[str]) -> SignalLine:
    try:
        name, starts, ends, value = cells
        line = SignalLine(name, _hour(starts), _hour(ends), float(value))
    except ValueError as error:
        raise SignalError(f"{where}: {error}") from None
    if not NAME.fullmatch(name):
        raise SignalError(f"{where}: the name {name[:40]!r}: use letters, digits and _")
    if not math.isfinite(line.value):
        raise SignalError(f"{where}: the value {value} is not a finite number")
    if line.ends <= line.starts:
        raise SignalError(f"{where}: it ends at {ends}, before it has started ({starts})")
    return line


def _hour(written: str) -> datetime:
    at = datetime.fromisoformat(written)
    if at.tzinfo is not None or at.minute or at.second or at.microsecond:
        raise ValueError(
            f"{written} is not a whole hour of the local clock, such as 2026-11-23T08:00"
        )
    return at
