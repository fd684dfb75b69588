"""The limits of a brief, and their rows over the slots of the offer.

A limit is one sentence of the brief (a budget, a cap, a minimum) and may be many rows (a cap per
location is one for each). Every row reads: amounts x shares <= size. A minimum of impressions is
turned round for that; a minimum of reach is no row of slots and lies in `programme`.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from scipy import sparse

from cloud.pricing.optimise.brief import Brief, Caps, Minimum
from cloud.pricing.optimise.offer import Floats, Integers, Offer

Kind = Literal[
    "budget", "slots", "slots_per_location", "slots_per_day", "spend_per_location", "minimum"
]
PENCE: Final = 100


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the brief: what it is called, how large, in which unit."""

    kind: Kind
    name: str
    size: float
    unit: str
    minimum: Minimum | None = None


@dataclass(frozen=True, slots=True)
class LimitRows:
    """A limit as rows over the slots. `about` names what each row is about: a place, a day."""

    limit: Limit
    matrix: sparse.csr_matrix
    sizes: Floats
    about: tuple[str, ...]


def limits(brief: Brief) -> tuple[Limit, ...]:
    """Every limit of the brief, in the order in which it names them."""
    caps = brief.caps
    found: tuple[tuple[Kind, str, float | None, str], ...] = (
        ("budget", "the budget", brief.budget_pence / PENCE, brief.currency),
        ("slots", "the slots of the plan", caps.slots, "slots"),
        ("slots_per_location", "the slots per location", caps.slots_per_location, "slots"),
        ("slots_per_day", "the slots per location and day", caps.slots_per_day, "slots"),
        ("spend_per_location", "the spend per location", _pounds(caps), brief.currency),
    )
    capped = [Limit(kind, name, size, unit) for kind, name, size, unit in found if size is not None]
    return (*capped, *(minimum_limit(minimum) for minimum in brief.minimums))


def minimum_limit(minimum: Minimum) -> Limit:
    """A minimum as a limit."""
    unit = "people" if minimum.measure == "reach" else "impressions"
    return Limit("minimum", f"the minimum of {minimum.group.name}", minimum.least, unit, minimum)


def eased(brief: Brief, limit: Limit, to: float) -> Brief:
    """The brief with one limit set to another size; a minimum of nothing is left out."""
    if limit.minimum is not None:
        others = tuple(one for one in brief.minimums if one != limit.minimum)
        left = (replace(limit.minimum, least=to),) if to > 0 else ()
        return replace(brief, minimums=others + left)
    if limit.kind == "budget":
        return replace(brief, budget_pence=round(to * PENCE))
    if limit.kind == "spend_per_location":
        return replace(brief, caps=replace(brief.caps, spend_per_location_pence=round(to * PENCE)))
    return replace(brief, caps=replace(brief.caps, **{limit.kind: round(to)}))


def limit_rows(brief: Brief, offer: Offer) -> tuple[LimitRows, ...]:
    """Every limit that is a row of slots."""
    return tuple(
        _rows(limit, offer)
        for limit in limits(brief)
        if limit.minimum is None or limit.minimum.measure == "impressions"
    )


def _pounds(caps: Caps) -> float | None:
    pence = caps.spend_per_location_pence
    return None if pence is None else pence / PENCE


def _rows(limit: Limit, offer: Offer) -> LimitRows:
    """Slot i adds its amount to the row that it lies in."""
    amounts = _amounts(limit, offer)
    row, about = _placed(limit, offer)
    matrix = sparse.csr_matrix(
        (amounts, (row, np.arange(amounts.size))), shape=(len(about), amounts.size)
    )
    size = -limit.size if limit.minimum is not None else limit.size
    return LimitRows(limit, matrix, np.full(len(about), float(size)), about)


def _amounts(limit: Limit, offer: Offer) -> Floats:
    if limit.minimum is not None:
        return -offer.groups[limit.minimum.group.name].contacts
    if limit.kind in ("budget", "spend_per_location"):
        return offer.price_pence / PENCE
    return np.ones(len(offer))


def _placed(limit: Limit, offer: Offer) -> tuple[Integers, tuple[str, ...]]:
    """The row of each slot, and what each row is about."""
    if limit.kind in ("slots_per_location", "spend_per_location"):
        return offer.location, offer.names
    if limit.kind != "slots_per_day":
        return np.zeros(len(offer), dtype=np.int64), ("",)
    pairs = np.stack([offer.location, offer.day], axis=1)
    held, row = np.unique(pairs, axis=0, return_inverse=True)
    about = tuple(f"{offer.names[place]}, day {day + 1}" for place, day in held.tolist())
    return row.reshape(-1), about
