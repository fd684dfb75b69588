"""The limits of a brief: each with its name, size and unit."""

from dataclasses import dataclass, replace
from typing import Literal

from cloud.pricing.optimise.brief import Brief, Minimum

Kind = Literal[
    "budget",
    "max_spots",
    "max_spots_per_screen",
    "max_spots_per_screen_per_day",
    "max_spend_per_screen",
    "minimum",
    "max_positions_per_slot",
]


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the brief: what it is called, how large, in which unit."""

    kind: Kind
    name: str
    size: float
    unit: str
    minimum: Minimum | None = None


def list_limits(brief: Brief) -> tuple[Limit, ...]:
    """Every limit of the brief, in the order in which it names them."""
    caps = brief.caps
    found: tuple[tuple[Kind, str, float | None, str], ...] = (
        ("budget", "the budget", brief.budget_minor / brief.minor_per_unit, brief.currency),
        ("max_spots", "the slots of the plan", caps.max_spots, "slots"),
        ("max_spots_per_screen", "the slots per screen", caps.max_spots_per_screen, "slots"),
        (
            "max_spots_per_screen_per_day",
            "the slots per screen and day",
            caps.max_spots_per_screen_per_day,
            "slots",
        ),
        ("max_spend_per_screen", "the spend per screen", _spend(brief), brief.currency),
    )
    capped = [Limit(kind, name, size, unit) for kind, name, size, unit in found if size is not None]
    return (*capped, *(minimum_limit(minimum) for minimum in brief.minimums))


def positions_limit(brief: Brief) -> Limit:
    """The cap of positions of one slot, which bounds every slot and is no row of the programme."""
    size = brief.caps.max_positions_per_slot
    return Limit("max_positions_per_slot", "the positions of a slot", size, "positions")


def minimum_limit(minimum: Minimum) -> Limit:
    """A minimum as a limit."""
    unit = "people" if minimum.measure == "reach" else "impressions"
    return Limit("minimum", f"the minimum of {minimum.group.name}", minimum.least, unit, minimum)


def relax_limit(brief: Brief, limit: Limit, to: float) -> Brief:
    """The brief with one limit set to another size; a minimum of nothing is left out."""
    if limit.minimum is not None:
        others = tuple(one for one in brief.minimums if one != limit.minimum)
        left = (replace(limit.minimum, least=to),) if to > 0 else ()
        return replace(brief, minimums=others + left)
    if limit.kind == "budget":
        return replace(brief, budget_minor=round(to * brief.minor_per_unit))
    if limit.kind == "max_spend_per_screen":
        return replace(
            brief,
            caps=replace(brief.caps, max_spend_per_screen_minor=round(to * brief.minor_per_unit)),
        )
    return replace(brief, caps=replace(brief.caps, **{limit.kind: round(to)}))


def _spend(brief: Brief) -> float | None:
    spend = brief.caps.max_spend_per_screen_minor
    return None if spend is None else spend / brief.minor_per_unit
