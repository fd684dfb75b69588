"""Check a plan against its brief, counted from the slots and not from the linear program.

Money and positions are integers. Minimums are floating-point sums: a billionth below is accepted;
no other limit may be missed.
"""

import numpy as np

from cloud.pricing.optimise.brief import Brief
from cloud.pricing.optimise.limits import Limit, list_limits
from cloud.pricing.optimise.offer import Integers, Offer

SLACK: float = 1e-9


def find_violations(brief: Brief, offer: Offer, positions: Integers) -> list[str]:
    """A sentence for each limit that the plan breaks."""
    broken = [
        _broken(limit, measure_limit(limit, offer, positions, brief.minor_per_unit))
        for limit in list_limits(brief)
    ]
    if (positions < 0).any() or (
        positions > np.minimum(offer.free, brief.caps.max_positions_per_slot)
    ).any():
        broken.append("more positions of a slot than are free or allowed")
    return [sentence for sentence in broken if sentence]


def measure_limit(limit: Limit, offer: Offer, positions: Integers, minor_per_unit: int) -> float:
    """What the plan uses of a limit, or brings to a minimum; of several rows the fullest."""
    if limit.minimum is not None:
        return _brings(limit, offer, positions)
    cost_minor = offer.price_minor * positions
    match limit.kind:
        case "budget":
            return int(cost_minor.sum()) / minor_per_unit
        case "max_spots":
            return int(positions.sum())
        case "max_spots_per_screen":
            return _fullest(offer.location, positions)
        case "max_spots_per_screen_per_day":
            days = int(offer.day.max()) + 1
            return _fullest(offer.location * days + offer.day, positions)
        case _:
            return _fullest(offer.location, cost_minor) / minor_per_unit


def _brings(limit: Limit, offer: Offer, positions: Integers) -> float:
    assert limit.minimum is not None
    group = offer.groups[limit.minimum.group.name]
    contacts = offer.by_location(group.contacts * positions)
    people = group.reach(contacts) if limit.minimum.measure == "reach" else contacts
    return float(people.sum())


def _fullest(row: Integers, amounts: Integers) -> int:
    total = np.zeros(int(row.max()) + 1, dtype=np.int64)
    np.add.at(total, row, amounts)
    return int(total.max())


def _broken(limit: Limit, found: float) -> str:
    if limit.minimum is not None:
        kept = found >= limit.size * (1 - SLACK)
        return "" if kept else f"{limit.name}: {found} of {limit.size} {limit.unit}"
    return "" if found <= limit.size else f"{limit.name}: {found} above {limit.size} {limit.unit}"
