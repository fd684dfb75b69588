"""When no plan meets every limit: which limit to relax, and by how much.

Each limit in turn may be exceeded at a cost while all others hold; the smallest excess that makes a
plan possible is the advice. Where no single limit is enough, all may be exceeded and the smallest
sum of relative changes is taken. A relaxation is `proven` when a plan of integer positions
meets the brief with it; otherwise only fractions do.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from scipy import sparse

from cloud.pricing.optimise.audit import find_violations, measure_limit
from cloud.pricing.optimise.brief import Brief
from cloud.pricing.optimise.empty_plan import is_affordable, is_money
from cloud.pricing.optimise.explanations import amount_in_words
from cloud.pricing.optimise.feasibility import find_conflicts, remains_infeasible
from cloud.pricing.optimise.limits import Limit, list_limits, positions_limit, relax_limit
from cloud.pricing.optimise.linear_program import (
    LinearProgram,
    Matrices,
    build_linear_program,
    build_matrices,
)
from cloud.pricing.optimise.offer import Floats, Integers, Offer
from cloud.pricing.optimise.piecewise_linear import tangents
from cloud.pricing.optimise.plan import Infeasible, LimitChange, Relaxation
from cloud.pricing.optimise.relaxation import solve_matrices, solve_relaxation

NOTHING: Final = 1e-7
UNPROVEN_MARGIN: Final = 0.01
"""Added to a change that only fractions of positions have shown to be enough."""


def advise_relaxations(asked: LinearProgram) -> Infeasible:
    """Find the relaxations that make a plan possible."""
    drawn = build_matrices(asked, tangents)
    every = list_limits(asked.brief)
    clash = find_conflicts(asked)
    affordable = is_affordable(asked)  # else only a larger budget helps
    relaxations = [
        relaxation
        for limit in every
        if not remains_infeasible(clash, (limit,)) and (affordable or is_money(limit, asked.brief))
        for relaxation in _by(asked, drawn, (limit,))
    ]
    if affordable:
        relaxations += _more_positions(asked)
    relaxations.sort(key=_effort)
    if relaxations:
        return Infeasible(
            "no plan keeps every limit of the brief; any one of these relaxations is enough",
            tuple(relaxations),
        )
    together = tuple(_by(asked, drawn, every))
    if together:
        return Infeasible(
            "no plan keeps every limit of the brief, and relaxing one of them is not enough",
            together,
        )
    return Infeasible(
        "no plan keeps every limit of the brief: too few slots are free for its minimums; widen "
        "its dates, dayparts or locations",
        (),
    )


def _more_positions(asked: LinearProgram) -> Iterator[Relaxation]:
    """The fewest positions of a slot with which fractions keep every limit, if any do."""
    brief, limit = asked.brief, positions_limit(asked.brief)
    few, enough = brief.caps.max_positions_per_slot, int(asked.offer.free.max())
    if enough <= few or not _is_possible(relax_limit(brief, limit, enough), asked.offer):
        return
    while enough - few > 1:
        middle = (few + enough) // 2
        if _is_possible(relax_limit(brief, limit, middle), asked.offer):
            enough = middle
        else:
            few = middle
    changes = (LimitChange(limit, float(enough)),)
    yield Relaxation(changes, False, _sentence(changes, proven=False))


def _is_possible(brief: Brief, offer: Offer) -> bool:
    asked = build_linear_program(brief, offer)
    return not find_conflicts(asked) and solve_relaxation(asked) is not None


def _by(asked: LinearProgram, drawn: Matrices, given: tuple[Limit, ...]) -> Iterator[Relaxation]:
    """The relaxation of these limits and no others, if there is one."""
    solved = solve_matrices(_with_slack(drawn, given))
    if solved is None:
        return
    positions = solved.positions[: len(asked.offer)]
    slack = {
        limit: float(size)
        for limit, size in zip(given, solved.positions[len(asked.offer) :], strict=True)
        if size > NOTHING * max(1.0, limit.size)
    }
    relaxation = _proven(asked, positions, tuple(slack) or given)
    if relaxation is None and slack:
        relaxation = _about(slack)
    if relaxation is not None:
        yield relaxation


def _with_slack(drawn: Matrices, given: tuple[Limit, ...]) -> Matrices:
    """The program that minimises slack: a column for each limit, in all of its rows.

    The columns of the slack follow those of the slots.
    """
    rows = drawn.below.shape[0]
    columns = np.zeros((rows, len(given)))
    for column, limit in enumerate(given):
        columns[[row for row in range(rows) if drawn.limits[row] == limit], column] = -1.0
    none = sparse.csr_matrix((drawn.equal.shape[0], len(given)))
    return replace(
        drawn,
        cost=_inserted(np.zeros(drawn.cost.size), drawn.slots, [1 / limit.size for limit in given]),
        below=_beside(drawn.below, drawn.slots, sparse.csr_matrix(columns)),
        equal=_beside(drawn.equal, drawn.slots, none),
        most=_inserted(drawn.most, drawn.slots, [np.inf] * len(given)),
        slots=drawn.slots + len(given),
    )


def _inserted(values: Floats, at: int, more: list[float]) -> Floats:
    return np.concatenate([values[:at], more, values[at:]])


def _beside(matrix: sparse.csr_matrix, at: int, more: sparse.csr_matrix) -> sparse.csr_matrix:
    if not matrix.shape[0]:
        return matrix
    return sparse.hstack([matrix[:, :at], more, matrix[:, at:]], format="csr")


def _proven(asked: LinearProgram, positions: Floats, given: tuple[Limit, ...]) -> Relaxation | None:
    """The smallest change that a plan of integer positions near the fractions proves."""
    found = [
        relaxation
        for whole in (
            np.ceil(positions - NOTHING),
            np.floor(positions + NOTHING),
            np.round(positions),
        )
        if (relaxation := _shown(asked.brief, asked.offer, whole.astype(np.int64), given))
        is not None
    ]
    return min(found, key=_effort, default=None)


def _shown(
    brief: Brief, offer: Offer, whole: Integers, given: tuple[Limit, ...]
) -> Relaxation | None:
    wanted = (
        LimitChange(
            limit, _outward(limit, measure_limit(limit, offer, whole, brief.minor_per_unit))
        )
        for limit in given
    )
    changes = tuple(change for change in wanted if change.to != change.limit.size)
    changed = brief
    for change in changes:
        changed = relax_limit(changed, change.limit, change.to)
    if not changes or not whole.any() or find_violations(changed, offer, whole):
        return None
    return Relaxation(changes, True, _sentence(changes, proven=True))


def _about(slack: dict[Limit, float]) -> Relaxation:
    """The change by fractions, plus a margin."""
    changes = []
    for limit, size in slack.items():
        more = size * (1 + UNPROVEN_MARGIN) * (1 if limit.minimum is None else -1)
        changes.append(LimitChange(limit, max(0.0, _outward(limit, limit.size + more))))
    return Relaxation(tuple(changes), False, _sentence(tuple(changes), proven=False))


def _outward(limit: Limit, size: float) -> float:
    """Whole units, slots and people, rounded to the relaxed side."""
    if limit.minimum is not None:
        return min(limit.size, float(math.floor(size)))
    return max(limit.size, float(math.ceil(size)))


def _effort(relaxation: Relaxation) -> float:
    return sum(
        abs(change.to - change.limit.size) / change.limit.size for change in relaxation.changes
    )


def _sentence(changes: tuple[LimitChange, ...], *, proven: bool) -> str:
    about = "" if proven else "about "
    return " and ".join(
        f"{verb(change)} from {amount_in_words(change.limit, change.limit.size)} to "
        f"{about}{amount_in_words(change.limit, change.to)}"
        if change.to > 0
        else f"leave out {change.limit.name}"
        for change in changes
    )


def verb(change: LimitChange) -> str:
    """Minimums are lowered, all other limits are raised."""
    return f"{'raise' if change.limit.minimum is None else 'lower'} {change.limit.name}"
