"""Estimates of demand: the elasticity of each product in each store, and the units to expect.

Units of a week at price p are `baseline_units * (p / baseline_price_minor) ** elasticity`. The
range of an elasticity is that over defensible specifications, widened by their errors: one standard
error alone is far too small (docs/retail.md). The nightly step replaces the rows of
`retail_demand_estimates`; there is one for each product and store with sales.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Column,
    Connection,
    Date,
    Double,
    Integer,
    String,
    Table,
    delete,
    select,
    tuple_,
)

from cloud import database
from cloud.database.columns import NAME

Floats = NDArray[np.float64]
MAX_SUFFICIENT_ELASTICITY: Final = -1.1
"""Above it, the best markup e / (1 + e) is many times the cost: no price can be advised."""
MAX_ERROR_SHARE: Final = 0.5
"""Of the elasticity: a standard error above it leaves the size of the response open."""
MOST_VALUES: Final = 500
"""Names in one statement; SQLite accepts at most 32,766 parameters."""


class Evidence(StrEnum):
    """Whether an elasticity may move a price.

    SUFFICIENT: yes. WEAK: the whole range does not allow the same decision, so move less.
    INSUFFICIENT: keep the price.
    """

    SUFFICIENT = "sufficient"
    WEAK = "weak"
    INSUFFICIENT = "insufficient"


EVIDENCE: Final = tuple(Evidence)
"""The order of the codes in `EstimateArrays.evidence`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandEstimate:
    """The demand for one product in one store.

    `units_sd_log` is the standard deviation of log units around the model, in one week.
    `stockpiling_share` is the part of the response to a price cut that is bought ahead and missing
    from the next weeks; None where the history is too short to tell.
    """

    product: str
    store: str
    elasticity: float
    elasticity_low: float
    elasticity_high: float
    standard_error: float
    baseline_units: float
    baseline_price_minor: int
    units_sd_log: float
    stockpiling_share: float | None
    evidence: Evidence
    model_version: str
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateArrays:
    """Estimates as columns of equal length; an unknown stock-piling share is NaN.

    `evidence` holds indices of `EVIDENCE`, `as_of` is datetime64[D].
    """

    product: NDArray[np.str_]
    store: NDArray[np.str_]
    elasticity: Floats
    elasticity_low: Floats
    elasticity_high: Floats
    standard_error: Floats
    baseline_units: Floats
    baseline_price_minor: NDArray[np.int64]
    units_sd_log: Floats
    stockpiling_share: Floats
    evidence: NDArray[np.int8]
    model_version: NDArray[np.str_]
    as_of: NDArray[np.datetime64]

    @classmethod
    def from_estimates(cls, estimates: Sequence[DemandEstimate]) -> "EstimateArrays":
        """The columns of estimates, in their order."""
        values = {name: [getattr(one, name) for one in estimates] for name in _TYPES}
        values["evidence"] = [EVIDENCE.index(one) for one in values["evidence"]]
        return cls(**{name: np.array(values[name], kind) for name, kind in _TYPES.items()})

    def __len__(self) -> int:
        return len(self.product)

    def predict_units(self, price_minor: Floats, elasticity: Floats | None = None) -> Floats:
        """Expected units of a week at these prices; another elasticity gives a bound of a range.

        The shape of `price_minor` is (..., estimates).
        """
        slope = self.elasticity if elasticity is None else elasticity
        units: Floats = self.baseline_units * (price_minor / self.baseline_price_minor) ** slope
        return units


_TYPES: Final[dict[str, Any]] = {
    "product": np.str_,
    "store": np.str_,
    **dict.fromkeys(
        ("elasticity", "elasticity_low", "elasticity_high", "standard_error", "baseline_units"),
        np.float64,
    ),
    "baseline_price_minor": np.int64,
    "units_sd_log": np.float64,
    "stockpiling_share": np.float64,
    "evidence": np.int8,
    "model_version": np.str_,
    "as_of": "datetime64[D]",
}

retail_demand_estimates = Table(
    "retail_demand_estimates",
    database.metadata,
    Column("product", NAME, primary_key=True),
    Column("store", NAME, primary_key=True),
    Column("elasticity", Double, nullable=False),
    Column("elasticity_low", Double, nullable=False),
    Column("elasticity_high", Double, nullable=False),
    Column("standard_error", Double, nullable=False),
    Column("baseline_units", Double, nullable=False),
    Column("baseline_price_minor", Integer, nullable=False),
    Column("units_sd_log", Double, nullable=False),
    Column("stockpiling_share", Double),
    Column("evidence", String(12), nullable=False),
    Column("model_version", String(40), nullable=False),
    Column("as_of", Date, nullable=False),
)


def classify_evidence(elasticity: float, low: float, high: float, error: float) -> Evidence:
    """Whether an elasticity, its range and its standard error may move a price."""
    is_open = not error <= MAX_ERROR_SHARE * abs(elasticity)  # also when one is NaN
    if is_open or elasticity > MAX_SUFFICIENT_ELASTICITY:
        return Evidence.INSUFFICIENT
    is_wide = high > MAX_SUFFICIENT_ELASTICITY or high - low > abs(elasticity)
    return Evidence.WEAK if is_wide else Evidence.SUFFICIENT


def write_estimates(connection: Connection, estimates: Iterable[DemandEstimate]) -> None:
    """Replace the estimates of these products and stores."""
    rows = [asdict(one) | {"evidence": one.evidence.value} for one in estimates]
    if not rows:
        return
    statement = database.insert(connection.dialect.name, retail_demand_estimates)
    keys = ("product", "store")
    changed = {
        field.name: statement.excluded[field.name]
        for field in fields(DemandEstimate)
        if field.name not in keys
    }
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def delete_estimates_before(connection: Connection, as_of: date) -> int:
    """Delete estimates of runs before a day: of products that are no longer sold in a store."""
    old = retail_demand_estimates.c.as_of < as_of
    return connection.execute(delete(retail_demand_estimates).where(old)).rowcount


def read_estimates(
    connection: Connection,
    products: Collection[str] | None = None,
    stores: Collection[str] | None = None,
) -> list[DemandEstimate]:
    """The estimates of these products in these stores, by product and store; None means all."""
    columns = retail_demand_estimates.c
    query = select(retail_demand_estimates).order_by(columns.product, columns.store)
    if stores is not None and len(stores) <= MOST_VALUES:
        query = query.where(columns.store.in_(sorted(stores)))
    names = None if products is None else sorted(set(products))
    parts = [None] if names is None else _split(names)
    wanted = None if stores is None else frozenset(stores)
    return [
        _read_estimate(row)
        for part in parts
        for row in connection.execute(
            query if part is None else query.where(columns.product.in_(part))
        ).mappings()
        if wanted is None or row["store"] in wanted
    ]


def read_estimates_of(
    connection: Connection, pairs: Collection[tuple[str, str]]
) -> list[DemandEstimate]:
    """The estimates of these pairs of product and store, in no order."""
    columns, wanted = retail_demand_estimates.c, sorted(set(pairs))
    return [
        _read_estimate(row)
        for start in range(0, len(wanted), MOST_VALUES)
        for row in connection.execute(
            select(retail_demand_estimates).where(
                tuple_(columns.product, columns.store).in_(wanted[start : start + MOST_VALUES])
            )
        ).mappings()
    ]


def _split(names: list[str]) -> list[list[str]]:
    return [names[start : start + MOST_VALUES] for start in range(0, len(names), MOST_VALUES)]


def _read_estimate(row: Any) -> DemandEstimate:
    return DemandEstimate(**{**row, "evidence": Evidence(row["evidence"])})
