"""From fractions to integer positions: nearly every slot of the relaxation is an integer already.

Slots whose reduced worth is far from zero keep their relaxed value. The few near zero, the core,
are decided again as an integer program under all limits. Curves are chords first: a minimum met on
a chord is met, but a tight one can be met on the curve and missed on every chord. Then curves are
tangents, and each plan that misses a minimum adds a tangent at its own contacts. The search is
limited by nodes, never by time, so that the same brief gets the same plan.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from cloud.pricing.optimise.audit import find_violations
from cloud.pricing.optimise.linear_program import LinearProgram, Matrices, Shape, build_matrices
from cloud.pricing.optimise.offer import Floats, Integers
from cloud.pricing.optimise.piecewise_linear import add_points, chords, tangents
from cloud.pricing.optimise.relaxation import RelaxedPlan
from cloud.pricing.optimise.remaining_capacity import RemainingCapacity

CORES: Final = (300, 1_500)
NODES: Final = 200
CORE_GAP: Final = 1e-4
"""The core is solved to within this share of its own worth."""
MARGIN: Final = 1e-6
"""Added to minimums, since HiGHS may miss a row by as much."""
AROUND: Final = (0.9, 0.95, 0.98, 1.0, 1.02, 1.05, 1.1)
EPSILON: Final = 1e-6
CUTS: Final = 24
"""Plans tried against a tight minimum of reach, each with a tangent more."""


def round_core(relaxed: RelaxedPlan, *, core: int) -> Integers | None:
    """The best integer positions found with all but `core` slots as relaxed; None for none."""
    asked = _bent(relaxed.asked, relaxed.positions, AROUND)
    return _decided(relaxed, asked, chords, core)


def round_core_exactly(relaxed: RelaxedPlan, *, core: int) -> Integers | None:
    """The same where minimums of reach are too tight for chords."""
    asked = _bent(relaxed.asked, relaxed.positions, AROUND)
    for _ in range(CUTS):
        found = _decided(relaxed, asked, tangents, core)
        if found is None or not find_violations(asked.brief, asked.offer, found):
            return found
        asked = _bent(asked, found.astype(np.float64), (1.0,))
    return None


def _decided(
    relaxed: RelaxedPlan, asked: LinearProgram, shape: Shape, core: int
) -> Integers | None:
    """The core decided as an integer programme, the other slots held."""
    drawn = build_matrices(asked, shape)
    free = _core(relaxed, core)
    fixed = np.where(free, 0.0, np.round(relaxed.positions))
    columns = np.concatenate([np.flatnonzero(free), np.arange(drawn.slots, drawn.most.size)])
    found = _search(drawn, columns, fixed)
    if found is None:
        return None
    positions = fixed
    positions[free] = np.round(found[: int(free.sum())])
    return positions.astype(np.int64)


def round_down(relaxed: RelaxedPlan) -> Integers:
    """The fractions cut off: keeps every cap and the budget, though perhaps not a minimum."""
    return np.floor(relaxed.positions + EPSILON).astype(np.int64)


def fill_remaining(asked: LinearProgram, positions: Integers) -> Integers:
    """The plan filled up within budget and caps, the best value for the money first."""
    bought = positions.copy()
    capacities = [
        RemainingCapacity(rows, bought) for rows in asked.rows if rows.limit.kind != "minimum"
    ]
    worth = asked.wanted
    fits = (worth > 0) & (bought < asked.most)
    for one in capacities:
        fits &= one.holds(slice(None))
    for slot in np.argsort(-worth / asked.offer.price_minor, kind="stable"):
        while (
            fits[slot]
            and bought[slot] < asked.most[slot]
            and all(r.holds(slot) for r in capacities)
        ):
            bought[slot] += 1
            for one in capacities:
                one.take(slot)
    return bought


def _bent(asked: LinearProgram, positions: Floats, around: tuple[float, ...]) -> LinearProgram:
    """The programme with points of its curves around the contacts of a plan."""
    curves = []
    for curve in asked.curves:
        people = curve.audience.people
        level = asked.contacts(curve, positions) / np.where(people > 0, people, 1)
        curves.append(replace(curve, points=add_points(curve.points, level, around)))
    return replace(asked, curves=tuple(curves))


def _core(relaxed: RelaxedPlan, core: int) -> NDArray[np.bool_]:
    """The slots that are in fractions, and those that came nearest to being chosen otherwise."""
    torn = np.abs(relaxed.positions - np.round(relaxed.positions)) > EPSILON
    doubt = np.where(torn, -1.0, np.abs(relaxed.reduced))
    chosen = np.zeros(doubt.size, dtype=bool)
    chosen[np.argsort(doubt, kind="stable")[: max(core, int(torn.sum()))]] = True
    return chosen


def _search(drawn: Matrices, columns: Integers, fixed: Floats) -> Floats | None:
    kept = drawn.below[:, : drawn.slots] @ fixed
    sizes = drawn.sizes - _margin(drawn) - kept
    constraints = [LinearConstraint(drawn.below[:, columns], -np.inf, sizes)]
    if drawn.equal.shape[0]:
        at = -(drawn.equal[:, : drawn.slots] @ fixed)
        constraints.append(LinearConstraint(drawn.equal[:, columns], at, at))
    cost = drawn.cost[columns]
    integral = (columns < drawn.slots).astype(np.int64)
    found = milp(
        cost,
        integrality=integral,
        bounds=Bounds(0, drawn.most[columns]),
        constraints=constraints,
        options={"node_limit": NODES, "mip_rel_gap": CORE_GAP},
    )
    return None if found.x is None else found.x


def _margin(drawn: Matrices) -> Floats:
    minimums = np.array([limit is not None and limit.kind == "minimum" for limit in drawn.limits])
    return np.where(minimums, MARGIN * np.maximum(1.0, np.abs(drawn.sizes)), 0.0)
