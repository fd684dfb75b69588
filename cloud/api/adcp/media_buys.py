"""`create_media_buy` and `get_media_buys`.

A media buy is an order; a package is the lines of one product. Creating one books all its hours, or
none: where an hour is sold out the whole request is refused, and names the hours.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from cloud.api.adcp.account_references import choose_accounts, resolve_account
from cloud.api.adcp.arguments import (
    CreateMediaBuyArguments,
    GetMediaBuysArguments,
    Instant,
    PackageRequest,
)
from cloud.api.adcp.errors import AdcpError, invalid_value
from cloud.api.adcp.media_buy_documents import MediaBuy, describe_media_buy, read_media_buys
from cloud.api.adcp.package_orders import PackageOrder, add_package, at_field, read_window
from cloud.api.adcp.tool_call import ToolCall
from cloud.api.adcp.unsupported import BUY_FIELDS, refuse_fields
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.lifecycle import book_lines
from cloud.booking.orders.order import Order
from cloud.booking.orders.order_rows import UnknownOrderError, find_order, list_orders
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.placing import NewOrder, place_order

ASAP: Final = "asap"
HOUR: Final = timedelta(hours=1)
DEFAULT_STATUS: Final = ("active",)


def create_media_buy(
    call: ToolCall, asked: CreateMediaBuyArguments, connection: Connection
) -> dict[str, Any]:
    """Place an order, lock the prices of its packages, and book them."""
    refuse_fields(call.sent, BUY_FIELDS)
    if not asked.packages:
        raise AdcpError(
            "INVALID_REQUEST", "a media buy has at least one package", field="packages",
            suggestion="choose a product with get_products",
        )  # fmt: skip
    with at_field("account"):
        account = resolve_account(connection, call, asked.account)
    work = call.open_work(connection)
    starts_at = _read_start(asked.start_time, work.now)
    name = f"{asked.brand.domain[:80]} {starts_at:%Y-%m-%d}"
    new = NewOrder(account=account.id, name=name, purchase_order=asked.po_number)
    order = place_order(work, new)
    add_packages(call, work, order, asked.packages, "packages", (starts_at, asked.end_time))
    (buy,) = read_media_buys(connection, [order])
    return describe_media_buy(buy)


def add_packages(
    call: ToolCall,
    work: OrderWork,
    order: Order,
    asked: Sequence[PackageRequest],
    field: str,
    flight: tuple[datetime, datetime],
) -> list[str]:
    """Add packages to an order and book them; returns their ids."""
    sent = call.sent[field]
    ids = []
    for number, one in enumerate(asked):
        where = f"{field}[{number}]"
        window = read_window(one, *flight, where)
        ids.append(
            add_package(call, work, order, PackageOrder(one, sent[number], window, where)).id
        )
    drafts = [
        line
        for line in work.choose_lines(order)
        if line.quote_id in ids and line.booking_status is BookingStatus.DRAFT
    ]
    with at_field(field):
        booked = book_lines(work, order, drafts)
    if any(line.booking_status is not BookingStatus.BOOKED for line in booked):
        raise AdcpError(
            "INVALID_STATE", "the order waits for an approval of the media owner",
            suggestion="create a media buy of its own",
        )  # fmt: skip
    return ids


def get_media_buys(call: ToolCall, asked: GetMediaBuysArguments) -> dict[str, Any]:
    """List media buys, the latest first, or those with some ids."""
    first = _read_cursor(asked.pagination.cursor)
    count = asked.pagination.max_results

    def read(connection: Connection) -> tuple[list[MediaBuy], int]:
        accounts = choose_accounts(connection, call, asked.account)
        if asked.media_buy_ids is not None:
            return find_media_buys(connection, asked.media_buy_ids, accounts), 0
        page = list_orders(connection, accounts, offset=first, count=count)
        return read_media_buys(connection, page.orders), page.total

    found, total = call.read(read)
    wanted = choose_statuses(asked.status_filter, is_list=asked.media_buy_ids is None)
    shown = [one for one in found if wanted is None or one.status in wanted]
    pagination: dict[str, Any] = {"has_more": first + count < total}
    if pagination["has_more"]:
        pagination["cursor"] = str(first + count)
    with_snapshot = asked.include_snapshot
    return {
        "media_buys": [describe_media_buy(one, with_snapshot=with_snapshot) for one in shown],
        "pagination": pagination,
    }


def find_media_buys(
    connection: Connection, ids: Sequence[str], accounts: frozenset[str] | None
) -> list[MediaBuy]:
    """The media buys with these ids; those that the caller may not see are left out."""
    orders = []
    for name in dict.fromkeys(ids):
        try:
            orders.append(find_order(connection, name, accounts))
        except UnknownOrderError:
            continue
    return read_media_buys(connection, orders)


def choose_statuses(asked: str | tuple[str, ...] | None, *, is_list: bool) -> frozenset[str] | None:
    """The statuses that are shown; a list without a filter has only active media buys."""
    if asked is None:
        return frozenset(DEFAULT_STATUS) if is_list else None
    return frozenset([asked] if isinstance(asked, str) else asked)


def _read_start(text: str, now: datetime) -> datetime:
    """An instant, or the next hour for `asap`."""
    if text == ASAP:
        return now.replace(minute=0, second=0, microsecond=0) + HOUR
    try:
        return msgspec.convert(text, Instant)
    except msgspec.ValidationError:
        raise invalid_value(
            "start_time", f"found {text[:40]!r}", "write asap, or an RFC 3339 instant with offset"
        ) from None


def _read_cursor(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not re.fullmatch(r"[0-9]{1,6}", cursor, re.ASCII):
        raise invalid_value("pagination.cursor", "the cursor is none that this tool gave")
    return int(cursor)
