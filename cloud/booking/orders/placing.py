"""Place an order, add lines from a locked quote, and remove drafts.

Prices come from the locked quote, never from the request. A quote is of one account; it can be used
once, while it is valid.
"""

import secrets
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Final

from cloud.auth.accounts.account_store import require_account, unknown_account
from cloud.auth.accounts.brand_store import read_brand, unknown_brand
from cloud.booking.holds import (
    BookingHoldState,
    end_hold,
    lock_limits,
    refuse_too_many_slots,
    require_held,
)
from cloud.booking.orders.lifecycle import choose_reservation
from cloud.booking.orders.order import (
    BASIS_POINTS,
    Approval,
    BookedLine,
    LineSlot,
    Order,
    flight_of,
)
from cloud.booking.orders.order_rows import (
    delete_line,
    insert_order,
    read_lines_by_id,
    unknown_order,
    update_order,
)
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.quote_locks import LockedQuote, read_quote, use_quote
from cloud.booking.transfers import divide
from cloud.booking.transitions import LineAction
from cloud.booking.version_digest import ADD_ACTION, REMOVE_ACTION

MAX_LINES: Final = 2_000
CREATE: Final = "order.create"


class OrderRefused(ValueError):  # noqa: N818 - reads as what happened
    """An order or a line that cannot be stored; the message says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is asked for."""

    account: str
    name: str
    brand: str | None = None
    purchase_order: str | None = None
    budget_minor: int | None = None


def place_order(work: OrderWork, new: NewOrder) -> Order:
    """Store an order without lines.

    Raises:
        UnknownAccountError, UnknownBrandError: the actor does not see such an account or brand.
        OrderRefused: the account is closed.
    """
    _require_visible(work, new.account)
    account = require_account(work.connection, new.account)
    if not account.is_open:
        raise OrderRefused(f"account {account.id} is closed: it cannot order")
    brand = read_brand(work.connection, new.brand) if new.brand else None
    if new.brand and (brand is None or brand.account != account.id):
        raise unknown_brand(new.brand)
    agency = require_account(work.connection, account.agency) if account.agency else None
    order = Order(
        id=secrets.token_hex(16),
        account=account.id,
        agency=account.agency,
        brand=new.brand,
        advertiser=brand.name if brand else account.name,
        name=new.name,
        purchase_order=new.purchase_order,
        currency=account.currency,
        budget_minor=new.budget_minor,
        commission_bp=agency.commission_bp if agency else 0,
        created_by=work.actor.name,
        created_at=work.now,
        changed_at=work.now,
    )
    insert_order(work.connection, order)
    work.record(
        CREATE, order.id, account=order.account, name=order.name, agency=order.agency,
        brand=order.brand, currency=order.currency, commission_bp=order.commission_bp,
    )  # fmt: skip
    return order


def add_lines(
    work: OrderWork,
    order_id: str,
    quote: LockedQuote,
    *,
    creatives: tuple[str, ...] = (),
    make_good_of: str | None = None,
) -> tuple[BookedLine, ...]:
    """Add a draft for each screen and number of positions of a quote.

    A make-good costs nothing and names a line of the same account; only staff may add it.

    Raises:
        UnknownOrderError: the actor does not see the order, or the line of `make_good_of`.
        QuoteExpiredError, QuoteUsedError: the quote is no longer valid, or was used before.
        OrderRefused: the quote has another account or currency, or there are too many lines.
    """
    order = work.lock_order(order_id)
    use_quote(work.connection, quote, order.id, work.now)
    if make_good_of is not None:
        _check_make_good(work, order, make_good_of)
    lines = _draft_lines(work, order, quote, creatives, make_good_of)
    renew_approval(work, order)
    work.store_lines(order, lines, ADD_ACTION, quote=quote.id)
    return lines


