"""Describe orders, lines and changes for a caller; the names of people are for staff."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from cloud.api.orders.models import (
    ChangeResponse,
    OrderDetail,
    OrderLineResponse,
    OrderOverview,
    OrderSummary,
    PricedRun,
)
from cloud.booking.order_line import group_slots
from cloud.booking.orders.change_store import ChangeRequest
from cloud.booking.orders.credit import due_of
from cloud.booking.orders.due_changes import find_due_action
from cloud.booking.orders.order import BookedLine, Order, compute_commission
from cloud.booking.orders.order_rows import find_order, read_lines
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.transitions import BUYER_ACTIONS, TRANSITIONS, LineAction, list_actions
from cloud.database import EPOCH

INNER_ACTIONS: Final = frozenset({LineAction.REQUEST_BOOKING, LineAction.REQUEST_RESERVATION})
SAME_LINE_FIELDS: Final = (
    "delivery", "location", "starts_at", "ends_at", "positions", "cost_minor",
    "cancellation_minor", "discount_bp", "expires_at", "reason", "make_good_of",
)  # fmt: skip
SAME_CHANGE_FIELDS: Final = (
    "id", "status", "quote", "reason", "cost_before_minor", "cost_after_minor", "requested_at",
    "decided_at", "decision_reason",
)  # fmt: skip


def read_order_detail(work: OrderWork, order_id: str) -> OrderDetail:
    """An order that the actor sees, with its lines as they are by now."""
    order = find_order(work.connection, order_id, work.actor.accounts)
    lines = read_lines(work.connection, [order.id])
    ready = work.find_ready(work.connection, lines)
    present = [show_present_state(line, work, ready) for line in lines]
    return describe_order(order, present, is_staff=work.actor.is_staff)


def show_present_state(line: BookedLine, work: OrderWork, ready: Collection[str]) -> BookedLine:
    """The line in the state that it has by now, also where that is not stored yet."""
    while (action := find_due_action(line, work, is_ready=line.line_id in ready)) is not None:
        line = replace(line, booking_status=TRANSITIONS[action][line.booking_status])
    return line


def describe_order(order: Order, lines: Sequence[BookedLine], *, is_staff: bool) -> OrderDetail:
    """An order with its lines and totals."""
    gross = sum(map(due_of, lines))
    commission = compute_commission(gross, order.commission_bp)
    return OrderDetail(
        **summarise_order(order, is_staff=is_staff).model_dump(),
        gross_minor=gross,
        commission_minor=commission,
        net_minor=gross - commission,
        lines=[describe_line(line) for line in lines],
    )


def read_overviews(work: OrderWork, orders: Sequence[Order]) -> list[OrderOverview]:
    """Orders for a list, with their lines as they are by now."""
    grouped = read_present_lines(work, orders)
    is_staff = work.actor.is_staff
    return [_describe_overview(one, grouped[one.id], is_staff=is_staff) for one in orders]


def read_present_lines(
    work: OrderWork, orders: Sequence[Order]
) -> Mapping[str, Sequence[BookedLine]]:
    """The lines of each order, in the states that they have by now."""
    lines = read_lines(work.connection, [order.id for order in orders])
    ready = work.find_ready(work.connection, lines)
    grouped: dict[str, list[BookedLine]] = {order.id: [] for order in orders}
    for line in lines:
        grouped[line.order_id].append(show_present_state(line, work, ready))
    return grouped


def _describe_overview(
    order: Order, lines: Sequence[BookedLine], *, is_staff: bool
) -> OrderOverview:
    gross = sum(map(due_of, lines))
    return OrderOverview(
        **summarise_order(order, is_staff=is_staff).model_dump(),
        statuses=Counter(line.booking_status for line in lines),
        starts_at=min((line.starts_at for line in lines), default=None),
        ends_at=max((line.ends_at for line in lines), default=None),
        net_minor=gross - compute_commission(gross, order.commission_bp),
    )


def summarise_order(order: Order, *, is_staff: bool) -> OrderSummary:
    """An order without its lines."""
    names = ("created_by", "discount_by", "approval_by")
    fields = {name: getattr(order, name) for name in OrderSummary.model_fields if name not in names}
    people: dict[str, Any] = {name: getattr(order, name) if is_staff else None for name in names}
    return OrderSummary(**fields, **people)


def describe_line(line: BookedLine) -> OrderLineResponse:
    """One line."""
    prices = dict(line.prices)
    runs = group_slots(sorted(prices), (), line.positions, prices)
    actions = [one for one in list_actions(line.booking_status) if one in BUYER_ACTIONS]
    return OrderLineResponse(
        **{name: getattr(line, name) for name in SAME_LINE_FIELDS},
        id=line.line_id,
        status=line.booking_status,
        hours=[
            PricedRun(
                starts_at=_instant(run.starts_at), hours=run.hours, price_minor=run.price_or(0)
            )
            for run in runs
        ],
        quote=line.quote_id,
        creatives=list(line.creatives),
        actions=[one.value for one in actions if one not in INNER_ACTIONS],
    )


def describe_change(change: ChangeRequest) -> ChangeResponse:
    """One change request."""
    return ChangeResponse(
        **{name: getattr(change, name) for name in SAME_CHANGE_FIELDS},
        line=change.line_id,
        starts_at=change.change.starts_at,
        ends_at=change.change.ends_at,
        positions=change.change.positions,
    )


def _instant(second: int) -> datetime:
    return EPOCH + timedelta(seconds=second)
