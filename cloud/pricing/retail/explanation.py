"""Which reasons a recommendation has: each column that decided becomes a code with its values."""

from collections.abc import Iterator
from math import isfinite, isnan
from typing import Any, Final

from cloud.forecast.retail.estimates import EVIDENCE, Evidence
from cloud.money import written
from cloud.pricing.retail.alternatives import AlternativeColumns, AlternativeKind
from cloud.pricing.retail.bounds import BAND, BOUNDED
from cloud.pricing.retail.demand import NO_ESTIMATE
from cloud.pricing.retail.reasons import Reason, ReasonCode, write_reason
from cloud.pricing.retail.recommendation import OUTCOMES, Outcome, Recommendations
from cloud.pricing.retail.rule_columns import list_marked
from cloud.pricing.retail.rules import RULES, Rule

WEAK: Final = EVIDENCE.index(Evidence.WEAK)
INSUFFICIENT: Final = EVIDENCE.index(Evidence.INSUFFICIENT)
KEEP: Final = list(AlternativeKind).index(AlternativeKind.KEEP)
LEAST_NOTED_LOSS_MINOR: Final = 0.5
LEAST_NOTED_SHARE: Final = 0.05
"""Of the response to a price cut that is bought ahead; below it, no reason mentions it."""


def explain_row(found: Recommendations, row: int) -> Iterator[Reason]:
    """The reasons of one row: the demand first, then the rules, then what could not be applied."""
    yield from _explain_demand(found, row)
    yield from _explain_rules(found, row)
    yield from _explain_missing(found, row)
    yield from _explain_stock(found, row)


def _explain_demand(found: Recommendations, row: int) -> Iterator[Reason]:
    situation = found.situation
    demand = situation.demand
    if demand.evidence[row] == NO_ESTIMATE:
        yield write_reason(ReasonCode.NO_ESTIMATE)
    elif demand.evidence[row] == INSUFFICIENT:
        yield write_reason(ReasonCode.INSUFFICIENT_EVIDENCE, **_elasticity(found, row))
    elif not situation.can_move[row]:
        yield write_reason(ReasonCode.NO_COST)
    else:
        yield write_reason(
            ReasonCode.BEST_PRICE,
            target=_amount(found, row, found.target[row]),
            cost=_amount(found, row, situation.states.cost_minor[row]),
            **_elasticity(found, row),
        )
        if demand.evidence[row] == WEAK:
            yield write_reason(ReasonCode.WEAK_EVIDENCE)
        share = demand.stockpiling_share[row]
        if share >= LEAST_NOTED_SHARE:
            yield write_reason(ReasonCode.STOCKPILING, share=f"{share * 100:.0f}")


def _explain_rules(found: Recommendations, row: int) -> Iterator[Reason]:
    situation, outcome = found.situation, OUTCOMES[found.outcome[row]]
    current = _amount(found, row, situation.states.price_minor[row])
    if not situation.moves[row] and not situation.is_fixed[row]:
        floor = _amount(found, row, situation.bounds.hard_floor[row])
        yield write_reason(ReasonCode.BREAKS_HARD_RULE, current=current, floor=floor)
    if outcome is Outcome.NO_ALLOWED_PRICE:
        yield write_reason(ReasonCode.NO_ALLOWED_PRICE, conflicts=_write_conflicts(found, row))
        return
    yield from _explain_binding(found, row)
    if situation.bounds.band_yields[row] and not situation.is_fixed[row]:
        theirs = _amount(found, row, situation.states.competitor_price_minor[row])
        yield write_reason(ReasonCode.BAND_YIELDS, competitor=theirs)
    if found.leaves_ladder[row]:
        yield write_reason(ReasonCode.LADDER_YIELDS)
    if outcome is Outcome.RECOMMENDED:
        yield from _explain_loss(found, row)
    if outcome is Outcome.KEPT and situation.moves[row]:
        yield from _explain_kept(found, row)


def _explain_binding(found: Recommendations, row: int) -> Iterator[Reason]:
    situation, binding = found.situation, found.binding
    states, rules = situation.states, situation.rules
    for place in list_marked(binding.is_binding[:, row : row + 1])[0]:
        yield write_reason(
            ReasonCode(RULES[place].value),
            found=_amount(found, row, binding.found_minor[place, row]),
            limit=_amount(found, row, binding.limit_minor[place, row]),
            current=_amount(found, row, states.price_minor[row]),
            competitor=_amount(found, row, states.competitor_price_minor[row]),
            stock=_count(states.stock[row]),
            days=_count(rules.clearance_days[row]),
            days_since=_count(states.days_since_change[row]),
            hold_days=_count(rules.hold_days[row]),
        )