def add_held_lines(
    work: OrderWork, order_id: str, hold_id: str, *, creatives: tuple[str, ...] = ()
) -> tuple[BookedLine, ...]:
    """Add the lines of a hold, reserved until the hold would end, at the prices of its quote.

    Raises:
        UnknownOrderError, UnknownHold: the actor does not see the order or the hold.
        HoldEndedError: the hold has expired, or was booked or released.
        HoldLimitError: as `reserve_lines`.
        OrderRefused: the hold has no quote, or as `add_lines`.
    """
    order = work.lock_order(order_id)
    if not work.actor.is_staff:
        lock_limits(work.connection, order.account)
    hold = require_held(work.connection, hold_id, frozenset({order.account}), work.now)
    if hold.quote is None:
        raise OrderRefused(f"hold {hold.id} has no quote: hold the slots of a quote")
    quote = read_quote(work.connection, hold.quote, frozenset({order.account}))
    drafts = _draft_lines(work, order, quote, creatives, None)
    parts = {line.line_id: line.demand for line in drafts}
    divide(work.connection, work.sites, hold.id, parts, until=hold.expires_at, now=work.now)
    if not work.actor.is_staff:
        refuse_too_many_slots(work.connection, order.account, work.now, work.policy.hold_policy)
    end_hold(work.connection, hold, BookingHoldState.BOOKED, work.now)
    lines = tuple(
        work.move(line, choose_reservation(work, line), expires_at=hold.expires_at)
        for line in drafts
    )
    renew_approval(work, order)
    work.store_lines(order, lines, ADD_ACTION, hold=hold.id, quote=quote.id)
    return lines


def remove_line(work: OrderWork, order_id: str, line_id: str) -> None:
    """Remove a draft; raises TransitionError for a line in another state."""
    order = work.lock_order(order_id)
    (line,) = work.choose_lines(order, [line_id])
    moved = work.move(line, LineAction.EDIT)
    work.store_lines(order, [replace(moved, slots=())], REMOVE_ACTION, line=line_id)
    delete_line(work.connection, line_id)


def renew_approval(work: OrderWork, order: Order) -> None:
    """An approval is for the lines that there were: ask again for an order that changes."""
    if order.approval in (Approval.APPROVED, Approval.DECLINED):
        update_order(
            work.connection,
            replace(order, approval=Approval.REQUIRED, approval_by=None, approval_at=None,
                    changed_at=work.now),
        )  # fmt: skip


def check_quote(order: Order, quote: LockedQuote) -> None:
    """Raise OrderRefused for a quote of another account or currency."""
    if quote.account != order.account:
        raise OrderRefused(
            f"quote {quote.id} is not for account {order.account}, whose order this is: ask for a "
            "quote for that account"
        )
    if quote.currency != order.currency:
        raise OrderRefused(
            f"quote {quote.id} is in {quote.currency}, the order in {order.currency}: "
            "place an order for each currency"
        )


def _check_make_good(work: OrderWork, order: Order, line_id: str) -> None:
    work.require_staff("a make-good")
    found = read_lines_by_id(work.connection, [line_id])
    owner = work.lock_order(found[0].order_id) if found else None
    if owner is None or owner.account != order.account:
        raise unknown_order(line_id)


def _require_visible(work: OrderWork, account: str) -> None:
    if work.actor.accounts is not None and account not in work.actor.accounts:
        raise unknown_account(account)


def _draft_lines(
    work: OrderWork,
    order: Order,
    quote: LockedQuote,
    creatives: tuple[str, ...],
    make_good_of: str | None,
) -> tuple[BookedLine, ...]:
    check_quote(order, quote)
    groups: dict[tuple[str, int], list[LineSlot]] = defaultdict(list)
    for slot in quote.slots:
        quoted = LineSlot(slot.starts_at_s, slot.price_minor)
        groups[slot.location, slot.positions].append(quoted)
    if len(groups) + len(work.choose_lines(order)) > MAX_LINES:
        raise OrderRefused(f"an order has at most {MAX_LINES} lines: place another order")
    return tuple(
        BookedLine(
            line_id=secrets.token_hex(16),
            order_id=order.id,
            delivery=quote.delivery,
            location=location,
            positions=positions,
            slots=tuple(sorted(slots)),
            currency=quote.currency,
            discount_bp=BASIS_POINTS if make_good_of else order.discount_bp,
            quote_id=quote.id,
            quote_ends_at=quote.valid_until,
            starts_at=flight_of(slots)[0],
            ends_at=flight_of(slots)[1],
            creatives=creatives,
            make_good_of=make_good_of,
            changed_by=work.actor.name,
            changed_at=work.now,
        )
        for (location, positions), slots in sorted(groups.items())
    )
