"""Edit drafts: the hours and positions of a line at a new price, and the facts of an order.

Only what is not reserved yet can be edited. An order is edited as long as all its lines are drafts,
since its name is part of every version of them.
"""

from dataclasses import dataclass, replace
from typing import Final

from cloud.auth.accounts.brand_store import read_brand, unknown_brand
from cloud.booking.orders.order import BookedLine, LineSlot, Order, flight_of
from cloud.booking.orders.order_rows import update_order
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.placing import OrderRefused, check_quote, renew_approval
from cloud.booking.quote_locks import LockedQuote, use_quote
from cloud.booking.transitions import LineAction
from cloud.booking.version_digest import LINE_ACTIONS

EDIT_ORDER: Final = "order.edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEdit:
    """New values; None leaves a value as it is."""

    name: str | None = None
    brand: str | None = None
    purchase_order: str | None = None
    budget_minor: int | None = None


def edit_draft(work: OrderWork, order_id: str, line_id: str, quote: LockedQuote) -> BookedLine:
    """Give a draft the hours, positions and prices of a quote for its screen.

    Raises:
        TransitionError: the line is no draft any more.
        QuoteExpiredError, QuoteUsedError: as `add_lines`.
        OrderRefused: the quote is for another screen, delivery, account or currency, or the line
            is free.
    """
    order = work.lock_order(order_id)
    (line,) = work.choose_lines(order, [line_id])
    moved = work.move(line, LineAction.EDIT)
    check_quote(order, quote)
    shapes = {(one.location, one.positions) for one in quote.slots}
    if len(shapes) != 1 or {location for location, _ in shapes} != {line.location}:
        raise OrderRefused(f"the line is of {line.location}: add another line for other screens")
    if quote.delivery is not line.delivery:
        raise OrderRefused(
            f"the line is {line.delivery}, the edit {quote.delivery}: remove the line, add another"
        )
    if line.make_good_of is not None:
        raise OrderRefused("a line that makes good another one is not edited: remove it, add one")
    use_quote(work.connection, quote, order.id, work.now)
    slots = tuple(sorted(LineSlot(one.starts_at_s, one.price_minor) for one in quote.slots))
    starts_at, ends_at = flight_of(slots)
    edited = replace(
        moved, slots=slots, positions=quote.slots[0].positions, starts_at=starts_at,
        ends_at=ends_at, quote_id=quote.id, quote_ends_at=quote.valid_until,
        discount_bp=order.discount_bp,
    )  # fmt: skip
    renew_approval(work, order)
    work.store_lines(order, [edited], LINE_ACTIONS[LineAction.EDIT], quote=quote.id)
    return edited


def edit_order(work: OrderWork, order_id: str, edit: OrderEdit) -> Order:
    """Change the facts of an order whose lines are all drafts.

    Raises:
        TransitionError: a line is no draft any more.
        UnknownBrandError: the account has no such brand.
    """
    order = work.lock_order(order_id)
    lines = [work.move(line, LineAction.EDIT) for line in work.choose_lines(order)]
    values = {
        name: value
        for name in OrderEdit.__slots__
        if (value := getattr(edit, name)) is not None and value != getattr(order, name)
    }
    if not values:
        return order
    edited = replace(order, **values, changed_at=work.now)
    if edit.brand is not None:
        brand = read_brand(work.connection, edit.brand)
        if brand is None or brand.account != order.account:
            raise unknown_brand(edit.brand)
        edited = replace(edited, advertiser=brand.name)
    update_order(work.connection, edited)
    work.store_lines(edited, lines, LINE_ACTIONS[LineAction.EDIT])
    work.record(EDIT_ORDER, order.id, account=order.account, **values)
    return edited
