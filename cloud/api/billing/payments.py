"""`/api/payments`: pay an invoice, or an order in advance.

The amount is what is due. A request stores the call of the provider, which is sent afterwards: a
request that is sent again with the same `Idempotency-Key` completes what is open, and charges once.
"""

from collections.abc import Callable
from typing import Annotated, Final, Self

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.billing.responses import (
    After,
    Limit,
    PaymentId,
    PaymentResponse,
    PaymentsResponse,
    describe_payment,
    read_position,
    write_cursor,
)
from cloud.app.billing.services import Billing, get_billing
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import Caller, allow_roles, receive_caller
from cloud.auth.keys import Role
from cloud.billing.payments.amounts_due import AmountDue, read_invoice_due, read_order_due
from cloud.billing.payments.calls import complete_calls
from cloud.billing.payments.payment_store import Payment, list_payments, read_payment
from cloud.billing.payments.provider import METHOD_PATTERN, CallAction, PaymentProvider
from cloud.billing.payments.recording import Report
from cloud.billing.payments.requests import ExpectedAmount, open_payment, request_call
from cloud.billing.payments.webhooks import UnknownProviderError

PAYERS: Final = (Role.FINANCE, Role.ADVERTISER, Role.AGENCY)
READERS: Final = (Role.SALES, *PAYERS)
CHANGE_RESPONSES: Final = problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503)
MOST_MINOR: Final = 10**15

router = APIRouter(tags=["billing"])
Asker = Annotated[Caller, Depends(receive_caller)]


class PaymentRequest(BaseModel):
    """What to pay. With an amount or a currency it is refused where another one is due."""

    model_config = ConfigDict(extra="forbid")

    invoice: str | None = Field(default=None, max_length=32)
    order: str | None = Field(default=None, max_length=63, description="to pay it in advance")
    provider: str = Field(default="stripe", max_length=16, examples=["stripe", "account"])
    amount_minor: int | None = Field(default=None, ge=1, le=MOST_MINOR)
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    capture_later: bool = Field(default=False, description="authorise now, capture later")

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if (self.invoice is None) == (self.order is None):
            raise ValueError("give an invoice or an order")
        return self


class ConfirmRequest(BaseModel):
    """The payment method, by the id that the provider gave it."""

    model_config = ConfigDict(extra="forbid")

    payment_method: str = Field(pattern=METHOD_PATTERN, examples=["pm_card_visa"])


class RefundRequest(BaseModel):
    """How much to pay back."""

    model_config = ConfigDict(extra="forbid")

    amount_minor: int | None = Field(
        default=None, ge=1, le=MOST_MINOR, description="null: all that is left"
    )


@router.get(
    "/api/payments",
    dependencies=[allow_roles(*READERS)],
    responses=problem_responses(*REFUSALS, 422, 500, 503),
)
async def get_payments(
    request: Request,
    accounts: ListedAccounts,
    document: Annotated[
        str | None, Query(max_length=80, description="an invoice, or order:ID; null: all")
    ] = None,
    after: After = None,
    limit: Limit = 20,
) -> PaymentsResponse:
    """List payments, the latest first."""
    context: AppContext = get_context(request)
    position = read_position(after)

    def read() -> PaymentsResponse:
        with database.reading(context.engine) as connection:
            found = list_payments(
                connection, accounts, document=document, after=position, limit=limit + 1
            )
        shown = [describe_payment(one) for one in found[:limit]]
        return PaymentsResponse(payments=shown, next=write_cursor(found, limit))

    return await run_in_threadpool(read)


