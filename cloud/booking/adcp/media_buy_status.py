"""The status of a media buy and of its packages, from the states of order lines.

A pure mapping. Lines that are not confirmed (drafts, reservations, lines that wait for a decision)
are no media buy yet.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final

from cloud.booking.order_line import BookingStatus as Status
from cloud.booking.orders.order import BookedLine


class MediaBuyStatus(StrEnum):
    """AdCP's status of a media buy."""

    PENDING_CREATIVES = "pending_creatives"
    PENDING_START = "pending_start"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELED = "canceled"


UNCONFIRMED: Final = frozenset(
    {Status.DRAFT, Status.PENDING_RESERVATION, Status.RESERVED, Status.PENDING_BOOKING}
)
CANCELED: Final = frozenset({Status.CANCELED, Status.STOPPED, Status.EXPIRED})
LIVE: Final = frozenset({Status.BOOKED, Status.IN_FLIGHT, Status.PAUSED, Status.CHANGE_PENDING})
"""States of lines that are still to be shown."""
ENDED: Final = frozenset(
    {MediaBuyStatus.COMPLETED, MediaBuyStatus.REJECTED, MediaBuyStatus.CANCELED}
)
VALID_ACTIONS: Final[Mapping[MediaBuyStatus, tuple[str, ...]]] = {
    MediaBuyStatus.PENDING_CREATIVES: (
        "cancel", "sync_creatives", "update_budget", "update_packages", "add_packages",
    ),
    MediaBuyStatus.PENDING_START: (
        "cancel", "sync_creatives", "update_budget", "update_packages", "add_packages",
    ),
    MediaBuyStatus.ACTIVE: (
        "pause", "cancel", "sync_creatives", "update_budget", "update_packages", "add_packages",
    ),
    MediaBuyStatus.PAUSED: ("resume", "cancel", "sync_creatives", "update_packages"),
}  # fmt: skip


def confirmed_lines(lines: Collection[BookedLine]) -> tuple[BookedLine, ...]:
    """The lines that make a media buy."""
    return tuple(line for line in lines if line.booking_status not in UNCONFIRMED)


def compute_status(lines: Sequence[BookedLine]) -> MediaBuyStatus | None:
    """The status of lines together; None where none of them is confirmed.

    Lines that were canceled count only where no other line is left.
    """
    states = {line.booking_status for line in lines} - UNCONFIRMED
    if not states:
        return None
    live = states & LIVE
    if not live:
        return _status_of_ended(states)
    if Status.IN_FLIGHT in live:
        return MediaBuyStatus.ACTIVE
    if live == {Status.PAUSED}:
        return MediaBuyStatus.PAUSED
    waiting = [line for line in lines if line.booking_status in LIVE]
    if any(not line.creatives for line in waiting):
        return MediaBuyStatus.PENDING_CREATIVES
    return MediaBuyStatus.PENDING_START


def _status_of_ended(states: Collection[Status]) -> MediaBuyStatus:
    if Status.FINISHED in states:
        return MediaBuyStatus.COMPLETED
    if CANCELED.isdisjoint(states):
        return MediaBuyStatus.REJECTED
    return MediaBuyStatus.CANCELED
