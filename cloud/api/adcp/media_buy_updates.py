"""`update_media_buy`: pause, resume, cancel, change budgets and creatives, add packages.

Dates and hours of a package are what its price was locked for: they do not change. A package with
other hours is added, and the former one canceled.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from cloud.api.adcp.account_references import resolve_account
from cloud.api.adcp.arguments import PackageUpdate, UpdateMediaBuyArguments
from cloud.api.adcp.errors import AdcpError
from cloud.api.adcp.media_buy_documents import (
    MediaBuy,
    describe_packages,
    has_ended,
    read_media_buys,
)
from cloud.api.adcp.media_buys import add_packages
from cloud.api.adcp.package_orders import at_field, read_assignments, read_budget
from cloud.api.adcp.tool_call import ToolCall
from cloud.api.adcp.unsupported import CHANGE_FIELDS, UPDATE_FIELDS, refuse_fields
from cloud.app.orders.line_creatives import require_usable_creatives
from cloud.booking.adcp.media_buy_status import LIVE, VALID_ACTIONS
from cloud.booking.adcp.package_comparison import BUDGET
from cloud.booking.adcp.package_store import change_budget, unknown_package
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.assignments import assign_creatives
from cloud.booking.orders.due_changes import apply_due_changes_of
from cloud.booking.orders.lifecycle import cancel_lines, pause_lines, resume_lines
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_rows import find_order, unknown_order
from cloud.booking.orders.order_work import OrderWork
from cloud.money import written

NO_REASON: Final = "canceled by the buyer"
MAX_REASON: Final = 200


def update_media_buy(
    call: ToolCall, asked: UpdateMediaBuyArguments, connection: Connection
) -> dict[str, Any]:
    """Change a media buy; either all of the request is applied, or nothing."""
    refuse_fields(call.sent, CHANGE_FIELDS)
    with at_field("account"):
        account = resolve_account(connection, call, asked.account)
    with at_field("media_buy_id"):
        order = find_order(connection, asked.media_buy_id, frozenset({account.id}))
        work = call.open_work(connection)
        apply_due_changes_of(work, order.id)
        buy = _read(connection, work, order.id)
    _check(buy, asked)
    changed = _apply(call, work, buy, asked)
    after = _read(connection, work, order.id)
    return {
        "media_buy_id": order.id,
        "status": after.status,
        "revision": after.revision,
        "implementation_date": work.now,
        "affected_packages": describe_packages(after, changed),
        "valid_actions": list(VALID_ACTIONS.get(after.status, ())),
    }


def _read(connection: Connection, work: OrderWork, order_id: str) -> MediaBuy:
    found = read_media_buys(connection, [work.lock_order(order_id)])
    if not found:
        raise unknown_order(order_id)
    return found[0]


def _check(buy: MediaBuy, asked: UpdateMediaBuyArguments) -> None:
    if asked.revision is not None and asked.revision != buy.revision:
        raise AdcpError(
            "CONFLICT", f"the media buy has revision {buy.revision}", field="revision",
            suggestion="read it again with get_media_buys", recovery="transient", retry_after=1,
        )  # fmt: skip
    for number, one in enumerate(asked.packages):
        if one.package_id not in buy.lines_of_packages:
            with at_field(f"packages[{number}].package_id"):
                raise unknown_package(one.package_id)
    if asked.canceled and has_ended(buy):
        raise AdcpError(
            "NOT_CANCELLABLE", f"the media buy is {buy.status} already", field="canceled"
        )
    if has_ended(buy):
        raise AdcpError(
            "INVALID_STATE", f"the media buy is {buy.status}: it does not change any more",
            suggestion="create another media buy",
        )  # fmt: skip


def _apply(
    call: ToolCall, work: OrderWork, buy: MediaBuy, asked: UpdateMediaBuyArguments
) -> set[str]:
    """Apply the request; returns the ids of the packages that changed."""
    changed: set[str] = set()
    if asked.canceled:
        reason = (asked.cancellation_reason or NO_REASON)[:MAX_REASON]
        changed |= _cancel(work, buy, buy.lines, reason)
    if asked.paused is not None:
        changed |= _pause(work, buy, buy.lines, paused=asked.paused, field="paused")
    for number, one in enumerate(asked.packages):
        sent = call.sent["packages"][number]
        changed |= _apply_to_package(work, buy, one, sent, f"packages[{number}]")
    if asked.new_packages:
        starts_at = max(work.now, min(line.starts_at for line in buy.lines))
        flight = (starts_at, max(line.ends_at for line in buy.lines))
        changed |= {
            *add_packages(call, work, buy.order, asked.new_packages, "new_packages", flight)
        }
    return changed


def _apply_to_package(
    work: OrderWork, buy: MediaBuy, asked: PackageUpdate, sent: dict[str, Any], where: str
) -> set[str]:
    refuse_fields(sent, UPDATE_FIELDS, f"{where}.")
    lines = buy.lines_of_packages[asked.package_id]
    live = [line for line in lines if line.booking_status in LIVE]
    if not live:
        code = "NOT_CANCELLABLE" if asked.canceled else "INVALID_STATE"
        raise AdcpError(code, "the package has ended", field=f"{where}.package_id")
    if asked.canceled:
        reason = (asked.cancellation_reason or NO_REASON)[:MAX_REASON]
        return _cancel(work, buy, lines, reason)
    if asked.budget is not None:
        _change_budget(work, buy, lines, asked.budget, f"{where}.budget")
    if asked.creative_assignments is not None:
        with at_field(f"{where}.creative_assignments"):
            names = read_assignments(asked.creative_assignments, where)
            for line in live:
                assign_creatives(work, buy.order.id, line.line_id, names)
            require_usable_creatives(work, buy.order.id)
    if asked.paused is not None:
        current = [one for one in work.choose_lines(buy.order) if one.quote_id == asked.package_id]
        _pause(work, buy, current, paused=asked.paused, field=f"{where}.paused")
    return {asked.package_id}


def _cancel(work: OrderWork, buy: MediaBuy, lines: Sequence[BookedLine], reason: str) -> set[str]:
    waiting = [line for line in lines if line.booking_status in LIVE]
    cancel_lines(work, buy.order, waiting, reason)
    return {line.quote_id for line in waiting}


def _pause(
    work: OrderWork, buy: MediaBuy, lines: Sequence[BookedLine], *, paused: bool, field: str
) -> set[str]:
    """Pause what is in flight, or resume what is paused; nothing where it is so already."""
    wanted = BookingStatus.IN_FLIGHT if paused else BookingStatus.PAUSED
    change: Callable[..., Any] = pause_lines if paused else resume_lines
    chosen = [line for line in lines if line.booking_status is wanted]
    is_so = any(line.booking_status is BookingStatus.PAUSED for line in lines)
    if paused and not chosen and not is_so:
        raise AdcpError(
            "INVALID_STATE", "nothing is in flight that could be paused", field=field,
            suggestion="cancel it, or pause it once it is active",
        )  # fmt: skip
    if chosen:
        change(work, buy.order, chosen)
    return {line.quote_id for line in chosen}


def _change_budget(
    work: OrderWork, buy: MediaBuy, lines: Sequence[BookedLine], budget: float, field: str
) -> None:
    currency = buy.order.currency
    budget_minor, cost_minor = read_budget(budget, currency), sum(one.cost_minor for one in lines)
    if budget_minor < cost_minor:
        price = f"{written(cost_minor, currency)} {currency}"
        raise AdcpError(
            "BUDGET_TOO_LOW", f"the hours of the package cost {price}", field=field,
            suggestion="cancel the package, and add a smaller one in new_packages",
        )  # fmt: skip
    change_budget(work.connection, lines[0].quote_id, budget_minor)
    work.record(BUDGET, buy.order.id, package=lines[0].quote_id, budget_minor=budget_minor)
