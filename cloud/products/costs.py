"""What a data product costs a month, estimated from its own figures: storage, scans and runs.

Prices are those of AWS in Frankfurt as of 2026-11 for S3 Standard, Athena and EMR Serverless; a
lake on one machine costs none of them. The estimate says what it was computed from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection

from cloud.lake.manifest import read_files
from cloud.lake.tables import Zone
from cloud.products.definitions.product import DataProduct
from cloud.products.runs import ProductRun, read_runs

PERIOD: Final = timedelta(days=30)
MOST_RUNS: Final = 10_000
STORAGE_USD_PER_GB_MONTH: Final = Decimal("0.0245")
SCAN_USD_PER_TB: Final = Decimal("5.00")
RUN_USD_PER_CPU_HOUR: Final = Decimal("0.0622")
GB: Final = 10**9
TB: Final = 10**12
CENT: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """A month of one product in US dollars, and the figures behind it."""

    stored_bytes: int
    scanned_bytes: int
    runs: int
    cpu_s: float
    storage_usd: Decimal
    scans_usd: Decimal
    runs_usd: Decimal

    @property
    def total_usd(self) -> Decimal:
        """Storage, scans and runs."""
        return self.storage_usd + self.scans_usd + self.runs_usd


def estimate_cost(connection: Connection, product: DataProduct, *, now: datetime) -> CostEstimate:
    """From the files of its tables now, and its runs of the last 30 days."""
    names = [*product.tables, *(name.replace(Zone.TRUSTED, Zone.RAW) for name in product.tables
                                if name.startswith(Zone.TRUSTED))]  # fmt: skip
    stored = sum(file.size_bytes for name in names for file in read_files(connection, name))
    runs = read_runs(connection, product.name, since=now - PERIOD, limit=MOST_RUNS)
    return price_figures(stored, runs)


def price_figures(stored_bytes: int, runs: Sequence[ProductRun]) -> CostEstimate:
    """The estimate for stored bytes and the runs of a month."""
    scanned = sum(run.scanned_bytes for run in runs)
    cpu_s = sum(run.cpu_s for run in runs)
    return CostEstimate(
        stored_bytes,
        scanned,
        len(runs),
        cpu_s,
        (STORAGE_USD_PER_GB_MONTH * stored_bytes / GB).quantize(CENT),
        (SCAN_USD_PER_TB * scanned / TB).quantize(CENT),
        (RUN_USD_PER_CPU_HOUR * Decimal(cpu_s) / 3600).quantize(CENT),
    )