def _explain_loss(found: Recommendations, row: int) -> Iterator[Reason]:
    """Why a price is recommended that brings less margin than the current one."""
    keep = found.alternatives[KEEP]
    less = keep.expected.margin_minor.value[row] - found.expected.margin_minor.value[row]
    if less >= LEAST_NOTED_LOSS_MINOR:
        why = _describe_force(found, row, keep)
        yield write_reason(ReasonCode.LESS_MARGIN, less=_amount(found, row, less), why=why)


def _describe_force(found: Recommendations, row: int, keep: AlternativeColumns) -> str:
    if broken := list_marked(keep.breaks[:, row : row + 1])[0]:
        return f"breaks {', '.join(BOUNDED[place] for place in broken)}"
    if found.binding.is_binding[RULES.index(Rule.CLEARANCE), row]:
        return "does not sell the stock of the clearance in time"
    return "is worth less by the volume weight of the rules"


def _explain_kept(found: Recommendations, row: int) -> Iterator[Reason]:
    current = found.situation.states.price_minor[row]
    disagrees = found.price_low[row] < current < found.price_high[row]
    if found.situation.demand.evidence[row] == WEAK and disagrees:
        yield from _explain_range(found, row)
    elif isnan(found.cut_limit[row]):  # otherwise the stock is the reason
        yield write_reason(ReasonCode.CURRENT_IS_BEST)


def _explain_range(found: Recommendations, row: int) -> Iterator[Reason]:
    least, most = found.price_low[row], found.price_high[row]
    yield write_reason(
        ReasonCode.RANGE_DISAGREES, least=_amount(found, row, least), most=_amount(found, row, most)
    )


def _explain_missing(found: Recommendations, row: int) -> Iterator[Reason]:
    """Rules that are given, but not applied for want of their input."""
    situation = found.situation
    states, rules = situation.states, situation.rules
    least, most = rules.competitor_least_bp[row], rules.competitor_most_bp[row]
    has_band = not (isnan(least) and isnan(most))
    if has_band and isnan(states.competitor_price_minor[row]):
        yield write_reason(ReasonCode.NO_COMPETITOR_PRICE)
    if not isnan(rules.maximum_discount_bp[row]) and isnan(states.list_price_minor[row]):
        yield write_reason(ReasonCode.NO_LIST_PRICE)
    days = rules.clearance_days[row]
    if days < 1:
        yield write_reason(ReasonCode.CLEARANCE_ENDED)
    elif days >= 1 and isnan(states.stock[row]):
        yield write_reason(ReasonCode.CLEARANCE_NEEDS_STOCK)
    elif days >= 1 and not situation.can_move[row]:
        yield write_reason(ReasonCode.CLEARANCE_NEEDS_EVIDENCE)


def _explain_stock(found: Recommendations, row: int) -> Iterator[Reason]:
    available = found.situation.available_units[row]
    if not isnan(found.cut_limit[row]):
        limit = _amount(found, row, found.cut_limit[row])
        yield write_reason(ReasonCode.STOCK_LIMITS_CUT, stock=_count(available), limit=limit)
    if found.expected.units.value[row] >= available:
        yield write_reason(ReasonCode.STOCK_LIMITS_UNITS, stock=_count(available))


def _write_conflicts(found: Recommendations, row: int) -> str:
    """Such as `minimum_margin needs at least 3.45, maximum_move allows at most 3.20`."""
    bounds, parts = found.situation.bounds, []
    for place in list_marked(bounds.conflicts[:BAND, row : row + 1])[0]:
        low, high = bounds.lowest[place, row], bounds.highest[place, row]
        if low > bounds.ceiling[row]:
            parts.append(f"{BOUNDED[place]} needs at least {_amount(found, row, low)}")
        if high < bounds.floor[row]:
            parts.append(f"{BOUNDED[place]} allows at most {_amount(found, row, high)}")
    return ", ".join(parts)


def _elasticity(found: Recommendations, row: int) -> dict[str, Any]:
    value, low, high = found.situation.demand.elasticity[:, row]
    return {"elasticity": f"{value:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}"}


def _amount(found: Recommendations, row: int, amount_minor: float) -> str:
    """An amount with its currency, in the currency's decimals."""
    amount = float(amount_minor)
    if not isfinite(amount):
        return "an unknown amount"
    currency = str(found.situation.states.currency[row])
    return f"{written(round(amount), currency)} {currency}"


def _count(number: float) -> str:
    return "an unknown number" if isnan(number) else f"{number:.0f}"
