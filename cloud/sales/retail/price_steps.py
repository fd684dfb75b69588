"""Approve prices, activate those that are due, and end those whose time has passed.

Each step writes the rows and the entries of the audit log in the caller's transaction. A price is
checked against the hard rules again at its activation, because a cost may have changed since it was
approved: what breaks a rule is blocked, and the price before stays in force.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from cloud.auth.audit import NewAuditEntry, lock_log, record_changes
from cloud.database import Instant
from cloud.sales.retail.prices import (
    ApprovedPrice,
    PriceConflictError,
    PriceKey,
    PriceSource,
    PriceState,
    match_keys,
    to_price,
    to_price_row,
)
from cloud.sales.retail.recommendation_store import RecommendationState, mark_recommendations
from cloud.sales.retail.rule_check import PriceCandidate, RuleCheck
from cloud.sales.retail.tables import LONGEST_REASON, retail_prices

APPROVE: Final = "retail.price.approve"
SET_STATE: Final = "retail.price.state"
MOST_KEYS: Final = 400
ACTIVATOR: Final = "activation"
"""The actor of a change that no user made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """A price to approve. `starts_at` in the past or present: it is activated at once."""

    key: PriceKey
    price_minor: int
    currency: str
    starts_at: datetime
    source: PriceSource
    ends_at: datetime | None = None
    recommendation: str | None = None
    experiment: str | None = None
    rolls_back: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Activation:
    """What one activation has changed."""

    active: Sequence[ApprovedPrice]
    blocked: Sequence[ApprovedPrice]
    ended: Sequence[ApprovedPrice]


def new_id() -> str:
    """A random id."""
    return secrets.token_hex(16)


def approve_prices(
    connection: Connection, new: Sequence[NewPrice], *, by: str, now: datetime, batch: str
) -> list[ApprovedPrice]:
    """Store approved prices as scheduled; `activate_due` puts them into force."""
    prices = [_to_price(one, by, now, batch) for one in new]
    if prices:
        connection.execute(insert(retail_prices), [to_price_row(one) for one in prices])
        record_changes(connection, [_entry(one, APPROVE, by, now) for one in prices])
    return prices


def activate_due(
    connection: Connection, check: RuleCheck, now: datetime, ids: Sequence[str] | None = None
) -> Activation:
    """Activate scheduled prices whose start has come, of some ids or of all."""
    lock_log(connection)  # two activations at once would replace the same price twice
    ended = end_passed(connection, now)
    cells = retail_prices.c
    wanted = select(retail_prices).where(
        cells.state == PriceState.SCHEDULED.value, cells.starts_at <= now
    )
    if ids is not None:
        wanted = wanted.where(cells.id.in_(ids))
    rows = connection.execute(wanted.order_by(cells.starts_at, cells.approved_at, cells.id))
    due = [to_price(row) for row in rows.mappings()]
    late = [one for one in due if one.ends_at is not None and one.ends_at <= now]
    set_states(
        connection, late, PriceState.CANCELLED, "its end passed before it was activated", now
    )
    due = [one for one in due if one not in late]
    broken = check(connection, [_candidate(one) for one in due])
    blocked = [_block(connection, one, broken[_candidate(one)], now) for one in due
               if _candidate(one) in broken]  # fmt: skip
    allowed = [one for one in due if _candidate(one) not in broken]
    active: list[ApprovedPrice] = []
    for part in _by_turn(allowed):
        ended += _end_replaced(connection, part, now)
        active += _activate(connection, part, now)
    return Activation(active, blocked, ended)


def end_passed(connection: Connection, now: datetime) -> list[ApprovedPrice]:
    """End active prices whose end has passed."""
    cells = retail_prices.c
    wanted = select(retail_prices).where(
        cells.state == PriceState.ACTIVE.value, cells.ends_at <= now
    )
    passed = [to_price(row) for row in connection.execute(wanted).mappings()]
    return set_states(connection, passed, PriceState.ENDED, "its end has passed", now)


def cancel_price(
    connection: Connection, price: ApprovedPrice, reason: str, *, by: str, now: datetime
) -> ApprovedPrice:
    """Cancel a price before its activation; raises PriceConflictError."""
    if price.state is not PriceState.SCHEDULED:
        raise PriceConflictError(
            f"price {price.id} is {price.state}: only a scheduled price can be cancelled; roll an "
            "active one back"
        )
    return set_states(connection, [price], PriceState.CANCELLED, reason, now, by=by)[0]


