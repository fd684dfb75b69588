"""`/api/campaigns/{campaign}/receipts`: signed receipts as one text file, and its verification."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import AwareDatetime
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.campaigns.callers import CallerOf, CampaignId
from cloud.api.campaigns.listing import require_line
from cloud.api.campaigns.receipt_verification import (
    ReceiptVerificationDocument,
    describe_verification,
)
from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, Caller, allow_roles
from cloud.campaigns.campaign import find_campaign
from cloud.campaigns.receipts.booked_lines import SETTLED_AFTER, request_campaign
from cloud.database import EPOCH
from cloud.receipts.checkpoint_store import sign_head
from cloud.receipts.export import export_receipts
from cloud.receipts.signing_keys import NoLogKeyError
from cloud.receipts.verification import TrustedKeys, verify_file

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(*EVERYBODY)])
Since = Annotated[
    AwareDatetime | None, Query(alias="from", description="null: the start of the flight")
]
Until = Annotated[AwareDatetime | None, Query(description="null: five minutes before now")]
Line = Annotated[str | None, Query(max_length=63, description="one line only")]
NO_KEY = (
    "this server has no key of the log of receipts: its operator must start it with --receipts-key"
)


@router.get(
    "/api/campaigns/{campaign}/receipts",
    response_class=PlainTextResponse,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_receipts(
    request: Request,
    campaign: CampaignId,
    who: CallerOf,
    since: Since = None,
    until: Until = None,
    line: Line = None,
) -> PlainTextResponse:
    """Export the receipts of the booked time, with proofs, for `receipts verify`."""
    context: AppContext = get_context(request)
    window = ReceiptWindow(since, until, line)
    content = await run_in_threadpool(_export, context, campaign, who, window)
    name = f'attachment; filename="{campaign}.receipts"'
    return PlainTextResponse(content, headers={"content-disposition": name})


@router.get(
    "/api/campaigns/{campaign}/receipts/verification",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def verify_receipts(
    request: Request,
    campaign: CampaignId,
    who: CallerOf,
    since: Since = None,
    until: Until = None,
    line: Line = None,
) -> ReceiptVerificationDocument:
    """Verify the file that `receipts` exports, with the code of `receipts verify`.

    It is the operator's own verification: to rely on nobody, verify the file with your own keys.
    """
    context: AppContext = get_context(request)

    def verify() -> ReceiptVerificationDocument:
        content = _export(context, campaign, who, ReceiptWindow(since, until, line))
        keys = context.receipt_keys
        trusted = TrustedKeys(context.receipt_roots or None, () if keys is None else keys.public)
        return describe_verification(verify_file(content.encode(), trusted))

    return await run_in_threadpool(verify)


@dataclass(frozen=True, slots=True)
class ReceiptWindow:
    """The part of the booked time that is exported; None: all of it."""

    since: datetime | None
    until: datetime | None
    line: str | None


def _export(context: AppContext, campaign: str, who: Caller, window: ReceiptWindow) -> str:
    now = context.clock()
    with database.reading(context.engine) as connection:
        found = find_campaign(connection, context.sites, campaign, who.accounts)
        if window.line is not None:
            require_line(found, window.line)
    if context.receipt_keys is None:
        raise NoLogKeyError(NO_KEY)
    end = min(window.until, now) if window.until else now - SETTLED_AFTER
    since = window.since or EPOCH
    wanted = request_campaign(found, context.sites, end, since=since, line=window.line)
    with database.writing(context.engine) as connection:
        checkpoint = sign_head(connection, context.receipt_keys, now)
    with database.reading(context.engine) as connection:
        return export_receipts(connection, wanted, checkpoint, context.receipt_keys, now)
