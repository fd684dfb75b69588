"""`/api/creatives`: creatives of the caller, and their approval by sales or operations."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud.api.campaigns.callers import CallerOf, choose_account
from cloud.api.campaigns.paging import After, Limit, cut_page
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, allow_roles
from cloud.auth.keys import ACCOUNT_PATTERN, Role
from cloud.campaigns.creatives import (
    Creative,
    CreativeStatus,
    NewCreative,
    create_creative,
    decide_creative,
    find_creative,
    list_creatives,
)

PLAIN: Final = r"^[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$"
MEDIA_TYPES: Final = r"^(image|video)/[a-z0-9][a-z0-9.+-]{0,60}$"
MILLISECOND: Final = timedelta(milliseconds=1)

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(*EVERYBODY)])
CreativeId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]


class CreativeRequest(BaseModel):
    """A creative to store."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=64, examples=["winter-10s"])
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", examples=["0" * 64])
    reference: str | None = Field(default=None, max_length=500, pattern=PLAIN)
    media_type: str = Field(pattern=MEDIA_TYPES, examples=["video/mp4"])
    width_px: int = Field(ge=1, le=32_768, examples=[1080])
    height_px: int = Field(ge=1, le=32_768, examples=[1920])
    duration_s: float | None = Field(default=None, gt=0, le=3_600, examples=[10])
    categories: list[Annotated[str, Field(max_length=40, pattern=PLAIN)]] = Field(
        default_factory=list, max_length=20, examples=[["alcohol"]]
    )
    account: str | None = Field(
        default=None, pattern=ACCOUNT_PATTERN, description="of a client, for staff and agencies"
    )


class RejectionRequest(BaseModel):
    """Why a creative is rejected."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=3, max_length=300, pattern=PLAIN)


class CreativeDocument(BaseModel):
    """A creative with its approval."""

    id: str
    account: str
    name: str
    sha256: str
    reference: str | None
    media_type: str
    width_px: int
    height_px: int
    duration_s: float | None
    categories: list[str]
    status: CreativeStatus
    reason: str | None = Field(description="of a rejection")
    created_at: datetime
    decided_at: datetime | None


class CreativesPage(BaseModel):
    """One page, the latest first."""

    creatives: list[CreativeDocument]
    next: str | None = Field(description="`after` of the next page; null on the last")


@router.get("/api/creatives", responses=problem_responses(*REFUSALS, 404, 422, 500, 503))
async def get_creatives(
    request: Request,
    accounts: ListedAccounts,
    status: CreativeStatus | None = None,
    after: After = None,
    limit: Limit = 20,
) -> CreativesPage:
    """List the creatives of the caller; staff see all."""

    def read(connection: Connection) -> CreativesPage:
        last = None if after is None else find_creative(connection, after, accounts)
        found = list_creatives(connection, accounts, status=status, after=last, most=limit + 1)
        shown, further = cut_page(found, limit)
        return CreativesPage(creatives=[_describe(one) for one in shown], next=further)

    return await read_database(request, read)


@router.get("/api/creatives/{creative}", responses=problem_responses(*REFUSALS, 404, 422, 500, 503))
async def get_creative(request: Request, creative: CreativeId, who: CallerOf) -> CreativeDocument:
    """Return one creative with its approval."""
    return await read_database(
        request, lambda connection: _describe(find_creative(connection, creative, who.accounts))
    )


@router.post(
    "/api/creatives",
    status_code=201,
    response_model=CreativeDocument,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 500, 503),
)
async def post_creative(
    request: Request, asked: CreativeRequest, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Store a creative, which is then pending; the same file again is the stored creative."""
    context: AppContext = get_context(request)
    account = choose_account(who, asked.account)

    def change(connection: Connection) -> Reply:
        stored = create_creative(
            connection, _read_request(asked, account), by=who.name, now=context.clock()
        )
        return Reply(201, _encode(stored), {"location": f"/api/creatives/{stored.id}"})

    return await run_in_threadpool(idempotent.run, context, change)


@router.post(
    "/api/creatives/{creative}/approve",
    dependencies=[allow_roles(Role.SALES, Role.OPERATIONS)],
    response_model=CreativeDocument,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def approve_creative(
    request: Request, creative: CreativeId, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Approve a creative: it may be shown."""
    return await _decide(request, creative, who, idempotent, CreativeStatus.APPROVED, None)


@router.post(
    "/api/creatives/{creative}/reject",
    dependencies=[allow_roles(Role.SALES, Role.OPERATIONS)],
    response_model=CreativeDocument,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def reject_creative(
    request: Request,
    creative: CreativeId,
    asked: RejectionRequest,
    who: CallerOf,
    idempotent: Idempotent,
) -> Response:
    """Reject a creative with a reason."""
    return await _decide(request, creative, who, idempotent, CreativeStatus.REJECTED, asked.reason)


async def _decide(
    request: Request,
    creative: str,
    who: CallerOf,
    idempotent: Idempotent,
    status: CreativeStatus,
    reason: str | None,
) -> Response:
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        decided = decide_creative(
            connection, creative, status, reason=reason, by=who.name, now=context.clock()
        )
        return Reply(200, _encode(decided), {})

    return await run_in_threadpool(idempotent.run, context, change)


def _read_request(asked: CreativeRequest, account: str) -> NewCreative:
    values: dict[str, Any] = asked.model_dump(exclude={"account", "duration_s", "categories"})
    duration = None if asked.duration_s is None else timedelta(seconds=asked.duration_s)
    categories = tuple(sorted(set(asked.categories)))
    return NewCreative(account=account, duration=duration, categories=categories, **values)


def _describe(creative: Creative) -> CreativeDocument:
    names = set(CreativeDocument.model_fields) - {"duration_s", "categories"}
    duration = creative.duration
    return CreativeDocument(
        **{name: getattr(creative, name) for name in names},
        duration_s=None if duration is None else duration / timedelta(seconds=1),
        categories=list(creative.categories),
    )


def _encode(creative: Creative) -> bytes:
    return msgspec.json.encode(_describe(creative).model_dump(mode="json"))
