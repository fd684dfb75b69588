"""Recommended prices as they are stored: proposed, decided, and what became of them.

`evidence` is the JSON object that the recommendation was explained with: it is shown to the person
who decides and is never read back into a computation. Amounts are minor units of `currency`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true, update

from cloud.sales.retail.tables import retail_recommendations


class RecommendationState(StrEnum):
    """What has become of a recommendation."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    CHANGED = "changed"  # decided with another price
    REJECTED = "rejected"  # by a person, or by a hard rule at its activation
    EXPIRED = "expired"
    ACTIVE = "active"
    SUPERSEDED = "superseded"  # another price has replaced it
    ROLLED_BACK = "rolled_back"


class UnknownRecommendationError(LookupError):
    """No recommendation with that id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecommendation:
    """One row. `state` is the stored one: see `state_at`."""

    id: str
    batch: str
    product: str
    store: str
    region: str
    category: str
    currency: str
    current_minor: int
    price_minor: int
    margin_change_minor: int | None
    evidence: str
    proposed_by: str
    proposed_at: datetime
    valid_until: datetime
    state: RecommendationState = RecommendationState.PROPOSED
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_minor: int | None = None
    reason: str | None = None

    def state_at(self, now: datetime) -> RecommendationState:
        """The state at a moment: one that was not decided on in time has expired."""
        is_over = self.state is RecommendationState.PROPOSED and now >= self.valid_until
        return RecommendationState.EXPIRED if is_over else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationFilter:
    """Which recommendations to list; None means all."""

    state: RecommendationState | None = None
    product: str | None = None
    store: str | None = None
    region: str | None = None
    category: str | None = None  # with those below it
    batch: str | None = None


def find_recommendation(connection: Connection, name: str) -> StoredRecommendation:
    """One recommendation; raises UnknownRecommendationError."""
    cells = retail_recommendations.c
    found = connection.execute(select(retail_recommendations).where(cells.id == name[:32]))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownRecommendationError(
            "no recommendation has that id: GET /api/retail/recommendations lists them"
        )
    return to_recommendation(row)


def list_recommendations(
    connection: Connection,
    chosen: RecommendationFilter,
    now: datetime,
    *,
    after: StoredRecommendation | None,
    most: int,
) -> Sequence[StoredRecommendation]:
    """A page, the latest first."""
    cells = retail_recommendations.c
    wanted = select(retail_recommendations).where(_matches(chosen, now))
    if after is not None:
        same = and_(cells.proposed_at == after.proposed_at, cells.id < after.id)
        wanted = wanted.where(or_(cells.proposed_at < after.proposed_at, same))
    ordered = wanted.order_by(cells.proposed_at.desc(), cells.id.desc()).limit(most)
    return [to_recommendation(row) for row in connection.execute(ordered).mappings()]


def count_states(
    connection: Connection, chosen: RecommendationFilter, now: datetime
) -> dict[RecommendationState, int]:
    """How many recommendations are in each state."""
    return {
        state: connection.execute(
            select(func.count()).select_from(retail_recommendations).where(
                _matches(chosen, now), _in_state(state, now)
            )
        ).scalar_one()
        for state in RecommendationState
    }  # fmt: skip


def mark_recommendations(
    connection: Connection, ids: Sequence[str], state: RecommendationState
) -> None:
    """Store what became of decided recommendations; the decision itself stays."""
    if ids:
        chosen = retail_recommendations.c.id.in_(ids)
        connection.execute(update(retail_recommendations).where(chosen).values(state=state.value))


def to_recommendation(row: Any) -> StoredRecommendation:
    """A row as a recommendation."""
    return StoredRecommendation(**{**row, "state": RecommendationState(row["state"])})


def to_recommendation_row(one: StoredRecommendation) -> dict[str, Any]:
    """A recommendation as a row."""
    row = {name: getattr(one, name) for name in StoredRecommendation.__slots__}
    return row | {"state": one.state.value}


def _matches(chosen: RecommendationFilter, now: datetime) -> ColumnElement[bool]:
    cells = retail_recommendations.c
    names = ("product", "store", "region", "batch")
    wanted = [cells[name] == value for name in names if (value := getattr(chosen, name))]
    if chosen.category is not None:
        below = cells.category.startswith(f"{chosen.category}/", autoescape=True)
        wanted.append(or_(cells.category == chosen.category, below))
    return and_(true(), _in_state(chosen.state, now), *wanted)


def _in_state(state: RecommendationState | None, now: datetime) -> ColumnElement[bool]:
    cells = retail_recommendations.c
    is_proposed = cells.state == RecommendationState.PROPOSED.value
    if state is None:
        return true()
    if state is RecommendationState.PROPOSED:
        return and_(is_proposed, cells.valid_until > now)
    if state is RecommendationState.EXPIRED:
        expired = cells.state == RecommendationState.EXPIRED.value
        return or_(expired, and_(is_proposed, cells.valid_until <= now))
    return cells.state == state.value
