"""The limits that keep a plan from buying more, each with the number of slots it restricts.

A slot counts once, under the first of: the cap of positions per slot, its free positions, the
budget and the caps in the order of the brief. A slot without value for the objective does not
count.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cloud.pricing.optimise.explanations import amount_in_words
from cloud.pricing.optimise.linear_program import LinearProgram
from cloud.pricing.optimise.offer import Integers
from cloud.pricing.optimise.plan import BindingLimit
from cloud.pricing.optimise.remaining_capacity import RemainingCapacity

POSITIONS: str = "max_positions_per_slot"
FREE: str = "free_positions"


def find_binding_limits(asked: LinearProgram, positions: Integers) -> tuple[BindingLimit, ...]:
    """The limits that hold slots back, in that order."""
    left = asked.wanted > 0
    found = []
    for limit, holds, sentence in _every(asked, positions):
        held = left & holds
        left &= ~holds
        if held.any():
            found.append(BindingLimit(limit, int(held.sum()), sentence))
    return tuple(found)


def _every(
    asked: LinearProgram, positions: Integers
) -> Iterator[tuple[str, NDArray[np.bool_], str]]:
    """Each limit with the slots of which it allows no further position, and in words."""
    offer, cap = asked.offer, asked.brief.caps.max_positions_per_slot
    yield (
        POSITIONS,
        (positions >= cap) & (offer.free > positions),
        f"no more than {cap} of a slot's positions may be bought: allow more "
        "of them, or widen the dates, dayparts or locations",
    )
    yield (
        FREE,
        positions >= offer.free,
        "every free position has been bought: widen the dates, dayparts or locations",
    )
    for rows in asked.rows:
        if rows.limit.minimum is None:
            size = amount_in_words(rows.limit, rows.limit.size)
            full = ~RemainingCapacity(rows, positions).holds(slice(None))
            yield rows.limit.kind, full, f"{rows.limit.name} of {size} is exhausted"
