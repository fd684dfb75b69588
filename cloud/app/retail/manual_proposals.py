"""Queue a price that a person has chosen, so that another person can decide on it.

The price passes the hard rules first, as at every decision. Its evidence is the reason that was
given, and what a week is expected to bring where the demand is known.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np
from sqlalchemy import Connection

from cloud.app.retail.price_inputs import require_inputs
from cloud.app.retail.proposing import VALID_FOR, compute_margin_change
from cloud.app.retail.recommending import KnownPrices, assess_known, read_known_prices
from cloud.app.retail.rules_in_force import RuleSetReader
from cloud.pricing.retail.expectations import expect_week
from cloud.pricing.retail.row_view import ExpectedWeek, describe_weeks
from cloud.sales.retail.decisions import propose, require_allowed
from cloud.sales.retail.hard_rules import HardRuleCheck
from cloud.sales.retail.price_steps import new_id
from cloud.sales.retail.prices import PriceKey
from cloud.sales.retail.recommendation_store import StoredRecommendation
from cloud.sales.retail.rule_check import PriceCandidate


class UnchangedPriceError(ValueError):
    """A chosen price that is the current one."""


@dataclass(frozen=True, slots=True)
class ChosenPrice:
    """A price that a person has chosen, and why; minor units of the currency of the store."""

    key: PriceKey
    price_minor: int
    reason: str


def propose_chosen(
    connection: Connection, reader: RuleSetReader, chosen: ChosenPrice, *, by: str, now: datetime
) -> StoredRecommendation:
    """Queue a chosen price in place of what is still proposed.

    Raises:
        UnknownRetailPrice, LimitCurrencyError: as `read_inputs`.
        RuleBrokenError: a hard rule does not allow the price.
        UnchangedPriceError: it is the current price.
    """
    known = read_known_prices(connection, reader, [chosen.key], now)
    state = require_inputs(known.inputs[chosen.key]).state
    candidate = PriceCandidate(chosen.key, chosen.price_minor, state.currency)
    require_allowed(connection, HardRuleCheck(now, known.rules.rules), candidate)
    if chosen.price_minor == state.price_minor:
        raise UnchangedPriceError(
            f"{chosen.price_minor} is the current price of {chosen.key.product} in "
            f"{chosen.key.store}: choose another one"
        )
    week, keep = _expect(known, chosen.price_minor), _expect(known, state.price_minor)
    one = StoredRecommendation(
        id=new_id(), batch=new_id(), product=state.product, store=state.store,
        region=state.region, category=state.category, currency=state.currency,
        current_minor=int(state.price_minor), price_minor=chosen.price_minor,
        margin_change_minor=compute_margin_change(week, keep), evidence=_describe(chosen, week),
        proposed_by=by[:120], proposed_at=now, valid_until=now + VALID_FOR,
    )  # fmt: skip
    propose(connection, [one], by=by, now=now)
    return one


def _expect(known: KnownPrices, price_minor: int) -> ExpectedWeek | None:
    """What a week brings at a price; None without an estimate."""
    week = expect_week(assess_known(known), np.array([float(price_minor)]))
    return describe_weeks(week, slice(0, 1))[0]


def _describe(chosen: ChosenPrice, week: ExpectedWeek | None) -> str:
    return msgspec.json.encode({"note": chosen.reason, "expected": week}).decode()
