"""Reasons of a recommendation: codes, and the one place with their English sentences.

A reason is a code with its values; `write_reason` fills the sentence. Amounts are written in the
currency's decimals.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ReasonCode(StrEnum):
    """Why a price is recommended or kept."""

    BEST_PRICE = "best_price"
    CURRENT_IS_BEST = "current_is_best"
    WEAK_EVIDENCE = "weak_evidence"
    RANGE_DISAGREES = "range_disagrees"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"
    NO_ESTIMATE = "no_estimate"
    NO_COST = "no_cost"
    BREAKS_HARD_RULE = "breaks_hard_rule"
    NO_ALLOWED_PRICE = "no_allowed_price"
    LEGAL_FLOOR = "legal_floor"
    MAP = "map"
    COST = "cost"
    MINIMUM_MARGIN = "minimum_margin"
    MAXIMUM_DISCOUNT = "maximum_discount"
    MAXIMUM_MOVE = "maximum_move"
    COMPETITOR_BAND = "competitor_band"
    LADDER = "ladder"
    CLEARANCE = "clearance"
    HOLD = "hold"
    BAND_YIELDS = "band_yields"
    LADDER_YIELDS = "ladder_yields"
    CLEARANCE_ENDED = "clearance_ended"
    CLEARANCE_NEEDS_STOCK = "clearance_needs_stock"
    CLEARANCE_NEEDS_EVIDENCE = "clearance_needs_evidence"
    NO_COMPETITOR_PRICE = "no_competitor_price"
    NO_LIST_PRICE = "no_list_price"
    LESS_MARGIN = "less_margin"
    STOCK_LIMITS_UNITS = "stock_limits_units"
    STOCK_LIMITS_CUT = "stock_limits_cut"
    STOCKPILING = "stockpiling"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with its sentence."""

    code: ReasonCode
    sentence: str


SENTENCES: Final[dict[ReasonCode, str]] = {
    ReasonCode.BEST_PRICE: (
        "Without any rule the best price is {target}: demand changes by {elasticity} % "
        "({low} to {high} %) for each percent of price, and a unit costs {cost}."
    ),
    ReasonCode.CURRENT_IS_BEST: (
        "No price that the rules lead to is expected to bring more than the current one: it stays."
    ),
    ReasonCode.WEAK_EVIDENCE: (
        "The evidence about demand is weak: the price moves only as far as every elasticity of "
        "the range supports."
    ),
    ReasonCode.RANGE_DISAGREES: (
        "The elasticities of the range lead to {least} at one end and {most} at the other: the "
        "price stays between them."
    ),
    ReasonCode.INSUFFICIENT_EVIDENCE: (
        "The evidence about demand is insufficient (elasticity {elasticity}, range {low} to "
        "{high}): the price does not follow it."
    ),
    ReasonCode.NO_ESTIMATE: "No estimate of demand exists here: the price does not follow it.",
    ReasonCode.NO_COST: "The cost is not known, so no margin can be computed.",
    ReasonCode.BREAKS_HARD_RULE: (
        "The current price {current} is below {floor}, the lowest price that the hard rules allow."
    ),
    ReasonCode.NO_ALLOWED_PRICE: (
        "No price is allowed: {conflicts}. The price stays; change one of these rules."
    ),
    ReasonCode.LEGAL_FLOOR: "The legal floor is {limit}; {found} was wanted.",
    ReasonCode.MAP: "The minimum advertised price is {limit}; {found} was wanted.",
    ReasonCode.COST: "The price stays above the cost: at least {limit}; {found} was wanted.",
    ReasonCode.MINIMUM_MARGIN: "The minimum margin needs at least {limit}; {found} was wanted.",
    ReasonCode.MAXIMUM_DISCOUNT: (
        "The maximum discount on the list price allows at least {limit}; {found} was wanted."
    ),
    ReasonCode.MAXIMUM_MOVE: (
        "The maximum move from {current} ends at {limit}; {found} was wanted."
    ),
    ReasonCode.COMPETITOR_BAND: (
        "The band around the competitor's price {competitor} ends at {limit}; {found} was wanted."
    ),
    ReasonCode.LADDER: "The price ladder has {limit}; {found} was computed.",
    ReasonCode.CLEARANCE: (
        "The stock of {stock} sells within {days} days at {limit} or below; {found} was wanted."
    ),
    ReasonCode.HOLD: (
        "The price was changed {days_since} days ago and stays for {hold_days} days; {found} was "
        "wanted."
    ),
    ReasonCode.BAND_YIELDS: (
        "The earlier rules allow no price in the band around the competitor's price {competitor}: "
        "the band is not applied."
    ),
    ReasonCode.LADDER_YIELDS: "No price of the ladder is allowed: the price is not rounded to it.",
    ReasonCode.CLEARANCE_ENDED: "The clearance is over and is not applied.",
    ReasonCode.CLEARANCE_NEEDS_STOCK: "A clearance needs the stock, which is not known.",
    ReasonCode.CLEARANCE_NEEDS_EVIDENCE: (
        "A clearance needs evidence about demand and the cost: it is not applied."
    ),
    ReasonCode.NO_COMPETITOR_PRICE: (
        "No price of a competitor is known: the competitor band is not applied."
    ),
    ReasonCode.NO_LIST_PRICE: "No list price is known: the maximum discount is not applied.",
    ReasonCode.LESS_MARGIN: (
        "A week is expected to bring {less} less margin than at the current price, which {why}."
    ),
    ReasonCode.STOCK_LIMITS_UNITS: (
        "Stock and deliveries cover {stock} units of a week: the expected units are limited to "
        "them."
    ),
    ReasonCode.STOCK_LIMITS_CUT: (
        "Stock and deliveries cover {stock} units of a week, and {limit} sells them: a lower price "
        "sells no more."
    ),
    ReasonCode.STOCKPILING: (
        "About {share} % of the response to a price cut is bought ahead and missing later."
    ),
}


def write_reason(code: ReasonCode, **values: object) -> Reason:
    """The reason with its sentence."""
    return Reason(code, SENTENCES[code].format(**values))
