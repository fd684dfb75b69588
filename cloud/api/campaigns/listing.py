"""`/api/campaigns`: the campaigns of the caller, their lines, and what lines are guaranteed."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.campaigns.callers import CallerOf, CampaignId, LineId
from cloud.api.campaigns.documents import (
    CampaignDetail,
    CampaignPage,
    CampaignSummary,
    describe_campaign,
    describe_line,
)
from cloud.api.campaigns.paging import After, Limit, cut_page
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, allow_roles
from cloud.auth.keys import Role
from cloud.campaigns.campaign import (
    Campaign,
    UnknownCampaignError,
    find_campaign,
    list_campaigns,
)
from cloud.campaigns.guarantees import Guarantee, Metric, set_guarantee

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(*EVERYBODY)])


class GuaranteeDocument(BaseModel):
    """What a line is guaranteed beside its booked plays."""

    model_config = ConfigDict(extra="forbid")

    metric: Metric = Field(examples=["ots"])
    amount: int = Field(ge=1, le=10**12, examples=[50_000])
    measured_only: bool = Field(
        default=False, description="the audience of plays that no camera observed does not count"
    )


@router.get("/api/campaigns", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def get_campaigns(
    request: Request,
    accounts: ListedAccounts,
    order: Annotated[
        str | None, Query(max_length=64, description="the campaign that an order is part of")
    ] = None,
    after: After = None,
    limit: Limit = 20,
) -> CampaignPage:
    """List the campaigns of the caller; staff see all."""
    context: AppContext = get_context(request)

    def read(connection: Connection) -> CampaignPage:
        found = list_campaigns(connection, context.sites, accounts)
        if order is not None:
            found = [one for one in found if order in one.order_ids]
        ids = [one.id for one in found]
        start = ids.index(after) + 1 if after in ids else 0
        shown, further = cut_page(found[start:], limit)
        now = context.clock()
        summaries = [CampaignSummary(**describe_campaign(one, now)) for one in shown]
        return CampaignPage(campaigns=summaries, next=further)

    return await read_database(request, read)


@router.get("/api/campaigns/{campaign}", responses=problem_responses(*REFUSALS, 404, 422, 500, 503))
async def get_campaign(request: Request, campaign: CampaignId, who: CallerOf) -> CampaignDetail:
    """Return one campaign with its lines."""
    context: AppContext = get_context(request)

    def read(connection: Connection) -> CampaignDetail:
        found = find_campaign(connection, context.sites, campaign, who.accounts)
        return CampaignDetail(
            **describe_campaign(found, context.clock()),
            lines=[describe_line(line) for line in found.lines.values()],
        )

    return await read_database(request, read)


@router.put(
    "/api/campaigns/{campaign}/lines/{line}/guarantee",
    dependencies=[allow_roles(Role.SALES)],
    response_model=GuaranteeDocument,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def put_guarantee(
    request: Request,
    campaign: CampaignId,
    line: LineId,
    asked: GuaranteeDocument,
    who: CallerOf,
    idempotent: Idempotent,
) -> Response:
    """State what a line is guaranteed; make-goods compare the delivery with it."""
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        found = find_campaign(connection, context.sites, campaign, who.accounts)
        require_line(found, line)
        guarantee = Guarantee(asked.metric, asked.amount, asked.measured_only)
        set_guarantee(connection, line, guarantee, by=who.name, now=context.clock())
        return Reply(200, msgspec.json.encode(asked.model_dump(mode="json")), {})

    return await run_in_threadpool(idempotent.run, context, change)


def read_campaign(context: AppContext, campaign: str, who: CallerOf) -> Campaign:
    """A campaign that the caller may see; raises UnknownCampaignError."""
    with database.reading(context.engine) as connection:
        return find_campaign(connection, context.sites, campaign, who.accounts)


def require_line(campaign: Campaign, line: str) -> None:
    """Raise UnknownCampaignError for a line that is not one of the campaign."""
    if line not in campaign.lines:
        raise UnknownCampaignError(
            "the campaign has no line of that id: GET /api/campaigns/{campaign} lists its lines"
        )
