"""The limits that keep a plan from buying more, each with the number of slots it restricts.

A slot counts once, under the first of: the cap of shares per slot, its free shares, the budget and
the caps in the order of the brief. A slot without value for the objective does not count.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cloud.pricing.optimise.explanations import amount_in_words
from cloud.pricing.optimise.linear_program import LinearProgram
from cloud.pricing.optimise.offer import Integers
from cloud.pricing.optimise.plan import BindingLimit
from cloud.pricing.optimise.remaining_capacity import RemainingCapacity

SHARES: str = "max_shares_per_slot"
FREE: str = "free_shares"


def find_binding_limits(asked: LinearProgram, shares: Integers) -> tuple[BindingLimit, ...]:
    """The limits that hold slots back, in that order."""
    left = asked.wanted > 0
    found = []
    for limit, holds, sentence in _every(asked, shares):
        held = left & holds
        left &= ~holds
        if held.any():
            found.append(BindingLimit(limit, int(held.sum()), sentence))
    return tuple(found)


def _every(asked: LinearProgram, shares: Integers) -> Iterator[tuple[str, NDArray[np.bool_], str]]:
    """Each limit with the slots of which it allows no further share, and in words."""
    offer, cap = asked.offer, asked.brief.caps.max_shares_per_slot
    yield (
        SHARES,
        (shares >= cap) & (offer.free > shares),
        f"no more than {cap} of a slot's shares may be bought ({SHARES}: {cap}): allow more of "
        "them, or widen the dates, dayparts or places",
    )
    yield (
        FREE,
        shares >= offer.free,
        "every share that is free has been bought: widen the dates, dayparts or places",
    )
    for rows in asked.rows:
        if rows.limit.minimum is None:
            size = amount_in_words(rows.limit, rows.limit.size)
            full = ~RemainingCapacity(rows, shares).holds(slice(None))
            yield rows.limit.kind, full, f"{rows.limit.name} of {size} is exhausted"
