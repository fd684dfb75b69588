"""The relaxation: slots in fractions, which no plan can beat, and what each limit costs.

Hard truths. HiGHS answers with a status, and an answer without the status "optimal" is no answer:
it is never read. The interior point method with crossover is twice as fast on large programmes,
simplex surer to say that a small one is impossible; where the first is unsure the second decides.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.optimize import linprog

from cloud.pricing.optimise.concave import nearer, tangents
from cloud.pricing.optimise.offer import Floats
from cloud.pricing.optimise.programme import Matrices, Programme, matrices

LARGE: Final = 5_000
OPTIMAL, INFEASIBLE = 0, 2
ROUNDS: Final = 4
TIGHT: Final = 5e-4
"""Tangents are added until they promise less than this share more than the true curve."""


class SolverError(RuntimeError):
    """HiGHS came back with neither an optimum nor the proof that there is none."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """An optimum in fractions. `prices` are what one more unit of each row's size would add."""

    asked: Programme
    matrices: Matrices
    shares: Floats
    bound: float
    prices: Floats
    reduced: Floats


def relax(asked: Programme) -> Relaxed | None:
    """The best plan in fractions of shares, or None when not even fractions keep every limit."""
    for _ in range(ROUNDS):
        drawn = matrices(asked, tangents)
        solved = solve(drawn)
        if solved is None:
            return None
        shares, bound, prices, reduced = solved
        if _promised_too_much(asked, shares) <= TIGHT:
            break
        asked = _touched(asked, shares)
    return Relaxed(asked, drawn, shares, bound, prices, reduced)


def solve(drawn: Matrices) -> tuple[Floats, float, Floats, Floats] | None:
    """Shares, bound, row prices and reduced worths; None when the programme is impossible."""
    method = "highs-ipm" if drawn.slots > LARGE else "highs-ds"
    for way in (method, "highs-ds"):
        found = linprog(
            drawn.cost,
            A_ub=drawn.below,
            b_ub=drawn.sizes,
            A_eq=drawn.equal if drawn.equal.shape[0] else None,
            b_eq=np.zeros(drawn.equal.shape[0]) if drawn.equal.shape[0] else None,
            bounds=np.stack([np.zeros(drawn.most.size), drawn.most], axis=1),
            method=way,
        )
        if found.status == OPTIMAL:
            shares = np.clip(found.x[: drawn.slots], 0, drawn.most[: drawn.slots])
            reduced = -(found.lower.marginals + found.upper.marginals)[: drawn.slots]
            return shares, -float(found.fun), -found.ineqlin.marginals, reduced
        if found.status == INFEASIBLE:
            return None
    raise SolverError(f"the solver gave up ({found.message}): make the brief smaller")


def _promised_too_much(asked: Programme, shares: Floats) -> float:
    """By how much, at most, tangents promise more reach than the curves hold."""
    excess = [0.0]
    for curve in asked.curves:
        contacts = asked.contacts(curve, shares)
        lines = tangents(curve.points)
        people = curve.audience.people[:, None]
        promised = (lines.slopes * contacts[:, None] + lines.heights * people).min(axis=1).sum()
        reached = curve.audience.reach(contacts).sum()
        excess.append((promised - reached) / max(promised, 1e-9))
    return float(max(excess))


def _touched(asked: Programme, shares: Floats) -> Programme:
    """With one more tangent for each curve, where this solution lies."""
    curves = []
    for curve in asked.curves:
        people = curve.audience.people
        level = asked.contacts(curve, shares) / np.where(people > 0, people, 1)
        curves.append(replace(curve, points=nearer(curve.points, level, (1.0,))))
    return replace(asked, curves=tuple(curves))
