"""Changes of lines that are booked or in flight: asked for by the buyer, decided by staff.

A change may shorten the flight and set another number of positions, for hours after the notice of
the policy. What the policy demands for released hours stays due. Positions that it adds have the
price of a quote that was locked for them when the change was asked for, and the present discount of
the order; at another price than that of the line, or where the line is paid by a limited number of
impressions, they are a line of their own. Hours are added as new lines, from a quote.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from cloud.booking.capacity import keep
from cloud.booking.orders.change_store import (
    ChangeRequest,
    ChangeStatus,
    LineChange,
    find_change,
    insert_change,
    store_decision,
)
from cloud.booking.orders.credit import require_credit
from cloud.booking.orders.lifecycle import take_positions
from cloud.booking.orders.order import BookedLine, LineSlot, Order, flight_of
from cloud.booking.orders.order_work import NotAllowedError, OrderWork, is_same_person
from cloud.booking.orders.placing import OrderRefused, check_quote
from cloud.booking.quote_locks import LockedQuote, read_quote, use_quote
from cloud.booking.sale_limits import first_open_s
from cloud.booking.slots import HOUR_S, DeliveryType, SlotDemand
from cloud.booking.transitions import LineAction
from cloud.booking.version_digest import LINE_ACTIONS
from cloud.database import EPOCH
from cloud.database.billing import cpm_contracts


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """What a change leaves of a line, and the positions that it adds; None: none.

    `is_limited`: the line is paid by impressions up to a number of them, which is not for more.
    """

    line: BookedLine
    added: BookedLine | None = None
    is_limited: bool = False

    @property
    def lines(self) -> tuple[BookedLine, ...]:
        """One line where the added positions have its prices and no limit, otherwise two."""
        if self.added is None:
            return (self.line,)
        priced = (self.line.slots, self.line.discount_bp)
        if self.is_limited or (self.added.slots, self.added.discount_bp) != priced:
            return self.line, self.added
        return (replace(self.line, positions=self.line.positions + self.added.positions),)

    @property
    def cost_minor(self) -> int:
        """The price of all lines, with what is due for released hours."""
        return sum(line.cost_minor + line.cancellation_minor for line in self.lines)


def request_change(
    work: OrderWork,
    order_id: str,
    line_id: str,
    change: LineChange,
    reason: str,
    quote: LockedQuote | None = None,
) -> ChangeRequest:
    """Store a request; the line waits in ChangePending.

    Raises:
        TransitionError: the line is neither booked nor in flight.
        OrderRefused: the change is none, too late, or would leave no hour; or the quote is not of
            the positions that it adds.
        QuoteExpiredError, QuoteUsedError: the quote cannot be used.
    """
    order = work.lock_order(order_id)
    (line,) = work.choose_lines(order, [line_id])
    pending = work.move(line, LineAction.REQUEST_CHANGE, reason=reason)
    changed = compute_change(work, order, line, change, quote)
    request = ChangeRequest(
        id=secrets.token_hex(16),
        order_id=order.id,
        line_id=line.line_id,
        status=ChangeStatus.PENDING,
        change=change,
        reason=reason,
        cost_before_minor=line.cost_minor + line.cancellation_minor,
        cost_after_minor=changed.cost_minor,
        requested_by=work.actor.name,
        requested_at=work.now,
        quote=quote.id if quote else None,
    )
    if quote is not None:
        use_quote(work.connection, quote, request.id, work.now)
    insert_change(work.connection, request)
    work.store_lines(
        order, [pending], LINE_ACTIONS[LineAction.REQUEST_CHANGE], change=request.id, reason=reason
    )
    return request


def decide_change(
    work: OrderWork, change_id: str, status: ChangeStatus, reason: str
) -> ChangeRequest:
    """Approve or reject a request; the line is booked again, changed or as it was.

    Raises:
        UnknownChangeError: there is no such request.
        NotAllowedError: the actor is a buyer, or asked for the change; or it adds positions at a
            discount that the role of the actor may not give.
        OrderRefused: the request is decided already, or `status` is no decision; or the price of
            the positions that it adds has not been decided about in time.
        NotAvailableError, CreditLimitError: more positions are asked for than there are.
    """
    found = find_change(work.connection, change_id)
    order = work.lock_order(found.order_id)
    request = find_change(work.connection, change_id)
    work.require_staff("a decision")
    if is_same_person(work.actor.name, request.requested_by):
        raise NotAllowedError("you asked for this change: another person must decide")
    if request.status is not ChangeStatus.PENDING or status is ChangeStatus.PENDING:
        raise OrderRefused(f"the change is {request.status}: only a pending one can be decided")
    (line,) = work.choose_lines(order, [request.line_id])
    moved: tuple[BookedLine, ...] = (work.move(line, LineAction.END_CHANGE),)
    if status is ChangeStatus.APPROVED:
        moved = _approve(work, order, moved[0], request)
    decided = replace(
        request,
        status=status,
        cost_after_minor=sum(one.cost_minor + one.cancellation_minor for one in moved),
        decided_by=work.actor.name,
        decided_at=work.now,
        decision_reason=reason,
    )
    store_decision(work.connection, decided)
    work.store_lines(
        order, moved, LINE_ACTIONS[LineAction.END_CHANGE], change=request.id, status=status,
        reason=reason,
    )  # fmt: skip
    return decided


def compute_change(
    work: OrderWork,
    order: Order,
    line: BookedLine,
    change: LineChange,
    quote: LockedQuote | None = None,
) -> ChangedLine:
    """The line after the change, with what is due for the hours that it releases.

    Raises OrderRefused.
    """
    positions = change.positions or line.positions
    if positions != line.positions and line.delivery is DeliveryType.EXCLUSIVE:
        raise OrderRefused("an exclusive line has the whole loop: change its hours only")
    kept = _keep_slots(line, change)
    if not kept or (len(kept) == len(line.slots) and positions == line.positions):
        raise OrderRefused(
            f"the change would leave {len(kept)} of {len(line.slots)} hours and {positions} "
            f"positions: leave at least one hour, and change something (cancel a whole line)"
        )
    first_at = _first_changed_at(line, kept, positions)
    least = work.now + timedelta(days=work.policy.change_notice_days)
    if first_at < least:
        raise OrderRefused(
            f"the change begins at {first_at:%Y-%m-%dT%H:%MZ}: it must begin at "
            f"{least:%Y-%m-%dT%H:%MZ} or later"
        )
    start, end = flight_of(kept)
    held = min(positions, line.positions)
    changed = replace(line, slots=kept, positions=held, starts_at=start, ends_at=end)
    released = line.cost_minor - changed.cost_minor
    due = work.policy.compute_due(released, first_at, work.now)
    changed = replace(changed, cancellation_minor=line.cancellation_minor + due)
    added = _add_positions(work, order, changed, positions - held, quote)
    return ChangedLine(changed, added, _has_impression_limit(work, line))


def list_added(line: BookedLine, change: LineChange) -> list[SlotDemand]:
    """The positions that a change adds to a line, as a quote for them has them."""
    more = (change.positions or line.positions) - line.positions
    if more <= 0:
        return []
    return [SlotDemand(line.location, one.starts_at_s, more) for one in _keep_slots(line, change)]


def _add_positions(
    work: OrderWork, order: Order, line: BookedLine, more: int, quote: LockedQuote | None
) -> BookedLine | None:
    """The added positions, at the prices of their quote and the present discount."""
    if more <= 0:
        if quote is not None:
            raise OrderRefused("the change adds no positions: send no `quote`")
        return None
    wanted = {(one.starts_at_s, more) for one in line.slots}
    if quote is None or {(one.starts_at_s, one.positions) for one in quote.slots} != wanted:
        raise OrderRefused(
            f"the change adds {more} positions in {len(wanted)} hours: send the `quote` of exactly "
            "these, POST /api/quotes gives it"
        )
    check_quote(order, quote)
    if {one.location for one in quote.slots} != {line.location} or quote.delivery != line.delivery:
        raise OrderRefused(f"quote {quote.id} is not for {line.delivery} hours of {line.location}")
    slots = tuple(sorted(LineSlot(one.starts_at_s, one.price_minor) for one in quote.slots))
    return replace(
        line,
        line_id=secrets.token_hex(16),
        positions=more,
        slots=slots,
        discount_bp=order.discount_bp,
        quote_id=quote.id,
        quote_ends_at=quote.valid_until,
        cancellation_minor=0,
        make_good_of=None,
    )


def _approve(
    work: OrderWork, order: Order, line: BookedLine, request: ChangeRequest
) -> tuple[BookedLine, ...]:
    """Give back what the changed line lacks, and take what it has more."""
    quote = read_quote(work.connection, request.quote) if request.quote else None
    changed = compute_change(work, order, line, request.change, quote)
    lines = changed.lines
    if changed.added is not None:
        _require_decider(work, order, request)
    require_credit(work, order, lines)
    is_exclusive = line.delivery is DeliveryType.EXCLUSIVE
    positions = HOUR_S if is_exclusive else changed.line.positions
    kept = [SlotDemand(line.location, one.starts_at_s, positions) for one in changed.line.slots]
    keep(work.connection, line.line_id, kept, first_open_s(work.now))
    if changed.added is not None:
        line_id = lines[-1].line_id
        take_positions(work, order, replace(changed.added, line_id=line_id), None)
    return lines


def _require_decider(work: OrderWork, order: Order, request: ChangeRequest) -> None:
    """Raise where the actor may not sell more at the discount, or at that price any more."""
    limit = work.policy.find_discount_limit(work.actor.roles)
    if order.discount_bp > limit:
        raise NotAllowedError(
            f"the added positions have a discount of {order.discount_bp} basis points, which is "
            f"above your limit of {limit}: finance or an administrator must decide"
        )
    ends_at = request.requested_at + work.policy.decision
    if work.now >= ends_at:
        raise OrderRefused(
            f"the price of the added positions was to be decided about until "
            f"{ends_at:%Y-%m-%dT%H:%MZ}: reject the change, and ask again with a new quote"
        )


def _has_impression_limit(work: OrderWork, line: BookedLine) -> bool:
    columns = cpm_contracts.c
    wanted = select(columns.most_impressions).where(columns.line_id == line.line_id)
    return work.connection.execute(wanted).scalar() is not None


def _keep_slots(line: BookedLine, change: LineChange) -> tuple[LineSlot, ...]:
    starts_at, ends_at = change.starts_at or line.starts_at, change.ends_at or line.ends_at
    return tuple(one for one in line.slots if starts_at <= _starts_at(one) < ends_at)


def _first_changed_at(line: BookedLine, kept: Sequence[LineSlot], positions: int) -> datetime:
    """The first hour that differs: of all, where the positions change."""
    if positions != line.positions:
        return line.starts_at
    left = {one.starts_at_s for one in kept}
    return min(_starts_at(one) for one in line.slots if one.starts_at_s not in left)


def _starts_at(slot: LineSlot) -> datetime:
    return EPOCH + timedelta(seconds=slot.starts_at_s)
