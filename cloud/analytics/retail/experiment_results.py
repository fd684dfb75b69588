"""The result of a price experiment so far: margin, revenue and units by store and day.

The day of the start is left out, because its first points still have sales at the price before. A
store that was not observed does not count, and a cluster without an observed store neither. How far
the arms were kept apart is stated with the result: prices that were not those of the arm, overrides
in treated stores, and stores of different arms that are near each other.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import product
from typing import Final

import numpy as np
from sqlalchemy import Connection, func, select

from cloud.analytics.retail.cluster_comparison import (
    ClusterComparison,
    ExperimentDecision,
    LookTime,
    compare_clusters,
)
from cloud.database.retail import retail_price_points
from cloud.sales.retail.cluster_assignment import ExperimentArm
from cloud.sales.retail.experiments import PriceExperiment
from cloud.sales.retail.observations import StoreSums, StoreTraits, read_store_sums, read_stores
from cloud.sales.retail.prices import PriceKey, PriceSource, PriceState, price_at, read_path
from cloud.sales.retail.tables import retail_prices
from cloud.sites.distances import distance_km

DAY: Final = timedelta(days=1)
NEAR_KM: Final = 3.0
"""Shoppers compare prices of stores within this distance."""
MIN_ADHERENCE: Final = 0.95
MOST_POINTS: Final = 20_000
"""Price points that are compared with the approved prices; the newest ones."""
MEASURES: Final = ("margin", "revenue", "units")


@dataclass(frozen=True, slots=True)
class Contamination:
    """How far the arms were kept apart; a share is None where no price was observed."""

    adherence: float | None
    compared_points: int
    overridden: int
    near_pairs: int

    @property
    def is_clean(self) -> bool:
        """Whether the difference can be that of the price alone."""
        adheres = self.adherence is not None and self.adherence >= MIN_ADHERENCE
        return adheres and not self.overridden and not self.near_pairs


@dataclass(frozen=True, slots=True)
class ExperimentResult:
    """The comparison of each measure, in minor units of the base currency and units a store-day.

    `measures` is empty until each arm has two observed clusters.
    """

    experiment: PriceExperiment
    at: datetime
    days: int
    clusters: Mapping[ExperimentArm, int]
    measures: Mapping[str, ClusterComparison]
    contamination: Contamination

    @property
    def decision(self) -> ExperimentDecision:
        """What is known of the margin."""
        margin = self.measures.get("margin")
        return ExperimentDecision.TOO_EARLY if margin is None else margin.decision

    @property
    def proposes_roll_back(self) -> bool:
        """Whether the treated prices lose more margin than the experiment allows, for sure."""
        return self.decision is ExperimentDecision.HARMFUL


def read_experiment_result(
    connection: Connection, experiment: PriceExperiment, now: datetime
) -> ExperimentResult:
    """The result from the price points up to now."""
    first_at = experiment.starts_at + DAY
    until = min(now, experiment.effective_end_at)
    days = max(0, (until - first_at) // DAY)
    pre_at = datetime.combine(experiment.pre_from_on, time(), UTC)
    read = (connection, experiment.products, list(experiment.stores))
    before = read_store_sums(*read, pre_at, experiment.starts_at)
    during = read_store_sums(*read, first_at, until) if days else {}
    clusters = _observed_clusters(experiment, during)
    planned = LookTime(days, max(1, (experiment.ends_at - first_at) // DAY))
    counts = {
        arm: sum(experiment.assignment[one] is arm for one in clusters) for arm in ExperimentArm
    }
    is_comparable = min(counts.values()) >= 2
    measures = {
        name: _compare(experiment, name, clusters, before, during, planned) for name in MEASURES
    } if is_comparable else {}  # fmt: skip
    return ExperimentResult(
        experiment, now, days, counts, measures, _check(connection, experiment, first_at, until)
    )


def _observed_clusters(
    experiment: PriceExperiment, during: Mapping[str, StoreSums]
) -> dict[str, list[str]]:
    """The observed stores of each cluster that has one."""
    clusters: dict[str, list[str]] = {}
    for store in sorted(during):
        clusters.setdefault(experiment.stores[store], []).append(store)
    return clusters


def _compare(
    experiment: PriceExperiment,
    name: str,
    clusters: Mapping[str, Collection[str]],
    before: Mapping[str, StoreSums],
    during: Mapping[str, StoreSums],
    time: LookTime,
) -> ClusterComparison:
    is_treated = np.array(
        [experiment.assignment[one] is ExperimentArm.TREATED for one in clusters], bool
    )
    return compare_clusters(
        np.array([_mean(during, some, name) for some in clusters.values()]),
        np.array([_mean(before, some, name) for some in clusters.values()]),
        is_treated,
        time,
        alpha=experiment.alpha,
        harm_limit=experiment.harm_limit_bp / 10_000,
    )


def _mean(sums: Mapping[str, StoreSums], stores: Collection[str], name: str) -> float:
    """The mean of a measure over the stores, each a day; NaN where no store was observed."""
    column = "units" if name == "units" else f"{name}_minor"
    found = [getattr(sums[one], column) / sums[one].days for one in stores if one in sums]
    return float(np.mean(found)) if found else float("nan")


def _check(
    connection: Connection, experiment: PriceExperiment, since: datetime, until: datetime
) -> Contamination:
    adherence, compared = _read_adherence(connection, experiment, since, until)
    return Contamination(
        adherence,
        compared,
        _count_overridden(connection, experiment, until),
        _count_near_pairs(experiment, read_stores(connection)),
    )


def _read_adherence(
    connection: Connection, experiment: PriceExperiment, since: datetime, until: datetime
) -> tuple[float | None, int]:
    """The share of points of treated stores whose list price is the approved one."""
    treated = experiment.stores_of(ExperimentArm.TREATED)
    cells = retail_price_points.c
    wanted = (
        select(cells.product, cells.store, cells.observed_at, cells.price_minor,
               cells.list_price_minor)
        .where(
            cells.product.in_(experiment.products), cells.store.in_(treated),
            cells.observed_at >= since, cells.observed_at < until,
        )
        .order_by(cells.observed_at.desc())
        .limit(MOST_POINTS)
    )  # fmt: skip
    rows = connection.execute(wanted).all() if since < until else []
    keys = {PriceKey(row.product, row.store) for row in rows}
    path = read_path(connection, keys, since, until)
    right = [
        approved.price_minor in (row.price_minor, row.list_price_minor)
        for row in rows
        if (approved := price_at(path.get(PriceKey(row.product, row.store), ()), row.observed_at))
    ]
    return (sum(right) / len(right) if right else None), len(right)


def _count_overridden(connection: Connection, experiment: PriceExperiment, now: datetime) -> int:
    """Prices that were set by hand in stores of the experiment while it ran."""
    cells = retail_prices.c
    wanted = select(func.count()).where(
        cells.source == PriceSource.OVERRIDE.value,
        cells.state.notin_([PriceState.CANCELLED.value, PriceState.BLOCKED.value]),
        cells.product.in_(experiment.products),
        cells.store.in_(list(experiment.stores)),
        cells.activated_at < now,
        (cells.ends_at.is_(None)) | (cells.ends_at > experiment.starts_at),
    )
    return int(connection.execute(wanted).scalar_one())


def _count_near_pairs(experiment: PriceExperiment, stores: Sequence[StoreTraits]) -> int:
    """Pairs of stores of different arms that are near each other."""
    arms: dict[ExperimentArm, list[StoreTraits]] = {arm: [] for arm in ExperimentArm}
    for one in stores:
        if one.store in experiment.stores:
            arms[experiment.arm_of(one.store)].append(one)
    return sum(
        distance_km(one.latitude, one.longitude, two.latitude, two.longitude) < NEAR_KM
        for one, two in product(*arms.values())
    )
