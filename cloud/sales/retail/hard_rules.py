"""The hard rules for approved prices: legal floor, minimum advertised price, cost.

The bounds are those of `cloud.pricing.retail.bounds`, from the newest price point of the product in
the store (at most 14 days old) and the limits of the list of products. Without a recent cost no
price can be checked, so none is allowed. A limit in another currency than that of the store cannot
be compared either. While a clearance is active in the rules it may release the cost.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import Connection

from cloud.money import written
from cloud.pricing.retail.bounds import BOUNDED, HARD, compute_bounds
from cloud.pricing.retail.rule_columns import resolve_rules
from cloud.pricing.retail.rules import PriceRules, Rule
from cloud.pricing.retail.states import PriceStateRow, PriceStates
from cloud.sales.retail.active_rules import read_active_rules
from cloud.sales.retail.observations import RECENT, ObservedPrice, read_newest
from cloud.sales.retail.product_limits import ProductLimits, read_limits
from cloud.sales.retail.rule_check import PriceCandidate

NAMES: Final = {
    Rule.LEGAL_FLOOR: "the legal floor",
    Rule.MAP: "the minimum advertised price",
    Rule.COST: "the lowest price above the cost",
}


@dataclass(frozen=True, slots=True)
class HardRuleCheck:
    """The check as of an instant, with the rules in force then or with given ones."""

    at: datetime
    rules: PriceRules | None = None

    def __call__(
        self, connection: Connection, candidates: Sequence[PriceCandidate]
    ) -> Mapping[PriceCandidate, str]:
        """A sentence for each candidate that breaks a rule or cannot be checked."""
        if not candidates:
            return {}
        products = {one.key.product for one in candidates}
        stores = {one.key.store for one in candidates}
        observed = read_newest(connection, self.at, products, stores)
        limits = read_limits(connection, {one.sku for one in observed.values()})
        broken: dict[PriceCandidate, str] = {}
        states: dict[PriceCandidate, PriceStateRow] = {}
        for one in candidates:
            found = observed.get(one.key)
            refusal = _why_unknown(one, found, limits)
            if refusal is not None:
                broken[one] = refusal
            elif found is not None:
                states[one] = _to_state(found, limits.get(found.sku))
        rules = self.rules or read_active_rules(connection, self.at)
        return broken | _compare(states, rules, self.at)


def _compare(
    states: Mapping[PriceCandidate, PriceStateRow], rules: PriceRules, at: datetime
) -> dict[PriceCandidate, str]:
    if not states:
        return {}
    columns = PriceStates.from_rows(list(states.values()))
    resolved = resolve_rules(rules, columns, at.date())
    is_clearing = (resolved.clearance_days >= 1) & (columns.stock > 0)
    lowest = compute_bounds(columns, resolved, is_clearing).lowest[:HARD]
    broken = {}
    for row, one in enumerate(states):
        rule = int(np.argmax(lowest[:, row]))
        if one.price_minor < max(1.0, lowest[rule, row]):
            broken[one] = _describe(one, BOUNDED[rule], int(max(1.0, lowest[rule, row])))
    return broken


def _describe(one: PriceCandidate, rule: Rule, lowest_minor: int) -> str:
    price, lowest = written(one.price_minor, one.currency), written(lowest_minor, one.currency)
    return (
        f"{rule}: {price} for {one.key.product} in {one.key.store} is below {NAMES[rule]}, "
        f"{lowest}: choose at least that"
    )


def _why_unknown(
    one: PriceCandidate, found: ObservedPrice | None, limits: Mapping[str, ProductLimits]
) -> str | None:
    where = f"{one.key.product} in {one.key.store}"
    if found is None:
        return (
            f"no cost of {where} was reported in the last {RECENT.days} days, so the price cannot "
            "be checked: load its price points first"
        )
    if found.currency != one.currency:
        return f"{where} is sold in {found.currency}, and the price is in {one.currency}"
    own = limits.get(found.sku)
    if own is not None and not own.is_comparable(one.currency):
        return (
            f"the limits of {found.sku} are in {own.currency} and the price of {where} in "
            f"{one.currency}: load the product with limits in {one.currency}"
        )
    return None


def _to_state(found: ObservedPrice, limits: ProductLimits | None) -> PriceStateRow:
    return PriceStateRow(
        product=found.key.product, store=found.key.store, category=found.category,
        region=found.region, currency=found.currency, price_minor=found.price_minor,
        cost_minor=found.cost_minor, list_price_minor=found.list_price_minor,
        stock=found.inventory, map_minor=None if limits is None else limits.map_minor,
        legal_floor_minor=None if limits is None else limits.legal_floor_minor,
        observed_at=found.observed_at,
    )  # fmt: skip


def nearest_on_ladder(rules: PriceRules) -> Callable[[int, str], int]:
    """Rounds a price to the nearest one of its currency's ladder; upwards where two are as near."""

    def nearest(price_minor: int, currency: str) -> int:
        ladder, price = rules.ladder(currency), np.array([float(price_minor)])
        down, up = float(ladder.step_down(price)[0]), float(ladder.step_up(price)[0])
        return int(up if up - price_minor <= price_minor - down else down)

    return nearest
