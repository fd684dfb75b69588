"""Set a retail price by hand until an instant, roll prices back, and end an experiment's prices.

A roll-back of a base price approves the price before it again, so it passes the hard rules as any
other: what breaks one is refused with its reason, for each price of a batch by itself. The first
approved price returns to the price that its recommendation was to change. A roll-back
of an override or of an experiment's price ends it, and the price below is in force again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, select

from cloud.sales.retail.decisions import require_allowed
from cloud.sales.retail.price_steps import (
    NewPrice,
    activate_due,
    approve_prices,
    cancel_price,
    new_id,
    set_states,
)
from cloud.sales.retail.prices import (
    ApprovedPrice,
    PriceConflictError,
    PriceKey,
    PriceLayer,
    PriceSource,
    PriceState,
    find_price,
    read_base_before,
    to_price,
)
from cloud.sales.retail.recommendation_store import (
    RecommendationState,
    find_recommendation,
    mark_recommendations,
)
from cloud.sales.retail.rule_check import PriceCandidate, RuleBrokenError, RuleCheck
from cloud.sales.retail.tables import retail_prices

LONGEST: Final = timedelta(days=90)
"""A price that a person sets for longer is a decision of its own: change the recommendation."""


class OverridePeriodError(ValueError):
    """An override without an end that can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOverride:
    """A price to set by hand. `starts_at` None: at once."""

    key: PriceKey
    price_minor: int
    currency: str
    reason: str
    ends_at: datetime
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RollBackResult:
    """One price of a roll-back: the price that is in force in its place, or why it was refused."""

    price: ApprovedPrice
    restored: ApprovedPrice | None = None
    refused: str | None = None


def set_override(
    connection: Connection, new: NewOverride, check: RuleCheck, *, by: str, now: datetime
) -> ApprovedPrice:
    """Set a price by hand until an instant.

    Raises:
        OverridePeriodError: the period is over, reversed, or longer than 90 days.
        RuleBrokenError: a hard rule does not allow the price.
    """
    starts_at = max(now, new.starts_at or now)
    if not starts_at < new.ends_at <= starts_at + LONGEST:
        raise OverridePeriodError(
            f"the override ends at {new.ends_at.isoformat()}: give an instant after "
            f"{starts_at.isoformat()} and at most {LONGEST.days} days later"
        )
    require_allowed(connection, check, PriceCandidate(new.key, new.price_minor, new.currency))
    price = NewPrice(
        key=new.key, price_minor=new.price_minor, currency=new.currency, starts_at=starts_at,
        ends_at=new.ends_at, source=PriceSource.OVERRIDE, reason=new.reason,
    )  # fmt: skip
    stored = approve_prices(connection, [price], by=by, now=now, batch=new_id())
    activate_due(connection, check, now, [stored[0].id])
    return find_price(connection, stored[0].id)


def roll_back_price(
    connection: Connection, name: str, reason: str, check: RuleCheck, *, by: str, now: datetime
) -> RollBackResult:
    """Roll one price back; a scheduled one is cancelled.

    Raises:
        UnknownPriceError
        PriceConflictError: it is not in force, is itself a roll-back, or nothing was before it.
        RuleBrokenError: a hard rule does not allow the price before it.
    """
    price = find_price(connection, name)
    if price.state is PriceState.SCHEDULED:
        return RollBackResult(cancel_price(connection, price, reason, by=by, now=now))
    _require_active(price, now)
    if price.layer is not PriceLayer.BASE:
        ended = set_states(connection, [price], PriceState.ROLLED_BACK, reason, now, by=by)
        return RollBackResult(ended[0])
    return _restore(connection, price, reason, check, by=by, now=now)


def roll_back_batch(
    connection: Connection, batch: str, reason: str, check: RuleCheck, *, by: str, now: datetime
) -> list[RollBackResult]:
    """Roll back every price of a batch that is scheduled or in force."""
    return _roll_back_all(connection, retail_prices.c.batch == batch, reason, check, by, now)


def roll_back_experiment(
    connection: Connection, name: str, reason: str, check: RuleCheck, *, by: str, now: datetime
) -> list[RollBackResult]:
    """End every price of an experiment: the stores have the prices below again."""
    return _roll_back_all(connection, retail_prices.c.experiment == name, reason, check, by, now)


def _roll_back_all(
    connection: Connection,
    where: ColumnElement[bool],
    reason: str,
    check: RuleCheck,
    by: str,
    now: datetime,
) -> list[RollBackResult]:
    open_states = (PriceState.SCHEDULED.value, PriceState.ACTIVE.value)
    wanted = select(retail_prices).where(and_(where, retail_prices.c.state.in_(open_states)))
    rows = connection.execute(wanted.order_by(retail_prices.c.id)).mappings()
    results = []
    for price in [to_price(row) for row in rows]:
        try:
            results.append(roll_back_price(connection, price.id, reason, check, by=by, now=now))
        except (PriceConflictError, RuleBrokenError) as error:
            results.append(RollBackResult(price, refused=str(error)))
    return results


def _require_active(price: ApprovedPrice, now: datetime) -> None:
    if price.state is not PriceState.ACTIVE or not price.is_in_force(now):
        raise PriceConflictError(
            f"price {price.id} is {price.state}: only a price in force can be rolled back"
        )
    if price.source is PriceSource.ROLL_BACK:
        raise PriceConflictError(
            f"price {price.id} is a roll-back itself: set an override, or decide on a new "
            "recommendation"
        )


def _restore(
    connection: Connection,
    price: ApprovedPrice,
    reason: str,
    check: RuleCheck,
    *,
    by: str,
    now: datetime,
) -> RollBackResult:
    candidate = _find_before(connection, price)
    require_allowed(connection, check, candidate)
    ended = set_states(connection, [price], PriceState.ROLLED_BACK, reason, now, by=by)[0]
    if price.recommendation is not None:
        mark_recommendations(connection, [price.recommendation], RecommendationState.ROLLED_BACK)
    new = NewPrice(
        key=price.key, price_minor=candidate.price_minor, currency=candidate.currency,
        starts_at=now, source=PriceSource.ROLL_BACK, rolls_back=price.id, reason=reason,
    )  # fmt: skip
    stored = approve_prices(connection, [new], by=by, now=now, batch=new_id())
    activate_due(connection, check, now, [stored[0].id])
    return RollBackResult(ended, find_price(connection, stored[0].id))


def _find_before(connection: Connection, price: ApprovedPrice) -> PriceCandidate:
    """The price to return to: the base price before, or that before the first recommendation."""
    before = read_base_before(connection, price)
    if before is not None:
        return PriceCandidate(price.key, before.price_minor, before.currency)
    if price.recommendation is None:
        raise PriceConflictError(
            f"price {price.id} is the first approved price of {price.product} in {price.store}: "
            "there is none to return to; set an override"
        )
    found = find_recommendation(connection, price.recommendation)
    return PriceCandidate(price.key, found.current_minor, found.currency)
