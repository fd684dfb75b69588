"""OpenDirect's orders and lines: create, read, remove drafts.

A line is of one product, which is one screen. Its price is computed when the line is added, and is
locked as a quote is; a `cost` that the client sends must be that price.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection

from cloud import database
from cloud.api.booking.quotes import lock_quote
from cloud.api.opendirect.answers import (
    CHANGE_PROBLEMS,
    PREFIX,
    READ_PROBLEMS,
    AccountId,
    Count,
    Offset,
    OpenDirectRoute,
    answer,
    answer_page,
    encode,
    require_own_account,
    take_page,
)
from cloud.api.orders.models import LINE_ID, Text
from cloud.api.orders.order_change import (
    Step,
    actor_of,
    change_orders,
    change_prepared_orders,
)
from cloud.api.orders.orders import ORDER_ROLES, Asker, OrderId
from cloud.api.pricing import require_near
from cloud.app.buyer import Buyer
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.rate_card_reload import get_context
from cloud.app.slot_quotes import compute_quote
from cloud.auth.access import Caller, allow_roles
from cloud.auth.accounts.account_store import require_account
from cloud.booking.opendirect.resources import describe_line, describe_order
from cloud.booking.opendirect.targeting import (
    Targeting,
    TargetingError,
    list_demand,
    read_targets,
)
from cloud.booking.orders.order import BookedLine, Order
from cloud.booking.orders.order_rows import (
    OrderPage,
    find_order,
    list_orders,
    read_lines,
    unknown_order,
)
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.placing import NewOrder, OrderRefused, add_lines, place_order, remove_line
from cloud.booking.quote_locks import LockedQuote
from cloud.booking.sale_limits import find_site
from cloud.booking.slots import DeliveryType, SlotDemand
from cloud.database import EPOCH
from cloud.money import minor
from cloud.pricing.slot import Slot
from cloud.sites.site_model import Site

router = APIRouter(
    prefix=PREFIX,
    tags=["opendirect"],
    route_class=OpenDirectRoute,
    dependencies=[allow_roles(*ORDER_ROLES), Depends(require_own_account)],
)
LineId = Annotated[str, Path(examples=[LINE_ID], max_length=64)]
ORDERS: Final = "/accounts/{account}/orders"
LINES: Final = ORDERS + "/{order}/lines"
LINE: Final = LINES + "/{line}"


class ProviderData(BaseModel):
    """References of the buyer; others than the purchase order are not stored."""

    ponumber: Text | None = None


class OpenDirectOrder(BaseModel):
    """An order to create; further fields are ignored."""

    name: Text = Field(examples=["Winter campaign"])
    advertiserbrandid: str | None = Field(default=None, max_length=64)
    currency: str | None = Field(default=None, max_length=3)
    budget: Decimal | None = Field(default=None, gt=0, le=10**10)
    providerdata: ProviderData = ProviderData()


class OpenDirectTargeting(BaseModel):
    """One element of `producttargeting`."""

    name: str = Field(max_length=60, examples=["Delivery"])
    type: str = Field(default="Frames", max_length=60)
    target: str = Field(max_length=255, examples=["ShareOfDisplay/ShareOfTime"])
    targetvalues: list[str | int | float] = Field(default=[], max_length=500, examples=[["16.67"]])


class OpenDirectLine(BaseModel):
    """A line to add; further fields are ignored."""

    productid: str = Field(max_length=64, examples=["KX-01"])
    startdate: AwareDatetime = Field(examples=["2030-01-07T08:00:00Z"])
    enddate: AwareDatetime = Field(examples=["2030-01-07T10:00:00Z"])
    cost: Decimal | None = Field(
        default=None, ge=0, le=10**10, description="must be the price of the line, if sent"
    )
    producttargeting: list[OpenDirectTargeting] = Field(default=[], max_length=20)


@router.get(ORDERS, responses=READ_PROBLEMS)
async def list_account_orders(
    request: Request, account: AccountId, who: Asker, offset: Offset = 0, count: Count = 25
) -> Response:
    """List the orders of an account, the latest first."""

    def read(connection: Connection) -> tuple[list[dict[str, Any]], int]:
        page = list_orders_of(connection, who, account, offset=offset, count=count)
        lines = read_lines(connection, [order.id for order in page.orders])
        found = [
            describe_order(order, [line for line in lines if line.order_id == order.id])
            for order in page.orders
        ]
        return found, page.total

    found, total = await read_database(request, read)
    return answer_page(request, "orders", found, total)


@router.post(ORDERS, responses=CHANGE_PROBLEMS)
async def create_account_order(
    request: Request, account: AccountId, asked: OpenDirectOrder, who: Asker, idempotent: Idempotent
) -> Response:
    """Create an order without lines."""

    def step(work: OrderWork) -> Reply:
        currency = require_account(work.connection, account).currency
        if asked.currency not in (None, currency):
            raise OrderRefused(f"currency: found {asked.currency}, expected {currency}")
        new = NewOrder(
            account=account,
            name=asked.name,
            brand=asked.advertiserbrandid,
            purchase_order=asked.providerdata.ponumber,
            budget_minor=None if asked.budget is None else minor(asked.budget, currency),
        )
        order = place_order(work, new)
        where = f"{PREFIX}/accounts/{account}/orders/{order.id}"
        return Reply(200, encode(describe_order(order, [])), {"location": where})

    return await change_orders(request, idempotent, step)


@router.get(ORDERS + "/{order}", responses=READ_PROBLEMS)
async def get_account_order(
    request: Request, account: AccountId, order: OrderId, who: Asker
) -> Response:
    """Return one order."""
    found, lines = await _read_order(request, account, order)
    return answer(request, describe_order(found, lines))


@router.get(LINES, responses=READ_PROBLEMS)
async def list_lines(
    request: Request,
    account: AccountId,
    order: OrderId,
    who: Asker,
    offset: Offset = 0,
    count: Count = 25,
) -> Response:
    """List the lines of an order."""
    _, lines = await _read_order(request, account, order)
    page = [describe(request, line) for line in take_page(lines, offset, count)]
    return answer_page(request, "lines", page, len(lines))


@router.get(LINE, responses=READ_PROBLEMS)
async def get_line(
    request: Request, account: AccountId, order: OrderId, line: LineId, who: Asker
) -> Response:
    """Return one line."""
    _, lines = await _read_order(request, account, order)
    return answer(request, describe(request, find_line(lines, line)))


@router.post(LINES, responses=CHANGE_PROBLEMS)
async def add_line(
    request: Request,
    account: AccountId,
    order: OrderId,
    asked: OpenDirectLine,
    who: Asker,
    idempotent: Idempotent,
) -> Response:
    """Add a draft at the present price."""
    context: AppContext = get_context(request)

    def prepare() -> Step:
        with database.reading(context.engine) as connection:
            find_account_order(connection, actor_of(request).accounts, account, order)
        quote = price_line(context, asked, account, who)

        def step(work: OrderWork) -> Reply:
            require_account_order(work, account, order)
            lock_quote(work.connection, quote, who)
            (line,) = add_lines(work, order, quote)
            where = f"{PREFIX}/accounts/{account}/orders/{order}/lines/{line.line_id}"
            return Reply(200, encode(describe(request, line)), {"location": where})

        return step

    return await change_prepared_orders(request, idempotent, prepare, order)


@router.delete(LINE, responses=CHANGE_PROBLEMS)
async def delete_line(
    request: Request,
    account: AccountId,
    order: OrderId,
    line: LineId,
    who: Asker,
    idempotent: Idempotent,
) -> Response:
    """Remove a draft."""

    def step(work: OrderWork) -> Reply:
        require_account_order(work, account, order)
        remove_line(work, order, line)
        return Reply(200, b"{}")

    return await change_orders(request, idempotent, step, order)


async def _read_order(
    request: Request, account: str, order_id: str
) -> tuple[Order, tuple[BookedLine, ...]]:
    accounts = actor_of(request).accounts

    def read(connection: Connection) -> tuple[Order, tuple[BookedLine, ...]]:
        found = find_account_order(connection, accounts, account, order_id)
        return found, read_lines(connection, [found.id])

    return await read_database(request, read)


def list_orders_of(
    connection: Connection, who: Caller, account: str, *, offset: int, count: int
) -> OrderPage:
    """The orders of an account; raises UnknownAccountError for one that nobody has."""
    page = list_orders(connection, [account], offset=offset, count=count)
    if page.total == 0 and account != who.account:
        require_account(connection, account)
    return page


def find_account_order(
    connection: Connection, accounts: frozenset[str] | None, account: str, order_id: str
) -> Order:
    """An order of the account in the path; raises UnknownOrderError."""
    found = find_order(connection, order_id, accounts)
    if found.account != account:
        raise unknown_order(order_id)
    return found


def require_account_order(work: OrderWork, account: str, order_id: str) -> Order:
    """An order of the account in the path, locked; raises UnknownOrderError."""
    order = work.lock_order(order_id)
    if order.account != account:
        raise unknown_order(order_id)
    return order


def find_line(lines: tuple[BookedLine, ...], line_id: str) -> BookedLine:
    """A line of an order; raises UnknownOrderError."""
    found = next((line for line in lines if line.line_id == line_id), None)
    if found is None:
        raise unknown_order(line_id)
    return found


def describe(request: Request, line: BookedLine) -> dict[str, Any]:
    """A line as OpenDirect writes it."""
    context: AppContext = get_context(request)
    return describe_line(line, find_site(context.sites, line.location))


def price_line(
    context: AppContext, asked: OpenDirectLine, account: str, who: Caller
) -> LockedQuote:
    """The present price of a line; it is not stored."""
    site = find_site(context.sites, asked.productid)
    if site is None:
        raise TargetingError("productid", f"no product {asked.productid!r}: GET /products has all")
    targets = read_targets(to_targeting(asked.producttargeting), site)
    demand = list_demand(site, asked.startdate, asked.enddate, targets)
    require_sellable(site, demand, context.clock())
    quote = compute_quote(
        context, demand, DeliveryType.GUARANTEED, Buyer(account, is_staff=False),
        account=account, by=who.name,
    )  # fmt: skip
    if asked.cost is not None and minor(asked.cost, quote.currency) != quote.total_minor:
        raise TargetingError("cost", "the cost is not the price of the line: omit it, or read it")
    return quote


def require_sellable(site: Site, demand: Sequence[SlotDemand], now: datetime) -> None:
    """Raise TargetingError for an hour that has begun, RangeError for one too far ahead."""
    starts = [EPOCH + timedelta(seconds=one.starts_at_s) for one in (demand[0], demand[-1])]
    if starts[0] < now:
        raise TargetingError("startdate", "the line would begin in the past: choose a later time")
    for start in starts:
        require_near(Slot(start, site.zone), now)


def to_targeting(elements: list[OpenDirectTargeting]) -> list[Targeting]:
    """Elements of a body as the mapping reads them."""
    return [
        Targeting(
            name=one.name, type=one.type, target=one.target, targetvalues=tuple(one.targetvalues)
        )
        for one in elements
    ]