@router.get(
    "/api/payments/{payment}",
    dependencies=[allow_roles(*READERS)],
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_payment(request: Request, payment: PaymentId, who: Asker) -> PaymentResponse:
    """Return a payment."""
    context: AppContext = get_context(request)

    def read() -> PaymentResponse:
        with database.reading(context.engine) as connection:
            return describe_payment(read_payment(connection, payment, accounts=who.accounts))

    return await run_in_threadpool(read)


@router.post(
    "/api/payments",
    status_code=201,
    response_model=PaymentResponse,
    dependencies=[allow_roles(*PAYERS)],
    responses=CHANGE_RESPONSES,
)
async def create_payment(
    request: Request, asked: PaymentRequest, who: Asker, idempotent: Idempotent
) -> Response:
    """Create a payment of what is due; nothing is charged yet."""
    billing = get_billing(request)
    context: AppContext = get_context(request)
    provider = _find_provider(billing, asked.provider)
    expected = ExpectedAmount(asked.amount_minor, asked.currency)

    def change(connection: Connection) -> Payment:
        due = _read_due(connection, asked, who, billing, context)
        report = Report(who.name[:120], context.clock())
        return open_payment(
            connection, due, provider, expected, report, is_manual=asked.capture_later
        )

    return await _change(request, idempotent, who, change, status=201)


@router.post(
    "/api/payments/{payment}/confirm",
    response_model=PaymentResponse,
    dependencies=[allow_roles(*PAYERS)],
    responses=CHANGE_RESPONSES,
)
async def confirm_payment(
    request: Request, payment: PaymentId, asked: ConfirmRequest, who: Asker, idempotent: Idempotent
) -> Response:
    """Charge a payment method. A declined one is stated in `failure`."""
    return await _request(
        request, payment, CallAction.CONFIRM, who, idempotent, method=asked.payment_method
    )


@router.post(
    "/api/payments/{payment}/cancel",
    response_model=PaymentResponse,
    dependencies=[allow_roles(*PAYERS)],
    responses=CHANGE_RESPONSES,
)
async def cancel_payment(
    request: Request, payment: PaymentId, who: Asker, idempotent: Idempotent
) -> Response:
    """End a payment that has not succeeded, so that another one can be made."""
    return await _request(request, payment, CallAction.CANCEL, who, idempotent)


@router.post(
    "/api/payments/{payment}/capture",
    response_model=PaymentResponse,
    dependencies=[allow_roles(Role.FINANCE)],
    responses=CHANGE_RESPONSES,
)
async def capture_payment(
    request: Request, payment: PaymentId, who: Asker, idempotent: Idempotent
) -> Response:
    """Take an authorised amount, or record that a transfer has arrived."""
    return await _request(request, payment, CallAction.CAPTURE, who, idempotent)


@router.post(
    "/api/payments/{payment}/refund",
    response_model=PaymentResponse,
    dependencies=[allow_roles(Role.FINANCE)],
    responses=CHANGE_RESPONSES,
)
async def refund_payment(
    request: Request, payment: PaymentId, asked: RefundRequest, who: Asker, idempotent: Idempotent
) -> Response:
    """Pay an amount back."""
    return await _request(
        request, payment, CallAction.REFUND, who, idempotent, amount_minor=asked.amount_minor
    )


async def _request(
    request: Request,
    payment: str,
    action: CallAction,
    who: Caller,
    idempotent: Idempotent,
    *,
    method: str | None = None,
    amount_minor: int | None = None,
) -> Response:
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Payment:
        report = Report(who.name[:120], context.clock())
        return request_call(
            connection, payment, action, report,
            accounts=who.accounts, method=method, amount_minor=amount_minor,
        )  # fmt: skip

    return await _change(request, idempotent, who, change)


async def _change(
    request: Request,
    idempotent: Idempotent,
    who: Caller,
    change: Callable[[Connection], Payment],
    status: int = 200,
) -> Response:
    """Store a change once, send the open calls, and answer with the payment as it is then."""
    service = get_billing(request).service(get_context(request))

    def run() -> Response:
        def reply(connection: Connection) -> Reply:
            payment = change(connection)
            return Reply(status, b"{}", {"location": f"/api/payments/{payment.id}"})

        answer = idempotent.run(get_context(request), reply)
        name = answer.headers["location"].rpartition("/")[2]
        present = complete_calls(service, name, by=who.name[:120])
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name in ("location", "idempotent-replayed")
        }
        body = describe_payment(present).model_dump_json()
        return Response(body, answer.status_code, headers, "application/json")

    return await run_in_threadpool(run)


def _find_provider(billing: Billing, name: str) -> PaymentProvider:
    if name not in billing.providers:
        raise UnknownProviderError(
            f"no payment provider {name!r} is set up: there is {', '.join(billing.providers)}"
        )
    return billing.providers[name]


def _read_due(
    connection: Connection,
    asked: PaymentRequest,
    who: Caller,
    billing: Billing,
    context: AppContext,
) -> AmountDue:
    if asked.invoice is not None:
        return read_invoice_due(connection, asked.invoice, who.accounts)
    now = context.clock()
    return read_order_due(connection, asked.order or "", who.accounts, billing.config, now)
