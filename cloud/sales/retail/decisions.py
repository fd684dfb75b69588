"""Propose recommended prices, and accept, change or reject them; each decision happens once.

A decision is an update of a row that is still proposed: of two people who decide at the same time
one gets DecisionConflictError. An accepted or changed price passes the hard rules first, and is
then scheduled in the same transaction. What has expired cannot be decided on.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from cloud.auth.audit import NewAuditEntry, record_change, record_changes
from cloud.sales.retail.price_steps import Activation, NewPrice, activate_due, approve_prices
from cloud.sales.retail.prices import PriceKey, PriceSource
from cloud.sales.retail.recommendation_store import (
    RecommendationState,
    StoredRecommendation,
    find_recommendation,
    to_recommendation,
    to_recommendation_row,
)
from cloud.sales.retail.rule_check import PriceCandidate, RuleBrokenError, RuleCheck
from cloud.sales.retail.tables import retail_recommendations

PROPOSE: Final = "retail.recommendation.propose"
DECIDE: Final = "retail.recommendation.decide"
EXPIRE: Final = "retail.recommendation.expire"
MOST_PAIRS: Final = 400
DIGEST_FIELDS: Final = ("id", "product", "store", "currency", "current_minor", "price_minor")


class DecisionConflictError(Exception):
    """A recommendation that was decided or has expired."""


class DecisionError(ValueError):
    """A decision that is not complete: a change without a price, a refusal without a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceDecision:
    """What a person decides. `price_minor` is given for a change alone."""

    state: RecommendationState
    reason: str | None = None
    price_minor: int | None = None
    starts_at: datetime | None = None  # None: at once

    def __post_init__(self) -> None:
        if (self.state is RecommendationState.CHANGED) != (self.price_minor is not None):
            raise DecisionError("a changed recommendation needs a price, and no other one has any")
        is_explained = bool(self.reason and self.reason.strip())
        if self.state is not RecommendationState.ACCEPTED and not is_explained:
            raise DecisionError(f"give the reason why the recommendation is {self.state}")


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """The recommendation after the decision, and what is active now."""

    recommendation: StoredRecommendation
    activation: Activation


def propose(
    connection: Connection, new: Sequence[StoredRecommendation], *, by: str, now: datetime
) -> list[StoredRecommendation]:
    """Store recommendations of one batch; each replaces the one that is still proposed.

    A product in a store has one recommendation to decide on: the one before expires.
    """
    if not new:
        return []
    expire_past(connection, now)
    expire_proposals(connection, [PriceKey(one.product, one.store) for one in new], now)
    connection.execute(insert(retail_recommendations), [to_recommendation_row(one) for one in new])
    details = {"count": len(new), "digest": digest_of(new)}
    record_change(
        connection, at=now, actor=by[:120], action=PROPOSE, about=new[0].batch, details=details
    )
    return list(new)


def decide(
    connection: Connection,
    name: str,
    decision: PriceDecision,
    check: RuleCheck,
    *,
    by: str,
    now: datetime,
    batch: str,
) -> DecisionResult:
    """Decide on one recommendation; an accepted or changed price is scheduled.

    Raises:
        UnknownRecommendationError
        DecisionConflictError: it was decided, or has expired.
        RuleBrokenError: a hard rule does not allow the price; the recommendation stays proposed.
    """
    found = find_recommendation(connection, name)
    if found.state_at(now) is not RecommendationState.PROPOSED:
        raise _conflict(found, now)
    price_minor = _decided_price(found, decision)
    key = PriceKey(found.product, found.store)
    if price_minor is not None:
        require_allowed(connection, check, PriceCandidate(key, price_minor, found.currency))
    decided = _store(connection, found, decision, price_minor, by=by, now=now)
    if price_minor is None:
        return DecisionResult(decided, Activation([], [], []))
    is_change = decision.state is RecommendationState.CHANGED
    new = NewPrice(
        key=key, price_minor=price_minor, currency=found.currency,
        starts_at=decision.starts_at or now, recommendation=found.id, reason=decision.reason,
        source=PriceSource.CHANGE if is_change else PriceSource.RECOMMENDATION,
    )  # fmt: skip
    prices = approve_prices(connection, [new], by=by, now=now, batch=batch)
    activation = activate_due(connection, check, now, [one.id for one in prices])
    return DecisionResult(find_recommendation(connection, found.id), activation)


