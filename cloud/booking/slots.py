"""Slots that are asked for, and why a slot has too few free positions.

A slot is one hour of one screen, named by the second since 1970 at which it starts. Reasons are
those of OpenDirect 2.1; they never name the buyer who has the positions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Final

from cloud.database import EPOCH

HOUR_S: Final = 3_600
MAX_SLOTS: Final = 20_000
"""Slots of one demand: a hundred screens for a week and more."""


class DeliveryType(StrEnum):
    """What a line is promised; a guaranteed or exclusive line may displace a pre-emptible one."""

    EXCLUSIVE = "exclusive"  # the whole loop
    GUARANTEED = "guaranteed"
    NON_GUARANTEED = "non-guaranteed"
    PREEMPTIBLE = "preemptible"


class AvailReason(StrEnum):
    """Why positions are not available."""

    BOOKED = "Booked"
    OPTIONED = "Optioned"  # held: a hold may expire
    EXCLUDED = "Excluded"  # a blackout
    OUT_OF_CHARGE = "OutOfCharge"  # maintenance
    PROHIBITED = "Prohibited"  # the screen shows no such creative
    INVALID_PERIOD = "InvalidPeriodLength"  # the hour has begun, or no hour starts then
    INVALID_FRAME = "InvalidFrameID"  # the sites file does not list the screen


INVALID: Final = frozenset({AvailReason.INVALID_PERIOD, AvailReason.INVALID_FRAME})
"""Reasons for which no slot is created."""


@dataclass(frozen=True, slots=True)
class SlotDemand:
    """Positions of a slot that a line asks for; the positions of an exclusive line are ignored."""

    location: str
    starts_at_s: int
    positions: int = 1


@dataclass(frozen=True, slots=True)
class ShortSlot:
    """A slot with fewer free positions than were asked for."""

    location: str
    starts_at_s: int
    free: int
    reason: AvailReason


class SlotDemandError(ValueError):
    """A demand that no slot can meet: no slots, too many, or an impossible number of positions."""


class NotAvailableError(Exception):
    """Slots without enough free positions; nothing was taken."""

    def __init__(self, slots: tuple[ShortSlot, ...]) -> None:
        self.slots = slots
        first = slots[0]
        starts_at = EPOCH + timedelta(seconds=first.starts_at_s)
        more = f" and {len(slots) - 1} more slots" if len(slots) > 1 else ""
        super().__init__(
            f"{first.location} at {starts_at:%Y-%m-%dT%H:%MZ}{more}: {first.free} positions are "
            f"free ({first.reason}): ask for other hours, screens or fewer positions"
        )


def check_demand(demand: Iterable[SlotDemand]) -> list[SlotDemand]:
    """The demand in the order of slots, each slot once, or raise SlotDemandError."""
    slot_of = attrgetter("location", "starts_at_s")
    ordered = sorted(demand, key=slot_of)
    if not 1 <= len(ordered) <= MAX_SLOTS:
        raise SlotDemandError(f"{len(ordered)} slots are asked for: ask for 1 to {MAX_SLOTS}")
    for one in ordered:
        if not 1 <= one.positions <= HOUR_S:
            raise SlotDemandError(
                f"{one.positions} positions of {one.location} are asked for: ask for 1 or more"
            )
    if len(set(map(slot_of, ordered))) < len(ordered):
        raise SlotDemandError("a slot is named twice: name each once, with all its positions")
    return ordered
