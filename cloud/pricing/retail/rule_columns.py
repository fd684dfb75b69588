"""The rule values of many products in stores as columns, each distinct set resolved once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.pricing.retail.ladder import EVERY_MINOR_UNIT, Floats, Ladder
from cloud.pricing.retail.rules import (
    CompetitorBand,
    PriceRules,
    RuleSubject,
    RuleValues,
    basis_points,
)
from cloud.pricing.retail.states import PriceStates

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RuleColumns:
    """Rule values by row: shares in basis points; NaN is no such rule."""

    minimum_margin_bp: Floats
    maximum_discount_bp: Floats
    maximum_move_bp: Floats
    competitor_least_bp: Floats
    competitor_most_bp: Floats
    hold_days: Floats
    volume_weight: Floats
    delivery_days: Floats
    clearance_days: Floats
    """Days that are left, with today; below 1 when the clearance is over."""
    clearance_discount_bp: Floats
    may_clear_below_cost: Flags
    ladders: tuple[tuple[Flags, Ladder], ...]
    """Each ladder with the rows that it is for."""

    def step_down(self, price: Floats) -> Floats:
        """The highest price of the row's ladder at or below each price; rows are the last axis."""
        return self._on_ladders(price, Ladder.step_down)

    def step_up(self, price: Floats) -> Floats:
        """The lowest price of the row's ladder at or above each price."""
        return self._on_ladders(price, Ladder.step_up)

    def _on_ladders(self, price: Floats, step: Callable[[Ladder, Floats], Floats]) -> Floats:
        found = np.empty_like(price)
        for rows, ladder in self.ladders:
            found[..., rows] = step(ladder, price[..., rows])
        return found


def list_marked(flags: Flags) -> list[list[int]]:
    """For each row, the rules that are marked; `flags` has the shape (rules, rows)."""
    marked: list[list[int]] = [[] for _ in range(flags.shape[1])]
    rows, places = np.nonzero(flags.T)
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        marked[row].append(place)
    return marked


def resolve_rules(rules: PriceRules, states: PriceStates, on: date) -> RuleColumns:
    """The rule values of each row on a day."""
    distinct, place = _find_distinct(rules, states)
    columns = {
        name: np.array([read(values, on) for values in distinct], float)[place]
        for name, read in _READ.items()
    }
    below_cost = np.array([_clears_below_cost(values) for values in distinct], bool)
    on_ladder = np.array([values.use_ladder for values in distinct], bool)
    return RuleColumns(
        **columns,
        may_clear_below_cost=below_cost[place],
        ladders=tuple(_find_ladders(rules, states, on_ladder[place])),
    )


def _find_distinct(
    rules: PriceRules, states: PriceStates
) -> tuple[Sequence[RuleValues], NDArray[np.int64]]:
    """The distinct rule values, and for each row the index of its own."""
    products, stores = rules.named["product"], rules.named["store"]
    known: dict[tuple[str, ...], int] = {}
    found: list[RuleValues] = []
    place = np.empty(len(states), np.int64)
    texts = (states.product, states.store, states.category, states.region)
    for row, (product, store, category, region) in enumerate(
        zip(*(column.tolist() for column in texts), strict=True)
    ):
        key = (
            product if product in products else "", store if store in stores else "",
            category, region,
        )  # fmt: skip
        if key not in known:
            known[key] = len(found)
            found.append(rules.values_for(RuleSubject(product, store, category, region)))
        place[row] = known[key]
    return found, place


def _find_ladders(
    rules: PriceRules, states: PriceStates, on_ladder: Flags
) -> Iterator[tuple[Flags, Ladder]]:
    if not on_ladder.all():
        yield ~on_ladder, EVERY_MINOR_UNIT
    for currency in np.unique(states.currency[on_ladder]):
        yield on_ladder & (states.currency == currency), rules.ladder(str(currency))


def _share(name: str) -> Callable[[RuleValues, date], float]:
    return lambda values, _: _points(getattr(values, name))


def _points(share: Decimal | None) -> float:
    return np.nan if share is None else float(basis_points(share))


def _band(name: str) -> Callable[[RuleValues, date], float]:
    def read(values: RuleValues, _: date) -> float:
        band = values.competitor_band or CompetitorBand()
        return _points(getattr(band, name))

    return read


def _clearance_days(values: RuleValues, on: date) -> float:
    return np.nan if values.clearance is None else (values.clearance.ends_on - on).days + 1.0


def _clearance_discount(values: RuleValues, _: date) -> float:
    return np.nan if values.clearance is None else _points(values.clearance.maximum_discount)


def _clears_below_cost(values: RuleValues) -> bool:
    return values.clearance is not None and values.clearance.below_cost


_READ: dict[str, Callable[[RuleValues, date], Any]] = {
    "minimum_margin_bp": _share("minimum_margin"),
    "maximum_discount_bp": _share("maximum_discount"),
    "maximum_move_bp": _share("maximum_move"),
    "competitor_least_bp": _band("least"),
    "competitor_most_bp": _band("most"),
    "hold_days": lambda values, _: float(values.hold_days),
    "volume_weight": lambda values, _: float(values.volume_weight),
    "delivery_days": lambda values, _: float(values.delivery_every_days or np.nan),
    "clearance_days": _clearance_days,
    "clearance_discount_bp": _clearance_discount,
}
