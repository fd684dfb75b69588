"""`/api/payments/webhooks/{provider}`: what a payment provider reports.

Needs no key: an event has the signature of its provider. A provider sends an event again until it
is answered with 200.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from cloud.app.billing.services import get_billing
from cloud.app.problem import problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.billing.payments.event_store import EventOutcome
from cloud.billing.payments.provider import WebhookRefusedError
from cloud.billing.payments.webhooks import receive_event

MOST_BYTES: Final = 256 * 1024
MOST_SIGNATURE: Final = 2_000

router = APIRouter(tags=["billing"])


class EventOutcomeResponse(BaseModel):
    """What was done with an event."""

    outcome: EventOutcome


@router.post(
    "/api/payments/webhooks/{provider}", responses=problem_responses(400, 404, 413, 422, 500, 503)
)
async def receive_webhook(
    request: Request,
    provider: Annotated[str, Path(pattern="^[a-z]{1,16}$", examples=["stripe"])],
    stripe_signature: Annotated[str, Header(max_length=MOST_SIGNATURE)] = "",
) -> EventOutcomeResponse:
    """Apply an event of a payment provider, once."""
    payload = await request.body()
    if len(payload) > MOST_BYTES:
        raise WebhookRefusedError(f"an event has at most {MOST_BYTES} bytes")
    billing = get_billing(request)
    outcome = await run_in_threadpool(
        receive_event,
        billing.service(get_context(request)),
        provider,
        payload,
        stripe_signature,
        billing.forged,
    )
    return EventOutcomeResponse(outcome=outcome)
