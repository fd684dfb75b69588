"""Random offers and briefs, small enough to try every plan."""

from datetime import date
from itertools import product

import numpy as np
from hypothesis import strategies as st

from cloud.pricing.optimise.audit import find_violations
from cloud.pricing.optimise.brief import AudienceGroup, Brief, Caps, Minimum, Objective
from cloud.pricing.optimise.offer import GroupAudience, Offer
from wire.audience import AgeGroup

YOUNG = AudienceGroup(ages=frozenset({AgeGroup.FROM_18}))
MONDAY = date(2026, 11, 23)


def offer(rng, *, locations=2, hours=4, days=1, free=1):
    """Invented slots: `hours` of each of `days` at each of `locations`."""
    slots = locations * days * hours
    location = np.repeat(np.arange(locations), days * hours)
    day = np.tile(np.repeat(np.arange(days), hours), locations)
    contacts = np.round(rng.lognormal(2, 0.7, slots), 3)
    price_minor = np.maximum(1, np.round(contacts * rng.uniform(5, 20, slots))).astype(np.int64)
    young = contacts * rng.uniform(0.05, 0.5, slots)
    people = np.maximum(1.0, np.bincount(location, weights=contacts) * rng.uniform(0.2, 2))
    return Offer(
        key=np.array([f"{place}/{index}" for index, place in enumerate(location)]),
        names=tuple(f"L{place}" for place in range(locations)),
        location=location,
        day=day,
        price_minor=price_minor,
        free=np.full(slots, free, dtype=np.int64),
        target=GroupAudience(contacts, people),
        low=contacts * 0.7,
        high=contacts * 1.4,
        groups={
            YOUNG.name: GroupAudience(young, people * 0.3),
            "everybody": GroupAudience(contacts, people),
        },
    )


def brief(budget_minor, **asked):
    fields = {
        "budget_minor": int(budget_minor),
        "currency": "GBP",
        "first_on": MONDAY,
        "until_on": date(2026, 11, 30),
    }
    return Brief(**(fields | asked))


def every_plan(asked, sold):
    """All plans that keep the brief: two to the power of the slots, so few slots please."""
    most = np.minimum(sold.free, asked.caps.max_positions_per_slot)
    for positions in product(*(range(top + 1) for top in most)):
        plan = np.array(positions)
        if not find_violations(asked, sold, plan):
            yield plan


def value(asked, sold, positions):
    contacts = sold.target.contacts * positions
    if asked.objective is Objective.REACH:
        return sold.target.reach(sold.by_location(contacts)).sum()
    if asked.objective is Objective.ROI:
        return (contacts.sum() * asked.value_minor - (sold.price_minor * positions).sum()) / 100
    return contacts.sum()


def bought(plan, sold):
    positions = np.zeros(len(sold), dtype=np.int64)
    for line in plan.lines:
        positions[list(sold.key).index(line.key)] = line.positions
    return positions


briefs = st.fixed_dictionaries(
    {
        "budget": st.floats(0.02, 1.2),
        "objective": st.sampled_from(Objective),
        "slots": st.none() | st.integers(1, 8),
        "per_location": st.none() | st.integers(1, 4),
        "per_day": st.none() | st.integers(1, 3),
        "spend": st.none() | st.floats(0.05, 0.8),
        "positions": st.integers(1, 2),
        "least": st.none() | st.floats(0.01, 0.9),
        "measure": st.sampled_from(["impressions", "reach"]),
    }
)


def drawn_brief(drawn, sold):
    total = int(sold.price_minor.sum())
    least = ()
    if drawn["least"] is not None:
        young = sold.groups[YOUNG.name]
        most = young.contacts.sum()
        if drawn["measure"] == "reach":
            most = young.reach(sold.by_location(young.contacts)).sum()
        least = (Minimum(YOUNG, drawn["measure"], float(most * drawn["least"])),)
    return brief(
        max(1, total * drawn["budget"]),
        objective=drawn["objective"],
        value_minor=25.0 if drawn["objective"] is Objective.ROI else None,
        minimums=least,
        caps=Caps(
            max_spots=drawn["slots"],
            max_spots_per_screen=drawn["per_location"],
            max_spots_per_screen_per_day=drawn["per_day"],
            max_spend_per_screen_minor=drawn["spend"] and max(1, int(total * drawn["spend"])),
            max_positions_per_slot=drawn["positions"],
        ),
    )
