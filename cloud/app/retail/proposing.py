"""Propose what is recommended now: the queue gets the prices that change, with their evidence.

A price that stays as it is, or for which no price is allowed, is not proposed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection

from cloud.app.retail.price_inputs import PriceInputs
from cloud.app.retail.recommending import list_recommendations, read_known_prices
from cloud.app.retail.rules_in_force import RuleSetReader
from cloud.pricing.retail.alternatives import AlternativeKind
from cloud.pricing.retail.recommendation import Outcome
from cloud.pricing.retail.row_view import ExpectedWeek, Recommendation
from cloud.sales.retail.decisions import propose
from cloud.sales.retail.price_steps import new_id
from cloud.sales.retail.prices import PriceKey
from cloud.sales.retail.recommendation_store import StoredRecommendation

VALID_FOR: Final = timedelta(days=3)
"""Costs, stock and competitors move on: a later decision needs a new recommendation."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What was proposed, and how many prices stay or have no recent price point."""

    recommendations: Sequence[StoredRecommendation]
    kept: int
    unknown: int


def propose_recommended(
    connection: Connection,
    reader: RuleSetReader,
    keys: Sequence[PriceKey],
    *,
    by: str,
    now: datetime,
) -> Proposed:
    """Recommend the prices of products in stores, and propose those that change."""
    known = read_known_prices(connection, reader, keys, now)
    batch = new_id()
    found = list_recommendations(known) if known.usable else {}
    new = [
        _to_stored(one, inputs, batch, by, now)
        for key, one in found.items()
        if one.outcome is Outcome.RECOMMENDED
        and isinstance(inputs := known.inputs[key], PriceInputs)
    ]
    propose(connection, new, by=by, now=now)
    return Proposed(new, len(found) - len(new), len(known.inputs) - len(found))


def _keep(one: Recommendation) -> ExpectedWeek | None:
    """The week that is expected at the current price."""
    found = (two.expected for two in one.alternatives if two.kind is AlternativeKind.KEEP)
    return next(found, None)


def _to_stored(
    one: Recommendation, inputs: PriceInputs, batch: str, by: str, now: datetime
) -> StoredRecommendation:
    return StoredRecommendation(
        id=new_id(), batch=batch, product=one.product, store=one.store,
        region=inputs.state.region, category=inputs.state.category, currency=one.currency,
        current_minor=one.current_minor, price_minor=one.price_minor,
        margin_change_minor=compute_margin_change(one.expected, _keep(one)),
        evidence=msgspec.json.encode(one).decode(),
        proposed_by=by[:120], proposed_at=now, valid_until=now + VALID_FOR,
    )  # fmt: skip


def compute_margin_change(week: ExpectedWeek | None, keep: ExpectedWeek | None) -> int | None:
    """Margin of a week at a new price, less that at the current one; None where one is unknown."""
    if week is None or keep is None or week.margin_minor is None or keep.margin_minor is None:
        return None
    return round(week.margin_minor.value - keep.margin_minor.value)
