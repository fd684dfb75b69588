"""A fast feasibility check: the most that each limit alone allows of each minimum.

One limit alone is a fractional knapsack, solved in milliseconds where a linear program takes
seconds. A minimum above this bound is infeasible while that limit holds, for any other limits.
"""

from dataclasses import dataclass

import numpy as np

from cloud.pricing.optimise.limit_rows import LimitRows
from cloud.pricing.optimise.limits import Limit, minimum_limit
from cloud.pricing.optimise.linear_program import LinearProgram
from cloud.pricing.optimise.offer import Floats, Integers

SLACK: float = 1e-9


@dataclass(frozen=True, slots=True)
class LimitConflict:
    """A minimum and the limit that makes it infeasible; None when all slots are not enough."""

    minimum: Limit
    limit: Limit | None


def find_conflicts(asked: LinearProgram) -> tuple[LimitConflict, ...]:
    """Every pair that cannot hold together."""
    found = []
    for minimum in asked.brief.minimums:
        contacts = asked.offer.groups[minimum.group.name].contacts
        needed = minimum.least * (1 - SLACK)
        if _everything(asked, contacts) < needed:
            found.append(LimitConflict(minimum_limit(minimum), None))
        found += [
            LimitConflict(minimum_limit(minimum), rows.limit)
            for rows in asked.rows
            if rows.limit.minimum is None and _ceiling(rows, contacts, asked.most) < needed
        ]
    return tuple(found)


def remains_infeasible(clash: tuple[LimitConflict, ...], given: tuple[Limit, ...]) -> bool:
    """Whether a conflicting pair is not among the relaxed limits."""
    return any(one.minimum not in given and one.limit not in given for one in clash)


def _everything(asked: LinearProgram, contacts: Floats) -> float:
    return float(contacts @ asked.most)


def _ceiling(rows: LimitRows, contacts: Floats, most: Integers) -> float:
    """The most contacts within each row's size; reach is never more than contacts."""
    columns = rows.matrix.tocsc()
    row, needs = columns.indices, columns.data * most
    order = np.lexsort((-contacts / columns.data, row))
    filled = np.cumsum(needs[order])
    before = filled - needs[order]
    starts = np.concatenate([[True], np.diff(row[order]) > 0])
    of_row = before - np.maximum.accumulate(np.where(starts, before, 0.0))
    capacity = rows.sizes[row[order]] - of_row
    share = np.clip(
        np.divide(capacity, needs[order], out=np.zeros(capacity.size), where=most[order] > 0), 0, 1
    )
    return float((share * (contacts * most)[order]).sum())
