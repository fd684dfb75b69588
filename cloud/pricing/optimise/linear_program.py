"""The linear program of a brief: positions of slots, contacts and reach by screen.

Columns: positions of every slot; then, for each audience whose reach counts, its contacts at each
screen and the people reached there. HiGHS minimises, so the worth of a position is negated here and
nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from cloud.pricing.optimise.brief import Brief, BriefError, Minimum, Objective
from cloud.pricing.optimise.limit_rows import LimitRows, limit_rows
from cloud.pricing.optimise.limits import Limit, minimum_limit
from cloud.pricing.optimise.offer import Floats, GroupAudience, Integers, Offer
from cloud.pricing.optimise.piecewise_linear import LinePieces, first_points

Shape = Callable[[Floats], LinePieces]


@dataclass(frozen=True, slots=True)
class ReachCurve:
    """An audience whose reach counts: in the objective, in a minimum, or in both."""

    audience: GroupAudience
    in_objective: bool
    minimum: Minimum | None
    points: Floats


@dataclass(frozen=True, slots=True)
class LinearProgram:
    """A brief over an offer, ready to be written down as matrices."""

    brief: Brief
    offer: Offer
    worth: Floats
    most: Integers
    rows: tuple[LimitRows, ...]
    curves: tuple[ReachCurve, ...]

    @property
    def wanted(self) -> Floats:
        """The value of a slot: its own worth, or its contacts where the objective is reach."""
        by_reach = self.brief.objective is Objective.REACH
        return self.offer.target.contacts if by_reach else self.worth

    def value(self, positions: Floats) -> float:
        """What a plan is worth by the true curves, in the objective's own unit."""
        total = float(self.worth @ positions)
        for curve in self.curves:
            if curve.in_objective:
                total += float(curve.audience.reach(self.contacts(curve, positions)).sum())
        return total

    def contacts(self, curve: ReachCurve, positions: Floats) -> Floats:
        """Contacts of the curve's audience at each location."""
        return self.offer.by_location(curve.audience.contacts * positions)


@dataclass(frozen=True, slots=True)
class Matrices:
    """min cost z; below z <= sizes; equal z = 0; 0 <= z <= most. Slots come first in z.

    `limits[i]` and `about[i]` describe row i of `below`; None for a line of a curve.
    """

    cost: Floats
    below: sparse.csr_matrix
    sizes: Floats
    equal: sparse.csr_matrix
    most: Floats
    slots: int
    limits: tuple[Limit | None, ...] = field(repr=False)
    about: tuple[str, ...] = field(repr=False)


def build_linear_program(brief: Brief, offer: Offer) -> LinearProgram:
    """Lay the brief over the offer; slots that cannot earn the least return are left out."""
    if brief.objective is Objective.ROI:
        offer = _worthwhile(brief, offer)
    most = np.minimum(offer.free, brief.caps.max_positions_per_slot)
    return LinearProgram(
        brief, offer, _worth(brief, offer), most, limit_rows(brief, offer), _curves(brief, offer)
    )


def build_matrices(asked: LinearProgram, shape: Shape) -> Matrices:
    """Write the programme down with curves drawn as `shape`: tangents or chords."""
    places = len(asked.offer.names)
    slots = len(asked.offer)
    beside = 2 * places * len(asked.curves)
    blocks = [_widened(rows.matrix, beside) for rows in asked.rows]
    limits: list[Limit | None] = [rows.limit for rows in asked.rows for _ in rows.about]
    about = [name for rows in asked.rows for name in rows.about]
    sizes = [rows.sizes for rows in asked.rows]
    cost = np.concatenate([-asked.worth, np.zeros(beside)])
    equal = []
    for index, curve in enumerate(asked.curves):
        first = slots + 2 * places * index
        width = slots + beside
        equal.append(_contact_rows(asked, curve, first, width))
        block, heights = _line_rows(curve, shape(curve.points), first, width)
        blocks.append(block)
        sizes.append(heights)
        limits += [None] * heights.size
        about += [""] * heights.size
        reached = np.arange(first + places, first + 2 * places)
        if curve.in_objective:
            cost[reached] = -1.0
        if curve.minimum is not None:
            ones = (-np.ones(places), (np.zeros(places, dtype=np.int64), reached))
            blocks.append(sparse.csr_matrix(ones, shape=(1, width)))
            sizes.append(np.array([-curve.minimum.least]))
            limits.append(minimum_limit(curve.minimum))
            about.append("")
    return Matrices(
        cost=cost,
        below=sparse.vstack(blocks, format="csr"),
        sizes=np.concatenate(sizes),
        equal=sparse.vstack(equal, format="csr") if equal else sparse.csr_matrix((0, slots)),
        most=np.concatenate([asked.most.astype(float), np.full(beside, np.inf)]),
        slots=slots,
        limits=tuple(limits),
        about=tuple(about),
    )


def _worthwhile(brief: Brief, offer: Offer) -> Offer:
    assert brief.value_minor is not None
    earns = offer.target.contacts * brief.value_minor >= offer.price_minor * (1 + brief.min_roi)
    if not earns.any():
        raise BriefError(
            f"no slot earns {brief.min_roi:.0%} beyond its price at {brief.currency} "
            f"{brief.value_minor / brief.minor_per_unit:g} an impression: lower min_roi or "
            "value impressions higher"
        )
    return offer.select(earns)


def _worth(brief: Brief, offer: Offer) -> Floats:
    """What a position adds by itself: impressions, profit, or nothing but its reach."""
    if brief.objective is Objective.REACH:
        return np.zeros(len(offer))
    if brief.objective is Objective.ATTENTIVE:
        return offer.target.contacts
    assert brief.value_minor is not None
    earned_minor = offer.target.contacts * brief.value_minor - offer.price_minor
    profit: Floats = earned_minor / brief.minor_per_unit
    return profit


def _curves(brief: Brief, offer: Offer) -> tuple[ReachCurve, ...]:
    points = first_points(len(offer.names))
    curves = [
        ReachCurve(offer.groups[minimum.group.name], False, minimum, points)
        for minimum in brief.minimums
        if minimum.measure == "reach"
    ]
    if brief.objective is Objective.REACH:
        curves.append(ReachCurve(offer.target, True, None, points))
    return tuple(curves)


def _widened(matrix: sparse.csr_matrix, beside: int) -> sparse.csr_matrix:
    return sparse.hstack([matrix, sparse.csr_matrix((matrix.shape[0], beside))], format="csr")


def _contact_rows(
    asked: LinearProgram, curve: ReachCurve, first: int, width: int
) -> sparse.csr_matrix:
    """Contacts at a location = those of the positions bought there."""
    offer = asked.offer
    places, slots = len(offer.names), len(offer)
    values = np.concatenate([curve.audience.contacts, -np.ones(places)])
    rows = np.concatenate([offer.location, np.arange(places)])
    columns = np.concatenate([np.arange(slots), first + np.arange(places)])
    return sparse.csr_matrix((values, (rows, columns)), shape=(places, width))


def _line_rows(
    curve: ReachCurve, lines: LinePieces, first: int, width: int
) -> tuple[sparse.csr_matrix, Floats]:
    """Reached - slope x contacts <= height x people, for each line of each location."""
    places, count = lines.slopes.shape
    row = np.arange(places * count)
    contact = first + np.repeat(np.arange(places), count)
    values = np.concatenate([-lines.slopes.reshape(-1), np.ones(row.size)])
    columns = np.concatenate([contact, contact + places])
    block = sparse.csr_matrix((values, (np.concatenate([row, row]), columns)), (row.size, width))
    return block, (lines.heights * curve.audience.people[:, None]).reshape(-1)
