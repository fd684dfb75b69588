"""One recommendation as a value: price, rules, expectations, alternatives, reasons in sentences."""

from dataclasses import dataclass

import numpy as np

from cloud.pricing.retail.alternatives import AlternativeColumns, AlternativeKind
from cloud.pricing.retail.bounds import BOUNDED
from cloud.pricing.retail.expectations import Expectations, Spread
from cloud.pricing.retail.explanation import explain_row
from cloud.pricing.retail.reasons import Reason
from cloud.pricing.retail.recommendation import OUTCOMES, Outcome, Recommendations
from cloud.pricing.retail.rules import RULES, Rule


@dataclass(frozen=True, slots=True)
class ExpectedFigure:
    """A figure with its interval over the elasticity's range."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ExpectedWeek:
    """What one week is expected to bring; amounts are minor units."""

    units: ExpectedFigure
    revenue_minor: ExpectedFigure
    margin_minor: ExpectedFigure | None
    """None where the cost is not known."""


@dataclass(frozen=True, slots=True)
class BindingRule:
    """A rule that changes the price: what was found, and the limit."""

    rule: Rule
    found_minor: int
    limit_minor: int


@dataclass(frozen=True, slots=True)
class ConflictingRule:
    """A rule that excludes another one: the prices that it allows; None is no bound."""

    rule: Rule
    least_minor: int | None
    most_minor: int | None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another price, and the rules that it breaks."""

    kind: AlternativeKind
    price_minor: int
    breaks: tuple[Rule, ...]
    expected: ExpectedWeek | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The recommended price of a product in a store, in minor units of its currency."""

    product: str
    store: str
    currency: str
    outcome: Outcome
    current_minor: int
    price_minor: int
    low_minor: int | None
    high_minor: int | None
    confidence: float | None
    binding: tuple[BindingRule, ...]
    conflicts: tuple[ConflictingRule, ...]
    expected: ExpectedWeek | None
    """None without an estimate of demand."""
    alternatives: tuple[Alternative, ...]
    reasons: tuple[Reason, ...]


def describe_row(found: Recommendations, row: int) -> Recommendation:
    """The recommendation of one row, with its reasons."""
    states = found.situation.states
    return Recommendation(
        product=str(states.product[row]),
        store=str(states.store[row]),
        currency=str(states.currency[row]),
        outcome=OUTCOMES[found.outcome[row]],
        current_minor=int(states.price_minor[row]),
        price_minor=int(found.price_minor[row]),
        low_minor=_whole_or_none(found.price_low[row]),
        high_minor=_whole_or_none(found.price_high[row]),
        confidence=_number_or_none(found.confidence[row]),
        binding=_list_binding(found, row),
        conflicts=_list_conflicts(found, row),
        expected=_describe_week(found.expected, row),
        alternatives=tuple(
            _describe_alternative(one, row)
            for one in found.alternatives
            if np.isfinite(one.price_minor[row])
        ),
        reasons=tuple(explain_row(found, row)),
    )


def _list_binding(found: Recommendations, row: int) -> tuple[BindingRule, ...]:
    columns = found.binding
    return tuple(
        BindingRule(
            RULES[place],
            round(columns.found_minor[place, row]),
            round(columns.limit_minor[place, row]),
        )
        for place in np.flatnonzero(columns.is_binding[:, row])
    )


def _list_conflicts(found: Recommendations, row: int) -> tuple[ConflictingRule, ...]:
    if OUTCOMES[found.outcome[row]] is not Outcome.NO_ALLOWED_PRICE:
        return ()
    bounds = found.situation.bounds
    return tuple(
        ConflictingRule(
            BOUNDED[place],
            _whole_or_none(bounds.lowest[place, row]),
            _whole_or_none(bounds.highest[place, row]),
        )
        for place in np.flatnonzero(bounds.conflicts[:, row])
    )


def _describe_alternative(one: AlternativeColumns, row: int) -> Alternative:
    breaks = tuple(BOUNDED[place] for place in np.flatnonzero(one.breaks[:, row]))
    return Alternative(
        one.kind, int(one.price_minor[row]), breaks, _describe_week(one.expected, row)
    )


def _describe_week(expected: Expectations, row: int) -> ExpectedWeek | None:
    if np.isnan(expected.units.value[row]):
        return None
    margin = expected.margin_minor
    return ExpectedWeek(
        _describe_figure(expected.units, row),
        _describe_figure(expected.revenue_minor, row),
        None if np.isnan(margin.value[row]) else _describe_figure(margin, row),
    )


def _describe_figure(spread: Spread, row: int) -> ExpectedFigure:
    return ExpectedFigure(float(spread.value[row]), float(spread.low[row]), float(spread.high[row]))


def _whole_or_none(amount: float) -> int | None:
    return int(amount) if np.isfinite(amount) else None


def _number_or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def list_rows(found: Recommendations) -> list[Recommendation]:
    """Every recommendation, in the order of the states."""
    return [describe_row(found, row) for row in range(len(found))]