def require_allowed(connection: Connection, check: RuleCheck, candidate: PriceCandidate) -> None:
    """Raise RuleBrokenError for a price that a hard rule does not allow."""
    broken = check(connection, [candidate]).get(candidate)
    if broken is not None:
        raise RuleBrokenError(broken)


def expire_past(connection: Connection, now: datetime) -> int:
    """Expire what was not decided on in time; returns how many."""
    cells = retail_recommendations.c
    is_open = cells.state == RecommendationState.PROPOSED.value
    return _expire(connection, and_(is_open, cells.valid_until <= now), now)


def expire_proposals(connection: Connection, keys: Iterable[PriceKey], now: datetime) -> int:
    """Expire what is still proposed for products in stores; returns how many."""
    cells, pairs = retail_recommendations.c, sorted(keys)
    is_open, expired = cells.state == RecommendationState.PROPOSED.value, 0
    for at in range(0, len(pairs), MOST_PAIRS):
        matching = or_(
            *(
                and_(cells.product == key.product, cells.store == key.store)
                for key in pairs[at : at + MOST_PAIRS]
            )
        )
        expired += _expire(connection, and_(is_open, matching), now)
    return expired


def digest_of(rows: Sequence[StoredRecommendation] | Sequence[Mapping[str, object]]) -> str:
    """The digest of a batch: of what its recommendations propose."""
    read = [
        [one[name] if isinstance(one, Mapping) else getattr(one, name) for name in DIGEST_FIELDS]
        for one in rows
    ]
    return hashlib.sha256(msgspec.json.encode(sorted(read))).hexdigest()


def _decided_price(found: StoredRecommendation, decision: PriceDecision) -> int | None:
    if decision.state is RecommendationState.REJECTED:
        return None
    return found.price_minor if decision.price_minor is None else decision.price_minor


def _store(
    connection: Connection,
    found: StoredRecommendation,
    decision: PriceDecision,
    price_minor: int | None,
    *,
    by: str,
    now: datetime,
) -> StoredRecommendation:
    decided = replace(
        found, state=decision.state, decided_by=by[:120], decided_at=now,
        decided_minor=price_minor, reason=decision.reason,
    )  # fmt: skip
    cells = retail_recommendations.c
    still = and_(cells.id == found.id, cells.state == RecommendationState.PROPOSED.value)
    changed = update(retail_recommendations).where(still).values(to_recommendation_row(decided))
    if connection.execute(changed).rowcount != 1:
        raise _conflict(find_recommendation(connection, found.id), now)
    details = {
        "state": decided.state.value, "price_minor": price_minor, "reason": decision.reason,
        "product": found.product, "store": found.store,
    }  # fmt: skip
    record_change(
        connection, at=now, actor=by[:120], action=DECIDE, about=found.id, details=details
    )
    return decided


def _conflict(found: StoredRecommendation, now: datetime) -> DecisionConflictError:
    by = f" by {found.decided_by}" if found.decided_by else ""
    return DecisionConflictError(
        f"recommendation {found.id} is {found.state_at(now)} already{by}: "
        f"GET /api/retail/recommendations/{found.id} shows it"
    )


def _expire(connection: Connection, where: ColumnElement[bool], now: datetime) -> int:
    rows = connection.execute(select(retail_recommendations).where(where))
    found = [to_recommendation(row) for row in rows.mappings()]
    for at in range(0, len(found), MOST_PAIRS):
        ids = [one.id for one in found[at : at + MOST_PAIRS]]
        values = {"state": RecommendationState.EXPIRED.value, "decided_at": now}
        chosen = retail_recommendations.c.id.in_(ids)
        connection.execute(update(retail_recommendations).where(chosen).values(values))
    record_changes(connection, [NewAuditEntry(now, "expiry", EXPIRE, one.id, {}) for one in found])
    return len(found)
