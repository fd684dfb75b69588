"""Check the creatives of the lines of an order: only approved ones are shown."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import partial
from typing import Final

from sqlalchemy import Connection

from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.assignments import ENDED
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_work import FindReady, OrderWork
from cloud.campaigns.creative_checks import (
    CreativeRefusedError,
    find_approved_lines,
    require_all_usable,
)
from cloud.sites.sites import Sites

STARTED: Final = frozenset({BookingStatus.IN_FLIGHT, BookingStatus.PAUSED})
"""States of lines that nothing stops from being shown when their creatives change."""


def require_usable_creatives(work: OrderWork, order_id: str) -> None:
    """Raise CreativeRefusedError where a line has a creative that its screen may not show.

    A creative that is pending may be assigned before the line is in flight: the line starts when it
    is approved.
    """
    order = work.lock_order(order_id)
    lines = work.choose_lines(order)
    wanted: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.creatives and line.booking_status not in ENDED:
            wanted[line.location].update(line.creatives)
    require_all_usable(work.connection, work.sites, order.account, wanted)
    _require_approved_in_flight(work, lines)


def ready_finder(sites: Sites) -> FindReady:
    """A function that finds the lines all of whose creatives are approved."""
    return partial(_find_ready, sites)


def _find_ready(
    sites: Sites, connection: Connection, lines: Sequence[BookedLine]
) -> Collection[str]:
    return find_approved_lines(connection, sites, lines)


def _require_approved_in_flight(work: OrderWork, lines: Sequence[BookedLine]) -> None:
    shown = [line for line in lines if line.creatives and line.booking_status in STARTED]
    approved = find_approved_lines(work.connection, work.sites, shown)
    waiting = [line for line in shown if line.line_id not in approved]
    if waiting:
        raise CreativeRefusedError(
            f"line {waiting[0].line_id} is in flight: assign its creatives once they are approved"
        )
