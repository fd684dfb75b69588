"""`/api/make-goods`: proposals for lines that have delivered too little, and decisions."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud.api.campaigns.callers import CallerOf, CampaignId
from cloud.api.campaigns.paging import After, Limit, cut_page
from cloud.app.campaign_figures import usual_audience
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, allow_roles
from cloud.auth.keys import Role
from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.campaign import find_campaign
from cloud.campaigns.make_good_proposals import propose_make_goods
from cloud.campaigns.make_good_store import (
    MakeGood,
    MakeGoodStateError,
    MakeGoodStatus,
    Remedy,
    decide_make_good,
    find_make_good,
    list_make_goods,
)

PLAIN: Final = r"^[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$"

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(*EVERYBODY)])
MakeGoodId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]


class ProposalRequest(BaseModel):
    """How shortfalls are to be made good."""

    model_config = ConfigDict(extra="forbid")

    remedy: Remedy = Remedy.CREDIT


class DecisionRequest(BaseModel):
    """Why a proposal is approved or rejected."""

    model_config = ConfigDict(extra="forbid")

    decision: str | None = Field(default=None, min_length=3, max_length=300, pattern=PLAIN)


class MakeGoodDocument(BaseModel):
    """A make-good. `delivered_low` and `delivered_high` are P10 and P90."""

    id: str
    line_id: str
    account: str
    metric: str
    booked: int
    delivered: int
    delivered_low: int
    delivered_high: int
    remedy: Remedy
    credit_minor: int = Field(description="without VAT; 0 for a new line")
    currency: str
    status: MakeGoodStatus
    reason: str
    proposed_at: datetime
    decided_at: datetime | None
    decision: str | None
    settled_at: datetime | None
    settled_by_document: str | None = Field(description="credit note or new line")


class ProposalsDocument(BaseModel):
    """The proposals for a campaign; empty: no line is certainly short."""

    make_goods: list[MakeGoodDocument]


class MakeGoodsPage(ProposalsDocument):
    """One page, the latest first."""

    next: str | None = Field(description="`after` of the next page; null on the last")


@router.post(
    "/api/campaigns/{campaign}/make-goods",
    dependencies=[allow_roles(Role.SALES, Role.FINANCE)],
    status_code=201,
    response_model=ProposalsDocument,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def propose_campaign_make_goods(
    request: Request,
    campaign: CampaignId,
    asked: ProposalRequest,
    who: CallerOf,
    idempotent: Idempotent,
) -> Response:
    """Propose a make-good for each ended line whose P90 of delivery is below what was booked."""
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        found = find_campaign(connection, context.sites, campaign, who.accounts)
        proposed = propose_make_goods(
            connection, found.lines, usual_audience(context), asked.remedy,
            by=who.name, now=context.clock(),
        )  # fmt: skip
        body = ProposalsDocument(make_goods=[_describe(one) for one in proposed])
        return Reply(201, body.model_dump_json().encode(), {})

    return await run_in_threadpool(idempotent.run, context, change)


@router.get("/api/make-goods", responses=problem_responses(*REFUSALS, 404, 422, 500, 503))
async def get_make_goods(
    request: Request,
    accounts: ListedAccounts,
    status: MakeGoodStatus | None = None,
    after: After = None,
    limit: Limit = 20,
) -> MakeGoodsPage:
    """List the make-goods of the caller; staff see all."""

    def read(connection: Connection) -> MakeGoodsPage:
        last = None if after is None else find_make_good(connection, after, accounts)
        found = list_make_goods(connection, accounts, status=status, after=last, most=limit + 1)
        shown, further = cut_page(found, limit)
        return MakeGoodsPage(make_goods=[_describe(one) for one in shown], next=further)

    return await read_database(request, read)


@router.get(
    "/api/make-goods/{make_good}", responses=problem_responses(*REFUSALS, 404, 422, 500, 503)
)
async def get_make_good(request: Request, make_good: MakeGoodId, who: CallerOf) -> MakeGoodDocument:
    """Return one make-good."""
    return await read_database(
        request, lambda connection: _describe(find_make_good(connection, make_good, who.accounts))
    )


@router.post(
    "/api/make-goods/{make_good}/approve",
    dependencies=[allow_roles(Role.FINANCE)],
    response_model=MakeGoodDocument,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def approve_make_good(
    request: Request,
    make_good: MakeGoodId,
    asked: DecisionRequest,
    who: CallerOf,
    idempotent: Idempotent,
) -> Response:
    """Approve a proposal, once late reports can no longer change the delivery."""
    return await _decide(request, make_good, asked, who, idempotent, MakeGoodStatus.APPROVED)


@router.post(
    "/api/make-goods/{make_good}/reject",
    dependencies=[allow_roles(Role.FINANCE)],
    response_model=MakeGoodDocument,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def reject_make_good(
    request: Request,
    make_good: MakeGoodId,
    asked: DecisionRequest,
    who: CallerOf,
    idempotent: Idempotent,
) -> Response:
    """Reject a proposal."""
    return await _decide(request, make_good, asked, who, idempotent, MakeGoodStatus.REJECTED)


async def _decide(
    request: Request,
    make_good: str,
    asked: DecisionRequest,
    who: CallerOf,
    idempotent: Idempotent,
    status: MakeGoodStatus,
) -> Response:
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        found = find_make_good(connection, make_good, who.accounts)
        line = read_lines(connection, context.sites, "line_id", [found.line_id]).get(found.line_id)
        if line is None:
            raise MakeGoodStateError(f"order line {found.line_id} does not exist any more")
        decided = decide_make_good(
            connection, make_good, status, flight_ends_at=line.ends_at,
            decision=asked.decision, by=who.name, now=context.clock(),
        )  # fmt: skip
        return Reply(200, _describe(decided).model_dump_json().encode(), {})

    return await run_in_threadpool(idempotent.run, context, change)


def _describe(found: MakeGood) -> MakeGoodDocument:
    return MakeGoodDocument(
        **{name: getattr(found, name) for name in MakeGoodDocument.model_fields}
    )
