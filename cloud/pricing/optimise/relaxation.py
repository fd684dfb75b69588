"""The linear relaxation: fractions of slots, an upper bound of every plan, and shadow prices.

A result of HiGHS without the status "optimal" is never read. The interior point method with
crossover is twice as fast on large programs, the simplex method more reliable in proving a small
one infeasible; where the first is unsure, the second decides.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy.optimize import linprog

from cloud.pricing.optimise.linear_program import LinearProgram, Matrices, build_matrices
from cloud.pricing.optimise.offer import Floats
from cloud.pricing.optimise.piecewise_linear import add_points, tangents

LARGE: Final = 5_000
OPTIMAL, INFEASIBLE = 0, 2
ROUNDS: Final = 4
NEAR: Final = 4_000
"""Slots that are decided again when the programme has become a little tighter."""
FRACTION: Final = 1e-6
TOLERANCE: Final = 1e-7
"""Of reduced worths, as HiGHS's own."""
TIGHT: Final = 5e-4
"""Tangents are added until they promise less than this share more than the true curve."""


class SolverError(RuntimeError):
    """HiGHS returned neither an optimum nor a proof of infeasibility."""


@dataclass(frozen=True, slots=True)
class RelaxedPlan:
    """An optimum in fractions. `prices` are what one more unit of each row's size would add."""

    asked: LinearProgram
    matrices: Matrices
    positions: Floats
    bound: float
    prices: Floats
    reduced: Floats


@dataclass(frozen=True, slots=True)
class _Solved:
    """An optimum: positions, what no plan can beat, row prices, reduced worths of the slots."""

    positions: Floats
    bound: float
    prices: Floats
    reduced: Floats


def solve_relaxation(asked: LinearProgram, near: RelaxedPlan | None = None) -> RelaxedPlan | None:
    """The best plan in fractions of positions, or None when not even fractions keep every limit.

    `near` is the relaxation of a like brief over the same slots, and only saves time.
    """
    drawn = build_matrices(asked, tangents)
    solved = solve_matrices(drawn) if near is None else _solved_near(drawn, near)
    for _ in range(ROUNDS - 1):
        if solved is None or _promised_too_much(asked, solved.positions) <= TIGHT:
            break
        asked = _touched(asked, solved.positions)
        drawn = build_matrices(asked, tangents)
        solved = _solved_near(drawn, solved)
    if solved is None:
        return None
    return RelaxedPlan(asked, drawn, solved.positions, solved.bound, solved.prices, solved.reduced)


def solve_matrices(drawn: Matrices) -> _Solved | None:
    """The optimum; None when the programme is impossible."""
    least, most = np.zeros(drawn.most.size), drawn.most
    for way in ("highs-ipm" if drawn.slots > LARGE else "highs-ds", "highs-ds"):
        found = _run(drawn, least, most, way)
        if found.status == OPTIMAL:
            return _read(drawn, found, least, most)
        if found.status == INFEASIBLE:
            return None
    raise SolverError(f"the solver failed ({found.message}): make the brief smaller")


def _solved_near(drawn: Matrices, before: _Solved | RelaxedPlan) -> _Solved | None:
    """The optimum of a programme that is a little tighter than one that has been solved.

    Slots that were far from being chosen otherwise are held where they were, which leaves a small
    programme. Its shadow prices show whether one of them must be released; then it is. The result
    is therefore the optimum of the whole program.
    """
    slots = drawn.slots
    if slots <= LARGE:
        return solve_matrices(drawn)
    near = np.zeros(slots, dtype=bool)
    near[np.argsort(np.abs(before.reduced), kind="stable")[:NEAR]] = True
    near |= np.abs(before.positions - np.round(before.positions)) > FRACTION
    held = np.round(before.positions)
    for _ in range(ROUNDS):
        least, most = np.zeros(drawn.most.size), drawn.most.copy()
        least[:slots][~near] = most[:slots][~near] = held[~near]
        found = _run(drawn, least, most, "highs-ds")
        if found.status != OPTIMAL:
            break
        solved = _read(drawn, found, least, most)
        low, high = ~near & (held < drawn.most[:slots]), ~near & (held > 0)
        wrong = (low & (solved.reduced > TOLERANCE)) | (high & (solved.reduced < -TOLERANCE))
        if not wrong.any():
            return solved
        near |= wrong
    return solve_matrices(drawn)


def _run(drawn: Matrices, least: Floats, most: Floats, way: str) -> Any:
    equal = drawn.equal.shape[0]
    return linprog(
        drawn.cost,
        A_ub=drawn.below,
        b_ub=drawn.sizes,
        A_eq=drawn.equal if equal else None,
        b_eq=np.zeros(equal) if equal else None,
        bounds=np.stack([least, most], axis=1),
        method=way,
    )


def _read(drawn: Matrices, found: Any, least: Floats, most: Floats) -> _Solved:
    positions = np.clip(found.x[: drawn.slots], least[: drawn.slots], most[: drawn.slots])
    reduced = -(found.lower.marginals + found.upper.marginals)[: drawn.slots]
    return _Solved(positions, -float(found.fun), -found.ineqlin.marginals, reduced)


def _promised_too_much(asked: LinearProgram, positions: Floats) -> float:
    """By how much, at most, tangents promise more reach than the curves hold."""
    excess = [0.0]
    for curve in asked.curves:
        contacts = asked.contacts(curve, positions)
        lines = tangents(curve.points)
        people = curve.audience.people[:, None]
        promised = (lines.slopes * contacts[:, None] + lines.heights * people).min(axis=1).sum()
        reached = curve.audience.reach(contacts).sum()
        excess.append((promised - reached) / max(promised, 1e-9))
    return float(max(excess))


def _touched(asked: LinearProgram, positions: Floats) -> LinearProgram:
    """With one more tangent for each curve, where this solution lies."""
    curves = []
    for curve in asked.curves:
        people = curve.audience.people
        level = asked.contacts(curve, positions) / np.where(people > 0, people, 1)
        curves.append(replace(curve, points=add_points(curve.points, level, (1.0,))))
    return replace(asked, curves=tuple(curves))
