"""One recommendation as a value: price, rules, expectations, alternatives, reasons in sentences."""

from dataclasses import dataclass
from math import isfinite, isnan

import msgspec

from cloud.pricing.retail.alternatives import AlternativeColumns, AlternativeKind
from cloud.pricing.retail.bounds import BOUNDED
from cloud.pricing.retail.expectations import Expectations, Spread
from cloud.pricing.retail.explanation import explain_row
from cloud.pricing.retail.reasons import Reason
from cloud.pricing.retail.recommendation import OUTCOMES, Outcome, Recommendations
from cloud.pricing.retail.rule_columns import list_marked
from cloud.pricing.retail.rules import RULES, Rule


class ExpectedFigure(msgspec.Struct, frozen=True, gc=False):
    """A figure with its interval over the elasticity's range; a batch has tens of thousands."""

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
    return _describe_rows(found, slice(row, row + 1))[0]


def list_rows(found: Recommendations) -> list[Recommendation]:
    """Every recommendation, in the order of the states."""
    return _describe_rows(found, slice(0, len(found)))


def _describe_rows(found: Recommendations, rows: slice) -> list[Recommendation]:
    """The rows of a slice; columns become lists first, which is faster than reading scalars."""
    states = found.situation.states
    alternatives = [_describe_alternatives(one, rows) for one in found.alternatives]
    columns = zip(
        range(len(found))[rows],
        states.product[rows].tolist(),
        states.store[rows].tolist(),
        states.currency[rows].tolist(),
        found.outcome[rows].tolist(),
        states.price_minor[rows].tolist(),
        found.price_minor[rows].tolist(),
        found.price_low[rows].tolist(),
        found.price_high[rows].tolist(),
        found.confidence[rows].tolist(),
        _list_binding(found, rows),
        _list_conflicts(found, rows),
        describe_weeks(found.expected, rows),
        zip(*alternatives, strict=True),
        strict=True,
    )
    return [
        Recommendation(
            product=product,
            store=store,
            currency=currency,
            outcome=OUTCOMES[outcome],
            current_minor=int(current),
            price_minor=price,
            low_minor=_whole_or_none(low),
            high_minor=_whole_or_none(high),
            confidence=None if isnan(confidence) else confidence,
            binding=binding,
            conflicts=conflicts,
            expected=expected,
            alternatives=tuple(one for one in others if one is not None),
            reasons=tuple(explain_row(found, row)),
        )
        for row, product, store, currency, outcome, current, price, low, high, confidence,
        binding, conflicts, expected, others in columns
    ]  # fmt: skip


def _list_binding(found: Recommendations, rows: slice) -> list[tuple[BindingRule, ...]]:
    columns = found.binding
    values, limits = columns.found_minor[:, rows].tolist(), columns.limit_minor[:, rows].tolist()
    return [
        tuple(
            BindingRule(RULES[place], round(values[place][row]), round(limits[place][row]))
            for place in places
        )
        for row, places in enumerate(list_marked(columns.is_binding[:, rows]))
    ]


def _list_conflicts(found: Recommendations, rows: slice) -> list[tuple[ConflictingRule, ...]]:
    bounds = found.situation.bounds
    refused = found.outcome[rows] == OUTCOMES.index(Outcome.NO_ALLOWED_PRICE)
    lowest, highest = bounds.lowest[:, rows], bounds.highest[:, rows]
    return [
        tuple(
            ConflictingRule(
                BOUNDED[place],
                _whole_or_none(float(lowest[place, row])),
                _whole_or_none(float(highest[place, row])),
            )
            for place in places
        )
        for row, places in enumerate(list_marked(bounds.conflicts[:, rows] & refused))
    ]


def _describe_alternatives(one: AlternativeColumns, rows: slice) -> list[Alternative | None]:
    prices, breaks = one.price_minor[rows].tolist(), list_marked(one.breaks[:, rows])
    weeks = describe_weeks(one.expected, rows)
    return [
        None
        if isnan(price)
        else Alternative(one.kind, int(price), tuple(BOUNDED[place] for place in broken), week)
        for price, broken, week in zip(prices, breaks, weeks, strict=True)
    ]


def describe_weeks(expected: Expectations, rows: slice) -> list[ExpectedWeek | None]:
    """What a week brings in each row of a slice; None without an estimate."""
    figures = zip(
        _describe_figures(expected.units, rows),
        _describe_figures(expected.revenue_minor, rows),
        _describe_figures(expected.margin_minor, rows),
        strict=True,
    )
    return [
        None if units is None or revenue is None else ExpectedWeek(units, revenue, margin)
        for units, revenue, margin in figures
    ]


def _describe_figures(spread: Spread, rows: slice) -> list[ExpectedFigure | None]:
    columns = (spread.value[rows].tolist(), spread.low[rows].tolist(), spread.high[rows].tolist())
    return [
        None if isnan(value) else ExpectedFigure(value, low, high)
        for value, low, high in zip(*columns, strict=True)
    ]


def _whole_or_none(amount: float) -> int | None:
    return int(amount) if isfinite(amount) else None