def set_states(
    connection: Connection,
    prices: Sequence[ApprovedPrice],
    state: PriceState,
    reason: str | None,
    now: datetime,
    *,
    by: str = ACTIVATOR,
) -> list[ApprovedPrice]:
    """Change the state of prices that are as they were read.

    Raises:
        PriceConflictError: another transaction has changed one of them since.
    """
    changed = [_in_state(one, state, reason, now) for one in prices]
    for before, after in zip(prices, changed, strict=True):
        values = {
            "name": after.id, "was": before.state.value, "to_state": after.state.value,
            "at": after.activated_at, "end": after.ends_at, "why": after.state_reason,
        }  # fmt: skip
        if connection.execute(_SET_STATE, values).rowcount != 1:
            raise PriceConflictError(
                f"price {before.id} has changed since it was read: read it again"
            )
    if changed:
        record_changes(connection, [_entry(one, SET_STATE, by, now) for one in changed])
    return changed


def _activate(
    connection: Connection, prices: Sequence[ApprovedPrice], now: datetime
) -> list[ApprovedPrice]:
    active = set_states(connection, prices, PriceState.ACTIVE, None, now)
    ids = [one.recommendation for one in active if one.recommendation is not None]
    mark_recommendations(connection, ids, RecommendationState.ACTIVE)
    return active


def _end_replaced(
    connection: Connection, prices: Sequence[ApprovedPrice], now: datetime
) -> list[ApprovedPrice]:
    """End the active prices of the same layer, product and store."""
    layers = {(one.key, one.layer) for one in prices}
    keys = sorted({one.key for one in prices})
    replaced = []
    for at in range(0, len(keys), MOST_KEYS):
        wanted = select(retail_prices).where(
            retail_prices.c.state == PriceState.ACTIVE.value, match_keys(keys[at : at + MOST_KEYS])
        )
        found = [to_price(row) for row in connection.execute(wanted).mappings()]
        replaced += [one for one in found if (one.key, one.layer) in layers]
    ids = [one.recommendation for one in replaced if one.recommendation is not None]
    mark_recommendations(connection, ids, RecommendationState.SUPERSEDED)
    return set_states(connection, replaced, PriceState.ENDED, "another price replaced it", now)


def _by_turn(prices: Iterable[ApprovedPrice]) -> list[list[ApprovedPrice]]:
    """Prices in groups with one of each product, store and layer, the earliest start first."""
    turns: list[list[ApprovedPrice]] = []
    counts: dict[Any, int] = {}
    for one in prices:
        turn = counts[one.key, one.layer] = counts.get((one.key, one.layer), 0) + 1
        if turn > len(turns):
            turns.append([])
        turns[turn - 1].append(one)
    return turns


def _block(
    connection: Connection, price: ApprovedPrice, broken: str, now: datetime
) -> ApprovedPrice:
    reason = f"at activation: {broken}"[:LONGEST_REASON]
    if price.recommendation is not None:
        mark_recommendations(connection, [price.recommendation], RecommendationState.REJECTED)
    return set_states(connection, [price], PriceState.BLOCKED, reason, now)[0]


def _in_state(
    price: ApprovedPrice, state: PriceState, reason: str | None, now: datetime
) -> ApprovedPrice:
    if state is PriceState.ACTIVE:
        return replace(price, state=state, activated_at=now)
    ends_at = price.ends_at
    if price.state is PriceState.ACTIVE:
        ends_at = now if ends_at is None else min(ends_at, now)
    return replace(price, state=state, ends_at=ends_at, state_reason=reason)


def _candidate(price: ApprovedPrice) -> PriceCandidate:
    return PriceCandidate(price.key, price.price_minor, price.currency)


def _to_price(new: NewPrice, by: str, now: datetime, batch: str) -> ApprovedPrice:
    return ApprovedPrice(
        id=new_id(), product=new.key.product, store=new.key.store, price_minor=new.price_minor,
        currency=new.currency, starts_at=max(new.starts_at, now), ends_at=new.ends_at,
        layer=new.source.layer, source=new.source, state=PriceState.SCHEDULED,
        recommendation=new.recommendation, experiment=new.experiment, batch=batch,
        rolls_back=new.rolls_back, reason=new.reason, approved_by=by[:120], approved_at=now,
    )  # fmt: skip


def _entry(price: ApprovedPrice, action: str, by: str, now: datetime) -> NewAuditEntry:
    row = to_price_row(price)
    names = APPROVED_FIELDS if action == APPROVE else STATE_FIELDS
    details = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if name in names
    }
    return NewAuditEntry(now, by[:120], action, price.id, details)


APPROVED_FIELDS: Final = (
    "product", "store", "price_minor", "currency", "starts_at", "ends_at", "source",
    "recommendation", "experiment", "rolls_back", "batch", "reason",
)  # fmt: skip
STATE_FIELDS: Final = ("state", "activated_at", "ends_at", "state_reason")

_SET_STATE: Final = (
    update(retail_prices)
    .where(retail_prices.c.id == bindparam("name"), retail_prices.c.state == bindparam("was"))
    .values(
        state=bindparam("to_state"),
        activated_at=bindparam("at", type_=Instant),
        ends_at=bindparam("end", type_=Instant),
        state_reason=bindparam("why"),
    )
)
