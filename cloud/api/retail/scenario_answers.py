"""Answer what-ifs of retail prices from the database."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec
import numpy as np
from sqlalchemy import Connection

from cloud.api.retail.curves import describe_curve
from cloud.api.retail.descriptions import describe_recommendation, describe_rules, describe_week
from cloud.api.retail.models import RetailWeek
from cloud.api.retail.scenario_models import (
    MAX_STORES,
    ExaminedPrice,
    ScenarioAnswer,
    ScenarioQuestion,
    ScenarioStore,
    ScenarioTotals,
)
from cloud.app.retail.price_inputs import PriceInputs, UnknownRetailPrice, list_keys_of
from cloud.app.retail.recommending import (
    KnownPrices,
    read_known_prices,
    recommend_known,
)
from cloud.app.retail.services import RetailServices
from cloud.money import major, minor
from cloud.pricing.retail.bounds import BOUNDED
from cloud.pricing.retail.expectations import Expectations, expect_week
from cloud.pricing.retail.row_view import Recommendation, describe_weeks, list_rows
from cloud.pricing.retail.rule_columns import list_marked
from cloud.pricing.retail.rules import RuleChanges
from cloud.pricing.retail.scenarios import ScenarioChanges, compute_curve, sum_week
from cloud.pricing.retail.situation import Situation
from cloud.sales.retail.prices import PriceKey
from cloud.suggestions import explain_field


class ScenarioError(ValueError):
    """A what-if that cannot be answered; the message says what to change."""


def answer_scenario(
    connection: Connection, retail: RetailServices, asked: ScenarioQuestion, now: datetime
) -> ScenarioAnswer:
    """Recommend as things are and under the what-if, and add up the stores.

    Raises:
        UnknownRetailPrice: no store has a recent price of the product.
        ScenarioError: several currencies, or changes that are not valid.
        MoneyError: an amount with more decimals than the currency has.
    """
    wanted, known = _read(connection, retail, asked, now)
    currency = _require_one_currency(known)
    changes = _read_changes(asked, currency)
    current, changed = recommend_known(known), recommend_known(known, changes)
    examined = _examine(changed.situation, asked, currency)
    return ScenarioAnswer(
        product=asked.product,
        currency=currency,
        stores=_describe_stores(known, list_rows(current), list_rows(changed), examined),
        missing_stores=[
            key.store for key in wanted if not isinstance(known.inputs[key], PriceInputs)
        ],
        totals=ScenarioTotals(
            current=_total(_expect_current(current.situation), currency),
            recommended=_total(current.expected, currency),
            scenario=_total(changed.expected, currency),
            examined=None if examined is None else _total(examined.expected, currency),
        ),
        curve=describe_curve(currency, len(known.usable), compute_curve(changed.situation)),
        rules=describe_rules(known.rules),
        computed_at=now,
    )


def _read(
    connection: Connection, retail: RetailServices, asked: ScenarioQuestion, now: datetime
) -> tuple[list[PriceKey], KnownPrices]:
    if asked.stores is None:
        wanted = list_keys_of(connection, asked.product, now)[:MAX_STORES]
    else:
        wanted = sorted({PriceKey(asked.product, store) for store in asked.stores})
    known = read_known_prices(connection, retail.rules, wanted, now)
    if not known.usable:
        raise UnknownRetailPrice(
            f"none of these stores has a recent price point of {asked.product}: GET "
            "/api/retail/analysis/{product} lists the stores that have one"
        )
    return wanted, known


def _require_one_currency(known: KnownPrices) -> str:
    found = sorted({one.state.currency for one in known.usable})
    if len(found) > 1:
        raise ScenarioError(
            f"the stores have several currencies ({', '.join(found)}): ask for the stores of one"
        )
    return found[0]


def _read_changes(asked: ScenarioQuestion, currency: str) -> ScenarioChanges:
    """The changes in minor units; raises ScenarioError or MoneyError."""
    try:
        rules = None if asked.rules is None else msgspec.convert(asked.rules, RuleChanges)
    except msgspec.ValidationError as error:
        reason = explain_field(str(error), RuleChanges)
        raise ScenarioError(f"`rules` in the body: {reason}") from error
    try:
        return ScenarioChanges(
            cost_minor=_minor_or_none(asked.cost, currency),
            cost_change=asked.cost_change,
            competitor_price_minor=_minor_or_none(asked.competitor_price, currency),
            competitor_price_change=asked.competitor_price_change,
            stock=asked.stock,
            rules=rules,
        )
    except ValueError as error:
        raise ScenarioError(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Examined:
    """The price of the question in every store."""

    price: Decimal
    breaks: list[list[int]]
    expected: Expectations


def _examine(situation: Situation, asked: ScenarioQuestion, currency: str) -> _Examined | None:
    if asked.price is None:
        return None
    price = np.full(len(situation.states), float(minor(asked.price, currency)))
    breaks = list_marked(situation.bounds.breaks(price))
    return _Examined(asked.price, breaks, expect_week(situation, price))


def _describe_stores(
    known: KnownPrices,
    current: list[Recommendation],
    changed: list[Recommendation],
    examined: _Examined | None,
) -> list[ScenarioStore]:
    prices = _describe_examined(examined, current)
    return [
        ScenarioStore(
            store=inputs.state.store,
            price_now=major(before.price_minor, before.currency),
            expected_now=describe_week(before.expected, before.currency),
            scenario=describe_recommendation(after, inputs, known.rules, known.now),
            examined=price,
        )
        for inputs, before, after, price in zip(known.usable, current, changed, prices, strict=True)
    ]


def _describe_examined(
    examined: _Examined | None, rows: list[Recommendation]
) -> list[ExaminedPrice | None]:
    if examined is None:
        return [None] * len(rows)
    weeks = describe_weeks(examined.expected, slice(0, len(rows)))
    return [
        ExaminedPrice(
            price=examined.price,
            breaks=[BOUNDED[place] for place in places],
            expected=describe_week(week, row.currency),
        )
        for row, week, places in zip(rows, weeks, examined.breaks, strict=True)
    ]


def _expect_current(situation: Situation) -> Expectations:
    states = situation.states
    return expect_week(situation, states.price_minor)


def _total(expected: Expectations, currency: str) -> RetailWeek | None:
    return describe_week(sum_week(expected), currency)


def _minor_or_none(amount: Decimal | None, currency: str) -> int | None:
    return None if amount is None else minor(amount, currency)
