"""The step of the nightly run that pulls, computes and compares data products with their limits."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.ownership import require_listed_files
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.nightly.steps import NightlyStep, StepResult
from cloud.products.definitions.product import DataProduct, list_products
from cloud.products.limits import list_exceeded
from cloud.products.pulls.pull import Puller, PullError, list_queried
from cloud.products.runs import Clocks, promote_uploads, run_products
from cloud.products.uploads.load import Loader
from cloud.products.uploads.pseudonyms import Pseudonyms


@dataclass(frozen=True, slots=True)
class ProductSteps:
    """The step on one lake; products without rows are left out."""

    lake: Lake
    clock: Callable[[], datetime]

    def steps(self) -> list[NightlyStep]:
        """Results are computed from promoted rows."""
        return [NightlyStep("products", self.run, ("promote-trusted",))]

    def run(self) -> StepResult:
        """All products with rows; a note names each failure and each exceeded limit."""
        not_pulled = self._pull()
        products = [one for one in list_products() if self._has_rows(one)]
        if not products:
            return StepResult(0, not_pulled)
        require_listed_files(self.lake)
        with DuckDbEngine().open() as engine:
            clocks = Clocks(self.clock, time.process_time)
            runs = run_products(self.lake, engine, products, clocks)
        failures = [f"{one.product}: {one.failure}" for one in runs if one.failure]
        with reading(self.lake.engine) as connection:
            exceeded = [
                note
                for one in products
                for note in list_exceeded(connection, one, now=self.clock())
            ]
        notes = [*not_pulled, *failures, *exceeded]
        return StepResult(sum(one.rows_written for one in runs), notes)

    def _pull(self) -> list[str]:
        """Load the rows of queries and promote them; returns what was not loaded."""
        queried = [one for one in list_products() if list_queried(one)]
        if not queried:
            return []
        puller = Puller(Loader(self.lake, Pseudonyms.from_environment()), "nightly")
        results = [one for product in queried for one in puller.pull(product, now=self.clock())]
        days = promote_uploads(self.lake, now=self.clock())
        stopped = [f"{one.table_name} on {one.day}: {one.stopped}" for one in days if one.stopped]
        return [*(str(one) for one in results if isinstance(one, PullError)), *stopped]

    def _has_rows(self, product: DataProduct) -> bool:
        with reading(self.lake.engine) as connection:
            sources = (name for name, one in product.tables.items() if not one.is_result)
            return any(read_files(connection, name) for name in sources)
