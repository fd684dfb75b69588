"""Recommend retail prices from the database: the inputs, the rules in force and the day.

The day is the UTC day of the clock. Nothing here is cached: see `answer_cache`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from cloud.app.retail.price_inputs import PriceInputs, Refusal, read_inputs
from cloud.app.retail.rules_in_force import RuleSetReader, RulesInForce
from cloud.forecast.retail.estimates import EstimateArrays
from cloud.pricing.retail.recommendation import Recommendations, recommend
from cloud.pricing.retail.row_view import Recommendation, list_rows
from cloud.pricing.retail.scenarios import (
    ScenarioChanges,
    change_rules,
    change_states,
    recommend_scenario,
)
from cloud.pricing.retail.situation import Situation, assess
from cloud.pricing.retail.states import PriceStates
from cloud.sales.retail.prices import PriceKey


@dataclass(frozen=True, slots=True)
class KnownPrices:
    """The inputs of products in stores, as of an instant."""

    now: datetime
    rules: RulesInForce
    inputs: dict[PriceKey, PriceInputs | Refusal]

    @property
    def usable(self) -> list[PriceInputs]:
        """The inputs that a recommendation can be computed from."""
        return [one for one in self.inputs.values() if isinstance(one, PriceInputs)]


def read_known_prices(
    connection: Connection, reader: RuleSetReader, keys: Sequence[PriceKey], now: datetime
) -> KnownPrices:
    """The inputs of these products in stores, and the rules in force."""
    return KnownPrices(now, reader.read(connection, now), read_inputs(connection, keys, now))


def recommend_known(known: KnownPrices, changes: ScenarioChanges | None = None) -> Recommendations:
    """Recommendations for the usable inputs, in their order; with changes, those of a scenario."""
    states, estimates = _to_columns(known.usable)
    rules, on = known.rules.rules, known.now.date()
    if changes is None:
        return recommend(states, estimates, rules, on)
    return recommend_scenario(states, estimates, rules, on, changes)


def _to_columns(usable: Sequence[PriceInputs]) -> tuple[PriceStates, EstimateArrays]:
    states = PriceStates.from_rows([one.state for one in usable])
    return states, EstimateArrays.from_estimates([one.estimate for one in usable if one.estimate])


def assess_known(known: KnownPrices, changes: ScenarioChanges | None = None) -> Situation:
    """Demand, rules and bounds of the usable inputs; with changes, those of a scenario."""
    changes = changes or ScenarioChanges()
    states, estimates = _to_columns(known.usable)
    rules = change_rules(known.rules.rules, changes)
    return assess(change_states(states, changes), estimates, rules, known.now.date())


def split_currencies(known: KnownPrices) -> dict[str, KnownPrices]:
    """The usable inputs by currency: amounts of different currencies are never added up."""
    parts: dict[str, dict[PriceKey, PriceInputs | Refusal]] = {}
    for key, one in known.inputs.items():
        if isinstance(one, PriceInputs):
            parts.setdefault(one.state.currency, {})[key] = one
    return {currency: replace(known, inputs=parts[currency]) for currency in sorted(parts)}


def list_recommendations(known: KnownPrices) -> dict[PriceKey, Recommendation]:
    """The recommendation of each usable product in a store."""
    rows = list_rows(recommend_known(known))
    return {PriceKey(row.product, row.store): row for row in rows}
