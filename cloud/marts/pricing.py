"""Build `pricing_history` of the days that have ended, from price sheets and orders of their hours.

A day is built when its orders or a sheet that covers it have changed, and when the sites file or
the SQL has. It keeps its rows when retention has deleted sheets that cover it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection

from cloud.database import reading, writing
from cloud.lake.curated.pricing import PRICING_HISTORY
from cloud.lake.file_checks import require_readable
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    DataFile,
    read_changed_days,
    read_current,
    read_files,
    read_position,
    write_position,
)
from cloud.lake.raw.prices import RAW_PRICES
from cloud.lake.replacement import DayRows, read_day_files, replace_day
from cloud.lake.tables import DAY
from cloud.lake.trusted.tables import TRUSTED_TABLES
from cloud.lake.writer import sort_rows
from cloud.marts.build import TRUSTED_ORDER_HOURS
from cloud.marts.built_days import read_built_days, write_built_day
from cloud.marts.dimensions import list_day_numbers
from cloud.marts.engine import InstantRange, LakeFiles, MartEngine, compute_mart
from cloud.marts.season_dimensions import list_days
from cloud.marts.site_tables import SiteTables, end_of_day
from cloud.sites.sites import Sites

(TRUSTED_PRICES,) = (table for table in TRUSTED_TABLES if table.name == RAW_PRICES.name)
SHEETS: Final = TRUSTED_PRICES.full_name
ORDERS: Final = TRUSTED_ORDER_HOURS.full_name
SOURCES: Final = (SHEETS, ORDERS)
TARGET: Final = PRICING_HISTORY.full_name
ONE_DAY: Final = timedelta(days=1)
PRICED_DAYS: Final = timedelta(days=93)
"""The days that a sheet covers: 92, which can begin and end within a UTC day."""
LONGEST_LEAD: Final = timedelta(days=450)
"""More than the hours of the longest sheet that can be landed."""


@dataclass(frozen=True, slots=True)
class PricedDay:
    """One day that was built."""

    day: date
    rows: int


def build_pricing_history(
    lake: Lake, engine: MartEngine, sites: Sites, *, now: datetime
) -> Iterator[PricedDay]:
    """Build every ended day whose prices or other inputs changed, oldest first.

    Raises:
        LakeConflictError: another program builds the table at the same time.
        DamagedFileError: a file of the sheets cannot be read.
        MartValueError: sums of its rows do not fit.
    """
    inputs = SiteTables(sites, [PRICING_HISTORY])
    with reading(lake.engine) as connection:
        before = {name: read_position(connection, TARGET, name) for name in SOURCES}
        newest = {name: read_current(connection, name) for name in SOURCES}
        files = read_files(connection, SHEETS, at=newest[SHEETS])
        changed, ordered = (
            set(read_changed_days(connection, name, after=before[name], until=newest[name]))
            for name in SOURCES
        )
        incomplete = _list_incomplete_days(connection, files)
        built = read_built_days(connection, TARGET)
    affected = ordered | _list_ended_days([file for file in files if file.day in changed], now)
    days = {
        day
        for day in _list_ended_days(files, now)
        if (day in affected or built.get(day) != inputs.describe(day, until=end_of_day(day)))
        and not (day in built and day in incomplete)
    }
    builder = _PriceBuilder(lake, engine, inputs, files, newest[ORDERS], before, now)
    yield from map(builder.build, sorted(days))
    if newest != before:
        with writing(lake.engine) as connection:
            _write_positions(connection, before, newest)


def list_price_inputs(inputs: SiteTables, day: date) -> dict[str, pa.Table]:
    """What the SQL reads besides the sheets."""
    numbers = list_day_numbers(day - LONGEST_LEAD, day + timedelta(days=2))
    return {**inputs.list_tables(day, until=end_of_day(day)), "day_numbers": numbers}


@dataclass(frozen=True, slots=True)
class _PriceBuilder:
    """One run: it builds one day after another."""

    lake: Lake
    engine: MartEngine
    inputs: SiteTables
    files: Sequence[DataFile]
    orders_at: int
    positions: Mapping[str, int]
    now: datetime
    checked: set[str] = field(default_factory=set)

    def build(self, day: date) -> PricedDay:
        """Replace the rows of a day."""
        before = read_day_files(self.lake, [PRICING_HISTORY], day)
        first, last = end_of_day(day) - ONE_DAY, end_of_day(day)
        files = [file for file in self.files if day in _list_covered_days(file)]
        hours = InstantRange("hour_at", first, last)
        self._require_readable(files)
        sheets = LakeFiles(self.lake.storage, TRUSTED_PRICES, files, hours)
        rows = compute_mart(
            self.engine,
            PRICING_HISTORY,
            {
                "trusted_published_prices": sheets,
                "trusted_order_line_hours": self._read_orders(day),
                **list_price_inputs(self.inputs, day),
            },
        )

        def confirm(connection: Connection) -> None:
            _write_positions(connection, self.positions, self.positions)
            record = self.inputs.describe(day, until=end_of_day(day))
            write_built_day(connection, TARGET, day, record)

        part = DayRows(PRICING_HISTORY, sort_rows(PRICING_HISTORY, rows.drop_columns([DAY])))
        replace_day(self.lake, day, [part], before=before, now=self.now, meanwhile=confirm)
        return PricedDay(day, len(rows))

    def _read_orders(self, day: date) -> LakeFiles:
        with reading(self.lake.engine) as connection:
            files = read_files(connection, ORDERS, at=self.orders_at, days=[day])
        require_readable(self.lake.storage, TRUSTED_ORDER_HOURS, files)
        return LakeFiles(self.lake.storage, TRUSTED_ORDER_HOURS, files)

    def _require_readable(self, files: Sequence[DataFile]) -> None:
        """Check each file once: it covers many days."""
        unchecked = [file for file in files if file.path not in self.checked]
        require_readable(self.lake.storage, TRUSTED_PRICES, unchecked)
        self.checked.update(file.path for file in unchecked)


def _write_positions(
    connection: Connection, before: Mapping[str, int], after: Mapping[str, int]
) -> None:
    """Move the positions, or confirm them; other builders wait until the transaction ends."""
    for name, position in after.items():
        write_position(connection, TARGET, name, position, before=before[name])


def _list_ended_days(files: Sequence[DataFile], now: datetime) -> set[date]:
    """The days that a sheet of these files covers, up to yesterday."""
    return {day for file in files for day in _list_covered_days(file) if day < now.date()}


def _list_covered_days(file: DataFile) -> list[date]:
    """The days of the hours between the least and the greatest that the manifest lists."""
    first, last = (datetime.fromisoformat(at).date() for at in file.bounds["hour_at"])
    return list_days(first, last)


def _list_incomplete_days(connection: Connection, files: Sequence[DataFile]) -> set[date]:
    """The days that deleted sheets may have covered."""
    newest = read_current(connection, SHEETS)
    published = set(read_changed_days(connection, SHEETS, after=0, until=newest))
    present = {file.day for file in (*files, *read_files(connection, RAW_PRICES.full_name))}
    deleted = published - present
    return {day for one in deleted for day in list_days(one - ONE_DAY, one + PRICED_DAYS)}
