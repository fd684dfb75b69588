"""Start and stop price experiments: draw the arms, approve the treated prices, roll them back.

An experiment starts as a whole or not at all: a treated price that a hard rule refuses would leave
a store untreated, so it is refused before anything is stored. A product in a store is in one
experiment at a time.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, insert, update

from cloud.auth.audit import record_change
from cloud.sales.retail.cluster_assignment import (
    ClusterTraits,
    ExperimentArm,
    assign_clusters,
    count_arms,
)
from cloud.sales.retail.experiments import (
    MILLION,
    ExperimentState,
    PriceExperiment,
    find_experiment,
    read_open_experiments,
    to_experiment_row,
)
from cloud.sales.retail.manual_prices import RollBackResult, roll_back_experiment
from cloud.sales.retail.observations import (
    StoreSums,
    StoreTraits,
    read_newest,
    read_store_sums,
    read_stores,
)
from cloud.sales.retail.price_steps import NewPrice, activate_due, approve_prices, new_id
from cloud.sales.retail.prices import PriceKey, PriceSource, read_in_force
from cloud.sales.retail.rule_check import PriceCandidate, RuleBrokenError, RuleCheck
from cloud.sales.retail.tables import retail_experiments

START: Final = "retail.experiment.start"
STOP: Final = "retail.experiment.stop"
MIN_CLUSTERS: Final = 6
"""Of each arm. With fewer the interval of the difference is wider than any plausible effect."""
SHORTEST: Final = timedelta(days=7)
"""A shorter time has not every day of the week."""
LONGEST: Final = timedelta(days=180)
PRE_PERIOD: Final = timedelta(days=28)
MOST_CHANGE_BP: Final = 3_000
WHOLE_BP: Final = 10_000
REFUSALS_SHOWN: Final = 3

LadderStep = Callable[[int, str], int]
"""The allowed price that is nearest to a price in a currency."""


class ExperimentError(ValueError):
    """An experiment that cannot be started as it is described."""


class ExperimentConflictError(Exception):
    """An experiment that overlaps with another one, or that has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExperiment:
    """An experiment as it is described; `region` None: every region."""

    name: str
    products: tuple[str, ...]
    change_bp: int
    starts_at: datetime
    ends_at: datetime
    seed: int
    region: str | None = None
    alpha: float = 0.05
    harm_limit_bp: int = 0


def start_experiment(
    connection: Connection,
    new: NewExperiment,
    check: RuleCheck,
    nearest: LadderStep,
    *,
    by: str,
    now: datetime,
) -> PriceExperiment:
    """Draw the arms, store the experiment and approve the prices of the treated clusters.

    Raises:
        ExperimentError: too few clusters, an unusable period, or a price without a known base.
        ExperimentConflictError: a product in a store is in another experiment.
        RuleBrokenError: a hard rule refuses a treated price.
    """
    _check_description(new, now)
    stores = read_stores(connection, new.region)
    assignment = assign_clusters(_describe_clusters(connection, new, stores, now), new.seed)
    _require_clusters(assignment)
    experiment = PriceExperiment(
        id=new_id(), name=new.name, products=tuple(sorted(set(new.products))),
        change_bp=new.change_bp, assignment=assignment,
        stores={one.store: one.cluster for one in stores}, seed=new.seed, alpha=new.alpha,
        harm_limit_bp=new.harm_limit_bp, pre_from_on=(new.starts_at - PRE_PERIOD).date(),
        starts_at=new.starts_at, ends_at=new.ends_at, created_at=now, created_by=by[:120],
    )  # fmt: skip
    _refuse_overlap(experiment, read_open_experiments(connection, now))
    prices = _treated_prices(connection, experiment, nearest, now)
    _refuse_broken(check(connection, [_candidate(one) for one in prices]))
    connection.execute(insert(retail_experiments), [to_experiment_row(experiment)])
    row = to_experiment_row(experiment)
    details = {name: row[name] for name in LOGGED} | {
        "starts_at": new.starts_at.isoformat(), "ends_at": new.ends_at.isoformat(),
    }  # fmt: skip
    record_change(
        connection, at=now, actor=by[:120], action=START, about=experiment.id, details=details
    )
    stored = approve_prices(connection, prices, by=by, now=now, batch=experiment.id)
    activate_due(connection, check, now, [one.id for one in stored])
    return experiment


def stop_experiment(
    connection: Connection, name: str, reason: str, check: RuleCheck, *, by: str, now: datetime
) -> tuple[PriceExperiment, list[RollBackResult]]:
    """End an experiment before its time, and roll its prices back.

    Raises:
        UnknownExperimentError
        ExperimentConflictError: it has ended.
    """
    found = find_experiment(connection, name)
    state = found.state_at(now)
    if state in (ExperimentState.ENDED, ExperimentState.STOPPED):
        raise ExperimentConflictError(f"experiment {found.id} is {state}: it has no prices")
    stopped = replace(found, stopped_at=now, stopped_by=by[:120], stop_reason=reason)
    cells = retail_experiments.c
    values = {"stopped_at": now, "stopped_by": by[:120], "stop_reason": reason}
    running = (cells.id == found.id) & cells.stopped_at.is_(None)
    if connection.execute(update(retail_experiments).where(running).values(values)).rowcount != 1:
        raise ExperimentConflictError(f"experiment {found.id} was stopped at the same time")
    record_change(
        connection, at=now, actor=by[:120], action=STOP, about=found.id, details={"reason": reason}
    )
    return stopped, roll_back_experiment(connection, found.id, reason, check, by=by, now=now)


