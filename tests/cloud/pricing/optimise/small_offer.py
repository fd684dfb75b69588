"""Four slots with round numbers, whose plans can be computed by hand."""

from dataclasses import replace
from typing import Any

import numpy as np

from cloud.pricing.optimise.offer import GroupAudience, Offer
from tests.cloud.pricing.optimise.random_briefs import YOUNG

SCREENS = ("A", "B")


def small_offer(**columns: Any) -> Offer:
    """Screen A has two slots on the first day and one on the second, screen B one slot."""
    contacts = np.array([10.0, 20, 30, 40])
    young = np.array([1.0, 3, 3, 2])
    offer = Offer(
        key=np.array(["A/1", "A/2", "A/3", "B/1"]),
        names=SCREENS,
        location=np.array([0, 0, 0, 1]),
        day=np.array([0, 0, 1, 0]),
        price_minor=np.array([100, 100, 300, 400]),
        free=np.array([1, 2, 1, 1]),
        target=GroupAudience(contacts, np.array([50.0, 100])),
        low=contacts / 2,
        high=contacts * 2,
        groups={YOUNG.name: GroupAudience(young, np.array([10.0, 20]))},
    )
    return replace(offer, **columns)
