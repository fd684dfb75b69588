"""Weekly sales from the lake as a panel, over all SKUs of a product; whole weeks only."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from cloud.database import reading
from cloud.forecast.retail.panel import Floats, SalesPanel, encode, number_week
from cloud.lake.curated.retail import RETAIL_WEEKLY
from cloud.lake.file_checks import require_readable
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.reader import to_dataset

HISTORY_WEEKS: Final = 156
"""Three years: two for the season, and one before it changes no estimate of a price any more."""
COLUMNS: Final = (
    "product", "store", "category", "week_on", "observed_days", "units", "revenue_minor",
    "price_minor", "cost_minor", "competitor_price_minor", "deal_days", "feature_days",
    "holiday_days", "stockout_days",
)  # fmt: skip
LEAST_DAYS: Final = 4
"""Observed days of a week that is used: its units are then scaled to seven days."""


def read_sales_panel(lake: Lake, today: date) -> SalesPanel:
    """The weeks of the last three years that had ended before a day.

    Raises:
        DamagedFileError: a file of the lake cannot be read.
    """
    end = today - timedelta(days=today.weekday())
    weeks = [end - timedelta(weeks=age + 1) for age in range(HISTORY_WEEKS)]
    with reading(lake.engine) as connection:
        files = read_files(connection, RETAIL_WEEKLY.full_name, days=weeks)
    require_readable(lake.storage, RETAIL_WEEKLY, files)
    rows = to_dataset(lake.storage, RETAIL_WEEKLY, files).to_table(columns=list(COLUMNS))
    return build_sales_panel(rows)


class WeeklyFileError(ValueError):
    """A file that cannot be read as weekly sales."""


def read_weekly_file(path: Path) -> SalesPanel:
    """The weeks of a CSV or Parquet file with the columns of `curated.retail_weekly`.

    Raises:
        WeeklyFileError: the file cannot be read, or a column is missing or of another type.
    """
    try:
        found = parquet.read_table(path) if path.suffix == ".parquet" else csv.read_csv(path)
        missing = [name for name in COLUMNS if name not in found.column_names]
        if missing:
            raise WeeklyFileError(f"{path} has no column {', '.join(missing)}: add them")
        types = [RETAIL_WEEKLY.schema.field(name) for name in COLUMNS]
        return build_sales_panel(found.select(list(COLUMNS)).cast(pa.schema(types)))
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise WeeklyFileError(f"{path}: {reason}; expected weeks as CSV or Parquet") from error


def build_sales_panel(rows: pa.Table) -> SalesPanel:
    """A panel of rows of `curated.retail_weekly`, summed over the SKUs of a product.

    A week with fewer than four observed days is left out; the units of another one are scaled to
    seven days, since missing days are unknown.
    """
    rows = rows.filter(pc.greater_equal(rows.column("observed_days"), LEAST_DAYS))
    products, product = encode(rows.column("product").to_pylist())
    stores, store = encode(rows.column("store").to_pylist())
    mondays = rows.column("week_on").to_pylist()
    week = np.array([number_week(day) for day in mondays], np.int64)
    keys, index, group = np.unique(
        np.column_stack([product, store, week]).reshape(-1, 3),
        axis=0, return_index=True, return_inverse=True,
    )  # fmt: skip
    sums = _Sums(rows, group.ravel(), len(keys))
    units, days = sums.total("units"), sums.mean("observed_days")
    paid = np.divide(sums.total("revenue_minor"), units, out=sums.mean("price_minor"),
                     where=units > 0)  # fmt: skip
    categories = dict(
        zip(rows.column("product").to_pylist(), rows.column("category").to_pylist(), strict=True)
    )
    return SalesPanel(
        products=products,
        stores=stores,
        categories=tuple(categories[name] or "" for name in products),
        product=product[index],
        store=store[index],
        week=week[index],
        units=units * 7 / days,
        price_minor=paid,
        deal=sums.mean("deal_days") / days,
        feature=sums.mean("feature_days") / days,
        holiday=sums.mean("holiday_days") / days,
        cost_minor=sums.mean("cost_minor"),
        competitor_price_minor=sums.mean("competitor_price_minor"),
        is_censored=sums.total("stockout_days") > 0,
    )


class _Sums:
    """Sums and means of the SKUs of each product, store and week; null values are left out."""

    def __init__(self, rows: pa.Table, group: np.ndarray, count: int) -> None:
        self._rows, self._group, self._count = rows, group, count

    def total(self, name: str) -> Floats:
        values = np.nan_to_num(self._read(name))
        return np.asarray(np.bincount(self._group, values, self._count), np.float64)

    def mean(self, name: str) -> Floats:
        """NaN without a known value."""
        known = np.bincount(self._group, np.isfinite(self._read(name)), self._count)
        empty = np.full(self._count, np.nan)
        found: Floats = np.divide(self.total(name), known, out=empty, where=known > 0)
        return found

    def _read(self, name: str) -> Floats:
        values: Sequence[float] = self._rows.column(name).cast(pa.float64()).to_numpy()
        return np.asarray(values, np.float64)
