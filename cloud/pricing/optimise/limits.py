"""The limits of a brief: each one sentence of it, with its name, size and unit."""

from dataclasses import dataclass, replace
from typing import Literal

from cloud.pricing.optimise.brief import Brief, Minimum

Kind = Literal[
    "budget", "slots", "slots_per_location", "slots_per_day", "spend_per_location", "minimum",
    "shares_per_slot",
]  # fmt: skip


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
        ("budget", "the budget", brief.budget_pence / brief.minor_per_unit, brief.currency),
        ("slots", "the slots of the plan", caps.slots, "slots"),
        ("slots_per_location", "the slots per location", caps.slots_per_location, "slots"),
        ("slots_per_day", "the slots per location and day", caps.slots_per_day, "slots"),
        ("spend_per_location", "the spend per location", _spend(brief), brief.currency),
    )
    capped = [Limit(kind, name, size, unit) for kind, name, size, unit in found if size is not None]
    return (*capped, *(minimum_limit(minimum) for minimum in brief.minimums))


def shares_limit(brief: Brief) -> Limit:
    """The cap of shares of one slot, which bounds every slot and is no row of the programme."""
    size = brief.caps.shares_per_slot
    return Limit("shares_per_slot", "the shares of a slot (shares_per_slot)", size, "shares")


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
        return replace(brief, budget_pence=round(to * brief.minor_per_unit))
    if limit.kind == "spend_per_location":
        return replace(
            brief,
            caps=replace(brief.caps, spend_per_location_pence=round(to * brief.minor_per_unit)),
        )
    return replace(brief, caps=replace(brief.caps, **{limit.kind: round(to)}))


def _spend(brief: Brief) -> float | None:
    spend = brief.caps.spend_per_location_pence
    return None if spend is None else spend / brief.minor_per_unit
