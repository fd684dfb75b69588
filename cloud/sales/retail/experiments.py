"""Price experiments as they are stored: products, stores by cluster, the arm of each cluster.

The control keeps its approved prices; the treated clusters have prices that differ by `change_bp`.
An experiment ends at its end or when it is stopped; its prices are then those below them again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, and_, or_, select

from cloud.sales.retail.cluster_assignment import ExperimentArm
from cloud.sales.retail.tables import retail_experiments

MILLION: Final = 1_000_000


class UnknownExperimentError(LookupError):
    """No price experiment with that id."""


class ExperimentState(StrEnum):
    """Where an experiment stands at a moment."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    ENDED = "ended"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceExperiment:
    """A stored experiment.

    `alpha` is the probability that a difference is found although there is none, for all looks
    together. `harm_limit_bp` of the control's margin may be lost before the experiment is harmful.
    """

    id: str
    name: str
    products: tuple[str, ...]
    change_bp: int
    assignment: Mapping[str, ExperimentArm]
    stores: Mapping[str, str]  # store to cluster
    seed: int
    alpha: float
    harm_limit_bp: int
    pre_from_on: date
    starts_at: datetime
    ends_at: datetime
    stopped_at: datetime | None = None
    stopped_by: str | None = None
    stop_reason: str | None = None
    created_at: datetime
    created_by: str

    @property
    def effective_end_at(self) -> datetime:
        """The end, or the earlier stop."""
        return self.ends_at if self.stopped_at is None else min(self.ends_at, self.stopped_at)

    def state_at(self, now: datetime) -> ExperimentState:
        """The state at a moment."""
        if self.stopped_at is not None and self.stopped_at < self.ends_at:
            return ExperimentState.STOPPED
        if now < self.starts_at:
            return ExperimentState.SCHEDULED
        return ExperimentState.RUNNING if now < self.ends_at else ExperimentState.ENDED

    def arm_of(self, store: str) -> ExperimentArm:
        """The arm of a store of the experiment."""
        return self.assignment[self.stores[store]]

    def stores_of(self, arm: ExperimentArm) -> list[str]:
        """The stores of an arm."""
        return sorted(one for one in self.stores if self.arm_of(one) is arm)


def find_experiment(connection: Connection, name: str) -> PriceExperiment:
    """One experiment; raises UnknownExperimentError."""
    wanted = select(retail_experiments).where(retail_experiments.c.id == name[:32])
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise UnknownExperimentError(
            "no price experiment has that id: GET /api/retail/experiments lists them"
        )
    return to_experiment(row)


def list_experiments(connection: Connection, *, most: int) -> Sequence[PriceExperiment]:
    """The experiments, the latest first."""
    cells = retail_experiments.c
    wanted = select(retail_experiments).order_by(cells.created_at.desc(), cells.id)
    return [to_experiment(row) for row in connection.execute(wanted.limit(most)).mappings()]


def read_open_experiments(connection: Connection, now: datetime) -> Sequence[PriceExperiment]:
    """Experiments that are scheduled or running."""
    cells = retail_experiments.c
    is_open = and_(cells.ends_at > now, or_(cells.stopped_at.is_(None), cells.stopped_at > now))
    wanted = select(retail_experiments).where(is_open).order_by(cells.id)
    return [to_experiment(row) for row in connection.execute(wanted).mappings()]


def to_experiment(row: Any) -> PriceExperiment:
    """A row as an experiment."""
    values = dict(row)
    values["alpha"] = values.pop("alpha_ppm") / MILLION
    values["products"] = msgspec.json.decode(values["products"], type=tuple[str, ...])
    values["stores"] = msgspec.json.decode(values["stores"], type=dict[str, str])
    values["assignment"] = msgspec.json.decode(values["assignment"], type=dict[str, ExperimentArm])
    return PriceExperiment(**values)


def to_experiment_row(experiment: PriceExperiment) -> dict[str, Any]:
    """An experiment as a row."""
    row = {name: getattr(experiment, name) for name in PriceExperiment.__slots__}
    row["alpha_ppm"] = round(row.pop("alpha") * MILLION)
    for name in ("products", "stores", "assignment"):
        row[name] = msgspec.json.encode(row[name], order="sorted").decode()
    return row
