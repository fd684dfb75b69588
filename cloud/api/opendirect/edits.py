"""OpenDirect: edit drafts and orders, and `?reserve`, `?book`, `?cancel`, `?reset` of lines.

A draft that is edited has the present price of its hours. With `If-Match`, only the version that
the client has read is changed; it is compared in the transaction of the change.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from cloud import database
from cloud.api.booking.quotes import lock_quote
from cloud.api.opendirect.answers import (
    CHANGE_PROBLEMS,
    PREFIX,
    AccountId,
    OpenDirectRoute,
    encode,
    require_match,
    require_own_account,
)
from cloud.api.opendirect.orders import (
    LINE,
    ORDERS,
    LineId,
    OpenDirectLine,
    OpenDirectTargeting,
    ProviderData,
    describe,
    find_account_order,
    find_line,
    price_line,
    require_account_order,
)
from cloud.api.orders.models import Text
from cloud.api.orders.order_change import Step, actor_of, change_orders, change_prepared_orders
from cloud.api.orders.orders import ORDER_ROLES, Asker, OrderId
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.booking.opendirect.resources import describe_order
from cloud.booking.opendirect.targeting import TargetingError
from cloud.booking.orders import lifecycle
from cloud.booking.orders.draft_edits import OrderEdit, edit_draft, edit_order
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_rows import read_lines
from cloud.booking.orders.order_work import OrderWork
from cloud.money import minor

router = APIRouter(
    prefix=PREFIX,
    tags=["opendirect"],
    route_class=OpenDirectRoute,
    dependencies=[allow_roles(*ORDER_ROLES), Depends(require_own_account)],
)
ACTIONS: Final = {
    "reserve": lifecycle.reserve_lines,
    "book": lifecycle.book_lines,
    "reset": lifecycle.reset_lines,
}
ALLOWED: Final = (*ACTIONS, "cancel")


class LinePatch(BaseModel):
    """The body of an action, which only a cancellation needs, or of an edit of a draft."""

    model_config = ConfigDict(extra="ignore")

    statechangereason: str | None = Field(default=None, max_length=200)
    productid: str | None = Field(default=None, max_length=64)
    startdate: AwareDatetime | None = None
    enddate: AwareDatetime | None = None
    cost: Decimal | None = Field(default=None, ge=0, le=10**10)
    producttargeting: list[OpenDirectTargeting] | None = Field(default=None, max_length=20)

    @property
    def is_edit(self) -> bool:
        """Whether it names something to edit."""
        return bool(self.model_fields_set - {"statechangereason"})


class OrderPatch(BaseModel):
    """What is to change in an order; what is absent stays as it is."""

    model_config = ConfigDict(extra="ignore")

    name: Text | None = None
    advertiserbrandid: str | None = Field(default=None, max_length=64)
    budget: Decimal | None = Field(default=None, gt=0, le=10**10)
    providerdata: ProviderData = ProviderData()


@router.patch(ORDERS + "/{order}", responses=CHANGE_PROBLEMS)
@router.put(ORDERS + "/{order}", responses=CHANGE_PROBLEMS)
async def edit_account_order(
    request: Request,
    account: AccountId,
    order: OrderId,
    asked: OrderPatch,
    who: Asker,
    idempotent: Idempotent,
) -> Response:
    """Change an order whose lines are all drafts."""

    def step(work: OrderWork) -> Reply:
        found = require_account_order(work, account, order)
        require_match(request, describe_order(found, read_lines(work.connection, [order])))
        budget = None if asked.budget is None else minor(asked.budget, found.currency)
        edit = OrderEdit(
            name=asked.name, brand=asked.advertiserbrandid,
            purchase_order=asked.providerdata.ponumber, budget_minor=budget,
        )  # fmt: skip
        edited = edit_order(work, order, edit)
        lines = read_lines(work.connection, [order])
        return Reply(200, encode(describe_order(edited, lines)))

    return await change_orders(request, idempotent, step, order)


@router.patch(LINE, responses=CHANGE_PROBLEMS)
@router.put(LINE, responses=CHANGE_PROBLEMS)
async def change_line(
    request: Request,
    account: AccountId,
    order: OrderId,
    line: LineId,
    who: Asker,
    idempotent: Idempotent,
    asked: LinePatch | None = None,
) -> Response:
    """Reserve, book, cancel or reset a line, with `?reserve` or `?action=reserve`; or edit it."""
    action = _read_action(request, is_edit=asked is not None and asked.is_edit)
    if action is not None:
        reason = (asked.statechangereason if asked else None) or ""

        def step(work: OrderWork) -> Reply:
            found = require_account_order(work, account, order)
            chosen = work.choose_lines(found, [line])
            require_match(request, describe(request, chosen[0]))
            if action == "cancel":
                (moved,) = lifecycle.cancel_lines(work, found, chosen, reason)
            else:
                (moved,) = ACTIONS[action](work, found, chosen)
            return Reply(200, encode(describe(request, moved)))

        return await change_orders(request, idempotent, step, order)
    assert asked is not None
    prepare = _prepare_edit(request, account, order, line, asked, who)
    return await change_prepared_orders(request, idempotent, prepare, order)


def _prepare_edit(
    request: Request, account: str, order: str, line: str, asked: LinePatch, who: Asker
) -> Callable[[], Step]:
    """The step that edits a draft, after its price was computed outside of the transaction."""
    context: AppContext = get_context(request)
    accounts = actor_of(request).accounts

    def read(connection: Connection) -> BookedLine:
        find_account_order(connection, accounts, account, order)
        return find_line(read_lines(connection, [order]), line)

    def prepare() -> Step:
        with database.reading(context.engine) as connection:
            present = read(connection)
        quote = price_line(context, _merge(request, present, asked), account, who)

        def step(work: OrderWork) -> Reply:
            require_account_order(work, account, order)
            found = find_line(read_lines(work.connection, [order]), line)
            require_match(request, describe(request, found))
            lock_quote(work.connection, quote, who)
            edited = edit_draft(work, order, line, quote)
            return Reply(200, encode(describe(request, edited)))

        return step

    return prepare


def _merge(request: Request, line: BookedLine, asked: LinePatch) -> OpenDirectLine:
    """The line as it would be added: what is absent is as in the present line.

    Hours within the flight stay only where neither the flight nor the targeting changes.
    """
    described = describe(request, line)
    has_flight = asked.startdate is not None or asked.enddate is not None
    targeting: list[Any] = described["producttargeting"]
    if has_flight:
        targeting = [one for one in targeting if not one["target"].startswith("Time/")]
    if asked.productid not in (None, line.location):
        raise TargetingError("productid", f"the line is of {line.location}: add another line")
    return OpenDirectLine(
        productid=line.location,
        startdate=asked.startdate or line.starts_at,
        enddate=asked.enddate or line.ends_at,
        cost=asked.cost,
        producttargeting=asked.producttargeting
        if asked.producttargeting is not None
        else [OpenDirectTargeting.model_validate(one) for one in targeting],
    )


def _read_action(request: Request, *, is_edit: bool) -> str | None:
    """The action that the query names, bare or as `action`; None for an edit."""
    named = request.query_params.get("action")
    found = [name for name in ALLOWED if name == named or name in request.query_params]
    if not found and is_edit and named is None:
        return None
    if len(found) != 1:
        raise TargetingError(
            "action", f"name one action in the query: {', '.join(ALLOWED)}; or fields to edit"
        )
    return found[0]