LOGGED: Final = (
    "name", "products", "change_bp", "assignment", "stores", "seed", "alpha_ppm", "harm_limit_bp",
)  # fmt: skip


def _check_description(new: NewExperiment, now: datetime) -> None:
    if not new.products:
        raise ExperimentError("give at least one product")
    if not 0 < abs(new.change_bp) <= MOST_CHANGE_BP:
        raise ExperimentError(
            f"`change_bp` is {new.change_bp}: give a change of at most {MOST_CHANGE_BP} basis "
            "points up or down, and not 0"
        )
    if new.starts_at < now or not SHORTEST <= new.ends_at - new.starts_at <= LONGEST:
        raise ExperimentError(
            f"an experiment starts in the future and lasts {SHORTEST.days} to {LONGEST.days} days"
        )
    if not 1 / MILLION <= new.alpha <= 0.2:
        raise ExperimentError(f"`alpha` is {new.alpha}: give a probability of at most 0.2")


def _describe_clusters(
    connection: Connection, new: NewExperiment, stores: Sequence[StoreTraits], now: datetime
) -> list[ClusterTraits]:
    """Each cluster with its stratum and its margin of a store and day in the last 28 days."""
    names = [one.store for one in stores]
    sums = read_store_sums(connection, new.products, names, now - PRE_PERIOD, now)
    members: dict[str, list[StoreTraits]] = {}
    for one in stores:
        members.setdefault(one.cluster, []).append(one)
    return [
        ClusterTraits(cluster, f"{some[0].region}/{some[0].setting}", _mean_margin(some, sums))
        for cluster, some in sorted(members.items())
    ]


def _mean_margin(stores: Collection[StoreTraits], sums: Mapping[str, StoreSums]) -> float | None:
    found = [sums[one.store].margin_per_day for one in stores if one.store in sums]
    return sum(found) / len(found) if found else None


def _require_clusters(assignment: Mapping[str, ExperimentArm]) -> None:
    counts = count_arms(assignment)
    if min(counts.values()) < MIN_CLUSTERS:
        raise ExperimentError(
            f"{len(assignment)} clusters of stores are available: an experiment needs at least "
            f"{2 * MIN_CLUSTERS}, {MIN_CLUSTERS} in each arm"
        )


def _refuse_overlap(new: PriceExperiment, others: Sequence[PriceExperiment]) -> None:
    for other in others:
        is_meanwhile = new.starts_at < other.effective_end_at and other.starts_at < new.ends_at
        products = set(new.products) & set(other.products)
        if is_meanwhile and products and new.stores.keys() & other.stores.keys():
            raise ExperimentConflictError(
                f"{', '.join(sorted(products))} is in experiment {other.id} until "
                f"{other.ends_at:%Y-%m-%d}: choose other products, regions or dates"
            )


def _treated_prices(
    connection: Connection, experiment: PriceExperiment, nearest: LadderStep, now: datetime
) -> list[NewPrice]:
    """The price of each product in each treated store, from the price that it has now."""
    treated = experiment.stores_of(ExperimentArm.TREATED)
    keys = [PriceKey(one, store) for one in experiment.products for store in treated]
    observed = read_newest(connection, now, experiment.products, treated)
    approved = read_in_force(connection, keys, now)
    prices = []
    for key in keys:
        if key not in observed:
            raise ExperimentError(
                f"no price of {key.product} in {key.store} was reported in the last 14 days: leave "
                "the product out, or load its price points"
            )
        base = approved[key].price_minor if key in approved else observed[key].list_price_minor
        currency = observed[key].currency
        changed = base + round(base * experiment.change_bp / WHOLE_BP)
        prices.append(
            NewPrice(
                key=key, price_minor=nearest(changed, currency), currency=currency,
                starts_at=experiment.starts_at, ends_at=experiment.ends_at,
                source=PriceSource.EXPERIMENT, experiment=experiment.id,
                reason=f"experiment {experiment.name}",
            )
        )  # fmt: skip
    return prices


def _candidate(price: NewPrice) -> PriceCandidate:
    return PriceCandidate(price.key, price.price_minor, price.currency)


def _refuse_broken(broken: Mapping[PriceCandidate, str]) -> None:
    if broken:
        shown = [f"{one.key.product} in {one.key.store}: {why}" for one, why in broken.items()][
            :REFUSALS_SHOWN
        ]
        raise RuleBrokenError(
            f"{len(broken)} prices of the treated stores break a rule, such as {'; '.join(shown)}"
        )
