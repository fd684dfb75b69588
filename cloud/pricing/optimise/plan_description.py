"""A plan from integer positions: its lines, its audience with an interval, its bound.

Forecast errors of one site are correlated, those of different sites only partly. All hours of a
site are taken to have the same quantile, sites to correlate by `TOGETHER`; independent errors would
make the interval of a large plan far too narrow.
"""

from typing import Final

import numpy as np

from cloud.forecast.intervals.interval import Interval
from cloud.pricing.optimise.audit import measure_limit
from cloud.pricing.optimise.binding_limits import find_binding_limits
from cloud.pricing.optimise.brief import Objective
from cloud.pricing.optimise.explanations import shadow_prices
from cloud.pricing.optimise.limits import minimum_limit
from cloud.pricing.optimise.linear_program import LinearProgram
from cloud.pricing.optimise.offer import Floats, Integers, Offer
from cloud.pricing.optimise.plan import TOGETHER, MediaPlan, MinimumResult, PlanLine
from cloud.pricing.optimise.relaxation import RelaxedPlan

SMALLEST: Final = 1e-9
UNITS: Final = {Objective.ATTENTIVE: "attentive impressions", Objective.REACH: "people"}


def describe_plan(relaxed: RelaxedPlan, positions: Integers, *, finished: bool = True) -> MediaPlan:
    """The plan that buys `positions`."""
    asked = relaxed.asked
    brief, offer = asked.brief, asked.offer
    contacts = offer.target.contacts * positions
    value = asked.value(positions.astype(float))
    impressions = _impressions(offer, positions)
    cost_minor = int((offer.price_minor * positions).sum())
    return MediaPlan(
        lines=_lines(offer, positions),
        cost_minor=cost_minor,
        impressions=impressions,
        reach=_reach(offer, contacts, impressions),
        value=value,
        unit=unit(asked),
        bound=max(value, relaxed.bound),
        gap=max(0.0, relaxed.bound - value) / max(abs(relaxed.bound), SMALLEST),
        minimums=tuple(
            MinimumResult(
                minimum,
                measure_limit(minimum_limit(minimum), offer, positions, brief.minor_per_unit),
            )
            for minimum in brief.minimums
        ),
        shadow_prices=shadow_prices(relaxed, unit(asked)),
        unspent_minor=brief.budget_minor - cost_minor,
        limited_by=find_binding_limits(asked, positions),
        finished=finished,
    )


def unit(asked: LinearProgram) -> str:
    """What the plan's value is counted in."""
    return UNITS.get(asked.brief.objective, f"{asked.brief.currency} of return")


def _lines(offer: Offer, positions: Integers) -> tuple[PlanLine, ...]:
    return tuple(
        PlanLine(
            key=str(offer.key[slot]),
            location=offer.names[offer.location[slot]],
            positions=int(positions[slot]),
            cost_minor=int(offer.price_minor[slot] * positions[slot]),
            contacts=_spread(offer, slot, int(positions[slot])),
        )
        for slot in np.flatnonzero(positions).tolist()
    )


def _spread(offer: Offer, slot: int, positions: int) -> Interval:
    low, middle, high = (
        float(one[slot]) * positions for one in (offer.low, offer.target.contacts, offer.high)
    )
    return Interval(max(0.0, min(low, middle)), middle, max(middle, high))


def _impressions(offer: Offer, positions: Integers) -> Interval:
    middle = float(offer.target.contacts @ positions)
    below = _together(offer.by_location((offer.target.contacts - offer.low) * positions))
    above = _together(offer.by_location((offer.high - offer.target.contacts) * positions))
    return Interval(max(0.0, middle - max(0.0, below)), middle, middle + max(0.0, above))


def _together(misses: Floats) -> float:
    apart = (1 - TOGETHER) * float((misses**2).sum())
    return float(np.sqrt(apart + TOGETHER * float(misses.sum()) ** 2))


def _reach(offer: Offer, contacts: Floats, impressions: Interval) -> Interval:
    placed = offer.by_location(contacts)
    middle = impressions.p50 or 1.0
    return Interval(
        *(
            float(offer.target.reach(placed * total / middle).sum())
            for total in (impressions.p10, impressions.p50, impressions.p90)
        )
    )
