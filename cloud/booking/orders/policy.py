"""The booking file: cancellation, changes, discounts, holds, and what the media owner must confirm.

Its figures are terms of sale, so they are configuration; `cloud/samples/booking.yaml` explains each
of them.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from cloud.auth.keys import Role
from cloud.booking.holds import HoldPolicy
from cloud.booking.orders.order import BASIS_POINTS, divide_half_up
from cloud.booking.slots import DeliveryType
from cloud.yaml_document import read_document

SAMPLE: Final = Path(__file__).parents[2] / "samples" / "booking.yaml"
MOST_DAYS: Final = 400
MOST_HOURS: Final = 24 * 60
LEAST_HOURS: Final = 1 / 60
"""A minute: a shorter hold is over before the buyer has read it."""
PERCENT: Final = 100

Days = Annotated[int, Meta(ge=0, le=MOST_DAYS)]
BasisPoints = Annotated[int, Meta(ge=0, le=BASIS_POINTS)]


class InFlightDue(StrEnum):
    """What is due of a line that is cancelled in flight."""

    DELIVERED = "delivered"  # the hours before the cancellation
    EVERYTHING = "everything"  # all booked hours


class CancellationStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is due of the hours of a line that is cancelled that many days before its start."""

    notice_days: Days
    percent_due: Annotated[int, Meta(ge=0, le=PERCENT)]


class Discounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The largest discount of each role, in basis points; above it, another role must approve."""

    sales: BasisPoints
    finance: BasisPoints
    admin: BasisPoints


class HoldLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a hold lasts, and how many holds and held slots an account has at once."""

    hours: Annotated[float, Meta(ge=LEAST_HOURS, le=MOST_HOURS)] = 24
    longest_hours: Annotated[float, Meta(ge=LEAST_HOURS, le=MOST_HOURS)] = 7 * 24
    extensions: Annotated[int, Meta(ge=0, le=1_000)] = 6
    holds: Annotated[int, Meta(ge=0, le=100_000)] = 20
    slots: Annotated[int, Meta(ge=0, le=10**7)] = 40_000

    def __post_init__(self) -> None:
        if self.longest_hours < self.hours:
            raise ValueError("holds: longest_hours may not be less than hours")


class BookingPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    version: Annotated[int, Meta(ge=1, le=1)]
    cancellation: Annotated[tuple[CancellationStep, ...], Meta(min_length=1, max_length=20)]
    in_flight: InFlightDue
    change_notice_days: Days
    reservation_hours: Annotated[int, Meta(ge=1, le=MOST_HOURS)]
    decision_hours: Annotated[int, Meta(ge=1, le=MOST_HOURS)]
    confirm_reservations: tuple[DeliveryType, ...] = ()
    discounts: Discounts
    holds: HoldLimits = HoldLimits()

    def __post_init__(self) -> None:
        days = [step.notice_days for step in self.cancellation]
        if days != sorted(set(days), reverse=True) or days[-1] != 0:
            raise ValueError("cancellation: write the steps from most notice_days down to 0")
        due = [step.percent_due for step in self.cancellation]
        if due != sorted(due):
            raise ValueError("cancellation: percent_due may not be less with less notice")

    @property
    def hold_policy(self) -> HoldPolicy:
        """The limits of holds."""
        limits = self.holds
        return HoldPolicy(
            period=timedelta(hours=limits.hours),
            longest=timedelta(hours=limits.longest_hours),
            extensions=limits.extensions,
            holds=limits.holds,
            slots=limits.slots,
        )

    @property
    def reservation(self) -> timedelta:
        """How long a reservation is held."""
        return timedelta(hours=self.reservation_hours)

    @property
    def decision(self) -> timedelta:
        """How long positions are held for a decision of the media owner."""
        return timedelta(hours=self.decision_hours)

    def find_discount_limit(self, roles: frozenset[Role]) -> int:
        """The largest discount that one of the roles may give, in basis points."""
        limits = {
            Role.SALES: self.discounts.sales,
            Role.FINANCE: self.discounts.finance,
            Role.ADMIN: self.discounts.admin,
        }
        return max((limits.get(role, 0) for role in roles), default=0)

    def compute_due(self, cost_minor: int, starts_at: datetime, now: datetime) -> int:
        """What is due of hours that start then and are released now."""
        notice = starts_at - now
        for step in self.cancellation:
            if notice >= timedelta(days=step.notice_days):
                return divide_half_up(cost_minor * step.percent_due, PERCENT)
        return cost_minor  # they have begun


@cache
def load_booking_policy(path: Path = SAMPLE) -> BookingPolicy:
    """Read a booking file, once in a process; raises DocumentError."""
    return read_document(path, BookingPolicy)
