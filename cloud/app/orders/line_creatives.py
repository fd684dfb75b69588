"""Check the creatives of the lines of an order: only approved ones are shown."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import partial

from sqlalchemy import Connection

from cloud.booking.orders.assignments import ENDED
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_work import FindReady, OrderWork
from cloud.campaigns.creative_checks import find_approved_lines, require_all_usable
from cloud.sites.sites import Sites


def require_usable_creatives(work: OrderWork, order_id: str) -> None:
    """Raise CreativeRefusedError where a line has a creative that its screen may not show.

    A creative that is pending may be assigned: the line is not in flight before it is approved.
    """
    order = work.lock_order(order_id)
    wanted: dict[str, set[str]] = defaultdict(set)
    for line in work.choose_lines(order):
        if line.creatives and line.booking_status not in ENDED:
            wanted[line.location].update(line.creatives)
    require_all_usable(work.connection, work.sites, order.account, wanted)


def ready_finder(sites: Sites) -> FindReady:
    """A function that finds the lines all of whose creatives are approved."""
    return partial(_find_ready, sites)


def _find_ready(
    sites: Sites, connection: Connection, lines: Sequence[BookedLine]
) -> Collection[str]:
    return find_approved_lines(connection, sites, lines)
