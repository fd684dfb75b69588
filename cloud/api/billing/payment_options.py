"""`/api/orders/{order}/payment-options`: what is due for an order now, and how it can be paid."""

from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.api.billing.responses import PaymentResponse, describe_payment
from cloud.api.orders.order_change import actor_of
from cloud.api.orders.orders import ORDER_ROLES, Asker, OrderId
from cloud.app.billing.services import Billing, get_billing
from cloud.app.context import AppContext
from cloud.app.idempotency.request_transactions import answer_read
from cloud.app.orders.open_work import open_work
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.billing.ledger import PREPAYMENT
from cloud.billing.payments.amounts_due import OPEN, AmountDue, compute_order_due
from cloud.billing.payments.payment_store import list_payments
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.credit import Credit, read_credit
from cloud.booking.orders.order import Order
from cloud.booking.orders.order_rows import find_order, read_lines
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.transitions import LineAction, list_actions

router = APIRouter(tags=["billing"], dependencies=[allow_roles(*ORDER_ROLES)])


class PaymentProviderResponse(BaseModel):
    """A way to pay."""

    name: str = Field(examples=["stripe"])
    extends_credit: bool = Field(description="whether the payer transfers the amount later")
    is_simulated: bool = Field(description="whether it charges nothing: for demonstrations")


class PaymentOptionsResponse(BaseModel):
    """What is due for an order now, with VAT, and how it can be paid."""

    at: datetime = Field(description="the server's time of this answer")
    order: str
    payer: str = Field(examples=["acme"], description="the account, or its agency")
    is_own_payer: bool = Field(description="whether the caller acts for the payer")
    currency: str = Field(examples=["GBP"])
    due_minor: int = Field(description="to pay in advance; zero or less: nothing is due")
    vat_minor: int | None = Field(description="part of `due_minor`; null: not known")
    credit_limit_minor: int | None = Field(
        description="of the payer; null: the caller does not act for the payer"
    )
    credit_used_minor: int | None = Field(
        description="what would be booked and not paid, without VAT, were this order booked now; "
        "null: the caller does not act for the payer"
    )
    is_within_credit: bool = Field(description="whether it can be booked without a payment")
    providers: list[PaymentProviderResponse]
    payments: list[PaymentResponse] = Field(description="of this order, the latest first")
    open_payment: str | None = Field(description="that may still succeed; null: none")


@router.get(
    "/api/orders/{order}/payment-options",
    response_model=PaymentOptionsResponse,
    responses=problem_responses(*REFUSALS, 404, 409, 422, 500, 503),
)
async def get_payment_options(request: Request, order: OrderId, who: Asker) -> Response:
    """Return the amount that is due for an order, the credit of who pays, and the providers."""
    context: AppContext = get_context(request)
    actor = actor_of(request)
    billing = get_billing(request)

    def read(connection: Connection) -> bytes:
        work = open_work(context, connection, actor)
        found = find_order(connection, order, actor.accounts)
        credit = read_credit_if_booked(work, found)
        due = _read_due(work, found, billing)
        return _describe(work, found, credit, due, billing).model_dump_json().encode()

    return await answer_read(request, read)


def read_credit_if_booked(work: OrderWork, order: Order) -> Credit:
    """The credit of who pays, were every line of the order booked that can be."""
    lines = read_lines(work.connection, [order.id])
    booked = [
        replace(line, booking_status=BookingStatus.BOOKED)
        for line in lines
        if LineAction.BOOK in list_actions(line.booking_status)
    ]
    return read_credit(work, order, booked)


def _read_due(work: OrderWork, order: Order, billing: Billing) -> AmountDue | None:
    """What is due; None for an order without lines."""
    if not read_lines(work.connection, [order.id]):
        return None
    return compute_order_due(
        work.connection, order.id, work.actor.accounts, billing.config, work.now
    )


def _describe(
    work: OrderWork, order: Order, credit: Credit, due: AmountDue | None, billing: Billing
) -> PaymentOptionsResponse:
    found = list_payments(work.connection, None, document=PREPAYMENT + order.id)
    accounts = work.actor.accounts
    seen = [one for one in found if accounts is None or one.account in accounts]
    is_own_payer = accounts is None or credit.payer in accounts
    return PaymentOptionsResponse(
        at=work.now,
        order=order.id,
        payer=credit.payer,
        is_own_payer=is_own_payer,
        currency=order.currency,
        due_minor=0 if due is None else due.amount_minor,
        vat_minor=None if due is None else due.vat_minor,
        credit_limit_minor=credit.limit_minor if is_own_payer else None,
        credit_used_minor=credit.used_minor if is_own_payer else None,
        is_within_credit=credit.excess_minor <= 0,
        providers=[
            PaymentProviderResponse(
                name=one.name, extends_credit=one.extends_credit, is_simulated=one.is_simulated
            )
            for one in billing.providers.values()
        ],
        payments=[describe_payment(one) for one in seen],
        open_payment=next((one.id for one in seen if one.status in OPEN), None),
    )
