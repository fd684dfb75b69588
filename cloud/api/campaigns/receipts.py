"""`/api/campaigns/{campaign}/receipts`: the signed receipts of a campaign as one text file."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import AwareDatetime
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.campaigns.callers import CallerOf, CampaignId
from cloud.api.campaigns.listing import require_line
from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, allow_roles
from cloud.campaigns.campaign import find_campaign
from cloud.campaigns.receipts.booked_lines import SETTLED_AFTER, request_campaign
from cloud.database import EPOCH
from cloud.receipts.checkpoint_store import sign_head
from cloud.receipts.export import export_receipts
from cloud.receipts.signing_keys import NoLogKeyError

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(*EVERYBODY)])
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
    since: Annotated[
        AwareDatetime | None, Query(alias="from", description="null: the start of the flight")
    ] = None,
    until: Annotated[
        AwareDatetime | None, Query(description="null: five minutes before now")
    ] = None,
    line: Annotated[str | None, Query(max_length=63, description="one line only")] = None,
) -> PlainTextResponse:
    """Export the receipts of the booked time, with proofs, for `receipts verify`."""
    context: AppContext = get_context(request)

    def export() -> str:
        now = context.clock()
        with database.reading(context.engine) as connection:
            found = find_campaign(connection, context.sites, campaign, who.accounts)
            if line is not None:
                require_line(found, line)
        if context.receipt_keys is None:
            raise NoLogKeyError(NO_KEY)
        end = min(until, now) if until else now - SETTLED_AFTER
        wanted = request_campaign(found, context.sites, end, since=since or EPOCH, line=line)
        with database.writing(context.engine) as connection:
            checkpoint = sign_head(connection, context.receipt_keys, now)
        with database.reading(context.engine) as connection:
            return export_receipts(connection, wanted, checkpoint, context.receipt_keys, now)

    name = f'attachment; filename="{campaign}.receipts"'
    return PlainTextResponse(await run_in_threadpool(export), headers={"content-disposition": name})
