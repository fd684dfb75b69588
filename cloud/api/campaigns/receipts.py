"""`/api/campaigns/{campaign}/receipts`: signed receipts as one text file, and its verification."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from anyio import Semaphore
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import AwareDatetime
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.campaigns.callers import CallerOf, CampaignId
from cloud.api.campaigns.listing import require_line
from cloud.api.campaigns.receipt_verification import (
    MOST_VERIFIED,
    ReceiptVerificationDocument,
    describe_verification,
)
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, Caller, allow_roles
from cloud.campaigns.campaign import Campaign, find_campaign
from cloud.campaigns.receipts.booked_lines import SETTLED_AFTER, request_campaign
from cloud.database import EPOCH
from cloud.receipts.booked_receipts import find_start_of_latest
from cloud.receipts.checkpoint_store import StoredCheckpoint, sign_head
from cloud.receipts.export import ExportRequest, export_receipts
from cloud.receipts.signing_keys import LogKeys, NoLogKeyError
from cloud.receipts.verification import TrustedKeys, verify_file

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(*EVERYBODY)])
Since = Annotated[
    AwareDatetime | None, Query(alias="from", description="null: the start of the flight")
]
Until = Annotated[AwareDatetime | None, Query(description="null: five minutes before now")]
Line = Annotated[str | None, Query(max_length=63, description="one line only")]
SHARED_FOR_S: Final = 60
VERIFICATIONS: Final = Semaphore(2)
"""Verifications at a time, so that other requests find a free thread."""
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
    response_model=ReceiptVerificationDocument,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def verify_receipts(
    request: Request,
    campaign: CampaignId,
    who: CallerOf,
    since: Since = None,
    until: Until = None,
    line: Line = None,
) -> Response:
    """Verify the file that `receipts` exports, with the code of `receipts verify`.

    At most 2,000 receipts are verified, the latest; `verified_from` says from when. An outcome is
    shared for a minute. It is the operator's own verification: to rely on nobody, verify the file
    with your own keys.
    """
    context: AppContext = get_context(request)
    window = ReceiptWindow(since, until, line)
    async with VERIFICATIONS:
        answer = await run_in_threadpool(_verify, context, campaign, who, window)
    return answer.answer(request)


@dataclass(frozen=True, slots=True)
class ReceiptWindow:
    """The part of the booked time that is exported; None: all of it."""

    since: datetime | None
    until: datetime | None
    line: str | None


@dataclass(frozen=True, slots=True)
class _Export:
    """A campaign whose receipts are exported up to a checkpoint of the log."""

    context: AppContext
    campaign: Campaign
    window: ReceiptWindow
    keys: LogKeys
    checkpoint: StoredCheckpoint
    now: datetime

    def request(self, since: datetime | None = None) -> ExportRequest:
        """The booked time of the window, or the part of it after a moment."""
        window = self.window
        end = min(window.until, self.now) if window.until else self.now - SETTLED_AFTER
        start = since or window.since or EPOCH
        return request_campaign(
            self.campaign, self.context.sites, end, since=start, line=window.line
        )

    def write(self, request: ExportRequest) -> str:
        """The signed file."""
        with database.reading(self.context.engine) as connection:
            return export_receipts(connection, request, self.checkpoint, self.keys, self.now)


def _open(context: AppContext, campaign: str, who: Caller, window: ReceiptWindow) -> _Export:
    now = context.clock()
    with database.reading(context.engine) as connection:
        found = find_campaign(connection, context.sites, campaign, who.accounts)
        if window.line is not None:
            require_line(found, window.line)
    if context.receipt_keys is None:
        raise NoLogKeyError(NO_KEY)
    with database.writing(context.engine) as connection:
        checkpoint = sign_head(connection, context.receipt_keys, now)
    return _Export(context, found, window, context.receipt_keys, checkpoint, now)


def _export(context: AppContext, campaign: str, who: Caller, window: ReceiptWindow) -> str:
    export = _open(context, campaign, who, window)
    return export.write(export.request())


def _verify(
    context: AppContext, campaign: str, who: Caller, window: ReceiptWindow
) -> TaggedResponse:
    export = _open(context, campaign, who, window)
    minute, size = int(export.now.timestamp()) // SHARED_FOR_S, export.checkpoint.size
    key = ("receipts verification", campaign, window, context.sites, size, minute)
    answer = context.response_cache.get(key)
    if answer is None:
        document = _compute_verification(export)
        answer = TaggedResponse(document.model_dump_json().encode())
        context.response_cache.put(key, answer)
    return answer


def _compute_verification(export: _Export) -> ReceiptVerificationDocument:
    request, context = export.request(), export.context
    with database.reading(context.engine) as connection:
        size = export.checkpoint.size
        start = find_start_of_latest(connection, request.lines, size, MOST_VERIFIED)
    content = export.write(request if start is None else export.request(start))
    trusted = TrustedKeys(context.receipt_roots or None, export.keys.public)
    return describe_verification(verify_file(content.encode(), trusted), start)
