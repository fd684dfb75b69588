"""The rows of the linear program: every limit over the slots of the offer.

A limit (a budget, a cap, a minimum) may have many rows: a cap per screen has one for each screen.
Every row reads: amounts x positions <= size. A minimum of impressions is negated for that; a
minimum of reach is no row of slots and is part of `linear_program`.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from cloud.pricing.optimise.brief import Brief
from cloud.pricing.optimise.limits import Limit, list_limits
from cloud.pricing.optimise.offer import Floats, Integers, Offer


@dataclass(frozen=True, slots=True)
class LimitRows:
    """A limit as rows over the slots. `about` names what each row is about: a site, a day."""

    limit: Limit
    matrix: sparse.csr_matrix
    sizes: Floats
    about: tuple[str, ...]


def limit_rows(brief: Brief, offer: Offer) -> tuple[LimitRows, ...]:
    """Every limit that is a row of slots."""
    return tuple(
        _rows(limit, offer, brief.minor_per_unit)
        for limit in list_limits(brief)
        if limit.minimum is None or limit.minimum.measure == "impressions"
    )


def _rows(limit: Limit, offer: Offer, minor_per_unit: int) -> LimitRows:
    """Slot i adds its amount to the row that it lies in."""
    amounts = _amounts(limit, offer, minor_per_unit)
    row, about = _placed(limit, offer)
    matrix = sparse.csr_matrix(
        (amounts, (row, np.arange(amounts.size))), shape=(len(about), amounts.size)
    )
    size = -limit.size if limit.minimum is not None else limit.size
    return LimitRows(limit, matrix, np.full(len(about), float(size)), about)


def _amounts(limit: Limit, offer: Offer, minor_per_unit: int) -> Floats:
    if limit.minimum is not None:
        return -offer.groups[limit.minimum.group.name].contacts
    if limit.kind in ("budget", "max_spend_per_screen"):
        return offer.price_minor / minor_per_unit
    return np.ones(len(offer))


def _placed(limit: Limit, offer: Offer) -> tuple[Integers, tuple[str, ...]]:
    """The row of each slot, and what each row is about."""
    if limit.kind in ("max_spots_per_screen", "max_spend_per_screen"):
        return offer.location, offer.names
    if limit.kind != "max_spots_per_screen_per_day":
        return np.zeros(len(offer), dtype=np.int64), ("",)
    pairs = np.stack([offer.location, offer.day], axis=1)
    held, row = np.unique(pairs, axis=0, return_inverse=True)
    about = tuple(f"{offer.names[place]}, day {day + 1}" for place, day in held.tolist())
    return row.reshape(-1), about
