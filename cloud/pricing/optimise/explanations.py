"""The price of each limit, in words that an advertiser can act on.

A shadow price holds at the margin only: the second pound buys a little less than the first.
"""

from typing import Final

import numpy as np

from cloud.money import exponent
from cloud.pricing.optimise.limits import Limit
from cloud.pricing.optimise.plan import ShadowPrice
from cloud.pricing.optimise.relaxation import RelaxedPlan

WORTH_SAYING: Final = 1e-6
ROWS_EACH: Final = 3
"""Of a cap with many rows, those with the highest prices are named."""


COUNTED: Final = frozenset({"slots", "positions", "people", "impressions"})


def shadow_prices(relaxed: RelaxedPlan, unit: str) -> tuple[ShadowPrice, ...]:
    """The limits that hold the plan back, in the order of the brief."""
    by_limit: dict[Limit, list[int]] = {}
    for row, limit in enumerate(relaxed.matrices.limits):
        if limit is not None and relaxed.prices[row] > WORTH_SAYING:
            by_limit.setdefault(limit, []).append(row)
    return tuple(
        _priced(limit, relaxed.matrices.about[row], float(relaxed.prices[row]), unit)
        for limit, rows in by_limit.items()
        for row in sorted(rows, key=lambda row: -float(relaxed.prices[row]))[:ROWS_EACH]
    )


def amount_in_words(limit: Limit, size: float) -> str:
    """A size of a limit with its unit: `GBP 1,200.00`, `31,200 people`."""
    if limit.unit in COUNTED:
        return f"{np.floor(size):,.0f} {limit.unit}"
    return f"{limit.unit} {size:,.{exponent(limit.unit)}f}"


def _priced(limit: Limit, about: str, worth: float, unit: str) -> ShadowPrice:
    bought = f"{_figure(worth)} {unit}"
    if limit.kind == "minimum":
        one = "person" if limit.unit == "people" else "impression"
        sentence = f"{limit.name}: each {one} asked for costs {bought}"
    elif limit.kind == "budget":
        sentence = f"{limit.unit} 1 more buys {bought}"
    elif limit.unit == "slots":
        sentence = f"one more slot{_at(about)} brings {bought}"
    else:
        sentence = f"{limit.unit} 1 more{_at(about)} brings {bought}"
    return ShadowPrice(limit, about, worth, sentence)


def _at(about: str) -> str:
    return f" at {about}" if about else ""


def _figure(value: float) -> str:
    """Three significant figures."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
