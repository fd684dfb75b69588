"""Free lines that make good an earlier line: only those that finance has approved, once."""

from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_rows import read_unended_make_goods
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.placing import OrderRefused, add_lines
from cloud.booking.quote_locks import LockedQuote
from cloud.campaigns.make_good_store import Remedy, find_approved, settle_make_good


def add_make_good_lines(
    work: OrderWork,
    order_id: str,
    quote: LockedQuote,
    *,
    creatives: tuple[str, ...],
    make_good_of: str,
) -> tuple[BookedLine, ...]:
    """Add free lines in place of what a line is short of, and settle its make-good with them.

    When these lines are removed, declined or cancelled, others may take their place.

    Raises:
        OrderRefused: finance has not approved new lines for that line, or they exist already; or as
            `add_lines`.
    """
    lines = add_lines(work, order_id, quote, creatives=creatives, make_good_of=make_good_of)
    approved = find_approved(work.connection, make_good_of, Remedy.LINE)
    if approved is None:
        raise OrderRefused(
            f"line {make_good_of} has no approved make-good by a new line: propose one, and have "
            "finance approve it"
        )
    added = {line.line_id for line in lines}
    others = read_unended_make_goods(work.connection, make_good_of) - added
    if others:
        raise OrderRefused(f"line {make_good_of} is made good already by {', '.join(others)}")
    if approved.settled_at is None:
        settle_make_good(
            work.connection, approved.id, lines[0].line_id, by=work.actor.name, now=work.now
        )
    return lines
