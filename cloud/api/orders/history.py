"""`/api/orders/{order}/history`: what happened to the lines of an order, the oldest first."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.api.orders.models import LINE_ID
from cloud.api.orders.order_change import actor_of
from cloud.api.orders.orders import ORDER_ROLES, Asker, OrderId
from cloud.app.etag import NOT_MODIFIED
from cloud.app.idempotency.request_transactions import answer_read
from cloud.app.problem import REFUSALS, problem_responses
from cloud.auth.access import allow_roles
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.line_history import read_line_history
from cloud.booking.orders.order_rows import find_order

router = APIRouter(tags=["orders"], dependencies=[allow_roles(*ORDER_ROLES)])


class LineVersionResponse(BaseModel):
    """A line as it was from `changed_at` on, until its next version."""

    line: str = Field(examples=[LINE_ID])
    version: int = Field(examples=[1])
    changed_at: datetime
    status: BookingStatus
    location: str = Field(examples=["KX-01"])
    starts_at: datetime
    ends_at: datetime
    positions: int
    cost_minor: int = Field(description="of all hours and positions of this version")


class OrderHistoryResponse(BaseModel):
    """The versions of all lines, in the order in which they were stored."""

    order: str
    currency: str = Field(examples=["GBP"])
    versions: list[LineVersionResponse]


SAME_FIELDS: Final = tuple(LineVersionResponse.model_fields.keys() - {"line", "status"})


@router.get(
    "/api/orders/{order}/history",
    response_model=OrderHistoryResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def get_order_history(request: Request, order: OrderId, who: Asker) -> Response:
    """Return every version of every line of an order."""
    accounts = actor_of(request).accounts

    def read(connection: Connection) -> bytes:
        found = find_order(connection, order, accounts)
        versions = [
            LineVersionResponse(
                line=one.line_id, status=one.booking_status,
                **{name: getattr(one, name) for name in SAME_FIELDS},
            )
            for one in read_line_history(connection, found.id)
        ]  # fmt: skip
        answer = OrderHistoryResponse(order=found.id, currency=found.currency, versions=versions)
        return answer.model_dump_json().encode()

    return await answer_read(request, read)
