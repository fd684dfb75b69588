"""Days with an unusual number of rows, against the days before them: reported, never stopped.

The number of rows of a complete day is compared with the median of the days before it. It is
unusual when it differs by more than the contract's tolerance and by more than five times the
median deviation, so that a table that varies from day to day is not reported every day. A day
without any row counts as 0, from the first day of the table on.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median_low
from typing import Final

from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.trusted.contract import DayLimits
from cloud.lake.trusted.contracted_tables import ContractedTable

RECENT_DAYS: Final = 7
"""Complete days that are examined."""
MIN_HISTORY_DAYS: Final = 7
"""With fewer days before it, nothing is known about a day."""
DEVIATIONS: Final = 5
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class UnusualDay:
    """A day whose number of rows is outside of what the days before it lead to expect."""

    table_name: str
    day: date
    rows: int
    least: int
    most: int
    history_days: int

    def __str__(self) -> str:
        return (
            f"{self.table_name} on {self.day}: found {self.rows} rows, expected {self.least} to "
            f"{self.most} by the {self.history_days} days before"
        )


def find_unusual_days(
    lake: Lake, tables: Sequence[ContractedTable], *, now: datetime
) -> Iterator[UnusualDay]:
    """The unusual days among the last complete days of each table, oldest first."""
    today = now.date()
    for one in tables:
        name = one.target.full_name
        with reading(lake.engine) as connection:
            files = read_files(connection, name)
        if not files:
            continue
        counts: Counter[date] = Counter()
        for file in files:
            counts[file.day] += file.rows
        for number in range(RECENT_DAYS, 0, -1):
            found = _compare(name, today - number * ONE_DAY, counts, one.contract.limits)
            if found is not None:
                yield found


def _compare(name: str, day: date, counts: Counter[date], limits: DayLimits) -> UnusualDay | None:
    first = max(min(counts), day - limits.row_count_history_days * ONE_DAY)
    history = [counts[first + number * ONE_DAY] for number in range((day - first).days)]
    if len(history) < MIN_HISTORY_DAYS:
        return None
    middle = median_low(history)
    deviation = median_low([abs(rows - middle) for rows in history])
    allowed = max(middle * limits.row_count_tolerance_percent // 100, DEVIATIONS * deviation)
    if abs(counts[day] - middle) <= allowed:
        return None
    return UnusualDay(
        name, day, counts[day], max(0, middle - allowed), middle + allowed, len(history)
    )
