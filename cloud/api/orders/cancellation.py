"""`/api/orders/{order}/cancellation`: what cancelling lines would cost now; nothing changes."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.api.orders.models import LINE_ID
from cloud.api.orders.order_change import actor_of
from cloud.api.orders.orders import ORDER_ROLES, Asker, OrderId
from cloud.app.context import AppContext
from cloud.app.idempotency.request_transactions import answer_read
from cloud.app.orders.open_work import open_work
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.booking.orders.cancellation import CancellationCost, preview_cancellation
from cloud.booking.orders.lifecycle import select_for
from cloud.booking.orders.order import Order
from cloud.booking.orders.order_rows import find_order
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.policy import BookingPolicy, InFlightDue
from cloud.booking.transitions import LineAction

MOST_LINES: Final = 2_000

router = APIRouter(tags=["orders"], dependencies=[allow_roles(*ORDER_ROLES)])


class CancellationStepResponse(BaseModel):
    """What is due of a line that is cancelled that many days before its start."""

    notice_days: int
    percent_due: int


class CancelledLineResponse(BaseModel):
    """What is due for a line now, and what stays due after its cancellation."""

    line: str = Field(examples=[LINE_ID])
    due_before_minor: int
    due_after_minor: int


class CancellationResponse(BaseModel):
    """The cost of a cancellation at `at`, by the terms of sale, which it states."""

    at: datetime
    currency: str = Field(examples=["GBP"])
    due_before_minor: int
    due_after_minor: int
    lines: list[CancelledLineResponse]
    steps: list[CancellationStepResponse] = Field(description="from most notice to none")
    in_flight: InFlightDue = Field(description="what is due of a line in flight")


@router.get(
    "/api/orders/{order}/cancellation",
    response_model=CancellationResponse,
    responses=problem_responses(*REFUSALS, 404, 409, 422, 500, 503),
)
async def get_cancellation(
    request: Request,
    order: OrderId,
    who: Asker,
    line: Annotated[
        list[str] | None,
        Query(max_length=MOST_LINES, description="default: every line whose state allows it"),
    ] = None,
) -> Response:
    """Return what cancelling lines would cost now; 409 where none can be cancelled."""
    context: AppContext = get_context(request)
    actor = actor_of(request)

    def read(connection: Connection) -> bytes:
        work = open_work(context, connection, actor)
        found = find_order(connection, order, actor.accounts)
        costs = _preview(work, found, line)
        return _describe(work.policy, found, costs, work.now).model_dump_json().encode()

    return await answer_read(request, read)


def _preview(
    work: OrderWork, order: Order, line_ids: list[str] | None
) -> tuple[CancellationCost, ...]:
    lines = work.choose_lines(order, line_ids)
    chosen = select_for(lines, LineAction.CANCEL) if line_ids is None else lines
    return preview_cancellation(work, chosen)


def _describe(
    policy: BookingPolicy, order: Order, costs: tuple[CancellationCost, ...], at: datetime
) -> CancellationResponse:
    return CancellationResponse(
        at=at,
        currency=order.currency,
        due_before_minor=sum(one.due_before_minor for one in costs),
        due_after_minor=sum(one.due_after_minor for one in costs),
        lines=[
            CancelledLineResponse(
                line=one.line_id,
                due_before_minor=one.due_before_minor,
                due_after_minor=one.due_after_minor,
            )
            for one in costs
        ],
        steps=[
            CancellationStepResponse(notice_days=one.notice_days, percent_due=one.percent_due)
            for one in policy.cancellation
        ],
        in_flight=policy.in_flight,
    )
