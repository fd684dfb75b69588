"""`/api/briefs`: saved briefs, for notifications of optimal slots and price drops.

A brief belongs to an account, as a plan does: for any other account it does not exist.
"""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.app.buyer import BuyerOf
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth import audit
from cloud.auth.access import BUYER_ROLES, Caller, allow_roles, receive_caller
from cloud.database import EPOCH, microseconds
from cloud.planning.plan_request import StoredPlanRequest
from cloud.planning.stored_plans import read_stored_request
from cloud.sales.brief_comparison import digest_question
from cloud.sales.saved_briefs import (
    DELETE,
    MAX_NAME,
    SAVE,
    BriefPosition,
    SavedBrief,
    find_brief,
    find_briefs,
    insert_brief,
    remove_brief,
)

MAX_PAGE: Final = 100
CURSOR: Final = r"^[0-9]{1,16}-[0-9a-f]{32}$"

router = APIRouter(tags=["notifications"], dependencies=[allow_roles(*BUYER_ROLES)])
Asker = Annotated[Caller, Depends(receive_caller)]
BriefId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]


class BriefToSave(BaseModel):
    """A brief under a name."""

    name: str = Field(min_length=1, max_length=MAX_NAME, examples=["Winter tea"])
    brief: StoredPlanRequest


class SavedBriefResponse(BriefToSave):
    """A saved brief."""

    id: str = Field(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])
    account: str = Field(examples=["acme"], description="its owner")
    created_at: datetime
    plan: str | None = Field(
        description="the stored plan that was last computed for it; null: no user is notified"
    )


class SavedBriefsResponse(BaseModel):
    """One page, the latest first."""

    briefs: list[SavedBriefResponse]
    next: str | None = Field(description="`after` of the next page; null on the last")


@router.post(
    "/api/briefs",
    status_code=201,
    response_model=SavedBriefResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def post_brief(
    request: Request, asked: BriefToSave, who: Asker, buyer: BuyerOf, idempotent: Idempotent
) -> Response:
    """Save a brief. Staff may save one for another account, an agency for a client's."""
    context: AppContext = get_context(request)
    account = who.account if buyer.account is None else buyer.account

    def change(connection: Connection) -> Reply:
        for name in asked.brief.to_brief().locations:
            context.sites.location(name)
        saved = _new(asked, account, who, context.clock())
        insert_brief(connection, saved)
        _record(connection, SAVE, saved, who, saved.created_at)
        body = _describe(saved).model_dump_json(by_alias=True).encode()
        return Reply(201, body, {"location": f"/api/briefs/{saved.id}"})

    return await run_in_threadpool(idempotent.run, context, change)


@router.get(
    "/api/briefs",
    response_model=SavedBriefsResponse,
    responses=problem_responses(*REFUSALS, 422, 500, 503),
)
async def get_briefs(
    request: Request,
    accounts: ListedAccounts,
    after: Annotated[str | None, Query(pattern=CURSOR, description="`next` of a page")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
) -> SavedBriefsResponse:
    """List the saved briefs of the caller, latest first; staff see all, an agency its clients'."""
    context: AppContext = get_context(request)

    def read() -> SavedBriefsResponse:
        position = None if after is None else _position(after)
        with database.reading(context.engine) as connection:
            found = find_briefs(connection, accounts, after=position, most=limit + 1)
        shown = found[:limit]
        further = _cursor(shown[-1]) if len(found) > limit else None
        return SavedBriefsResponse(briefs=[*map(_describe, shown)], next=further)

    return await run_in_threadpool(read)


@router.get(
    "/api/briefs/{brief}",
    response_model=SavedBriefResponse,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_brief(request: Request, brief: BriefId, who: Asker) -> SavedBriefResponse:
    """Return one saved brief."""
    context: AppContext = get_context(request)

    def read() -> SavedBriefResponse:
        with database.reading(context.engine) as connection:
            return _describe(find_brief(connection, brief, who.accounts))

    return await run_in_threadpool(read)


@router.delete(
    "/api/briefs/{brief}",
    status_code=204,
    response_class=Response,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def delete_brief(
    request: Request, brief: BriefId, who: Asker, idempotent: Idempotent
) -> Response:
    """Delete a saved brief; its plan stays until it is deleted or expires."""
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        gone = remove_brief(connection, brief, who.accounts)
        _record(connection, DELETE, gone, who, context.clock())
        return Reply(204)

    return await run_in_threadpool(idempotent.run, context, change)


def _new(asked: BriefToSave, account: str, who: Caller, now: datetime) -> SavedBrief:
    question = asked.brief.model_dump_json(by_alias=True)
    return SavedBrief(secrets.token_hex(16), account, asked.name, question, who.name[:120], now)


def _describe(saved: SavedBrief) -> SavedBriefResponse:
    return SavedBriefResponse(
        id=saved.id,
        account=saved.account,
        name=saved.name,
        brief=read_stored_request(saved.question),
        created_at=saved.created_at,
        plan=saved.plan,
    )


def _record(
    connection: Connection, action: str, saved: SavedBrief, who: Caller, at: datetime
) -> None:
    details = {
        "account": saved.account,
        "name": saved.name,
        "question": digest_question(saved.question),
    }
    audit.record_change(
        connection, at=at, actor=who.name[:120], action=action, about=saved.id, details=details
    )


def _cursor(saved: SavedBrief) -> str:
    return f"{microseconds(saved.created_at)}-{saved.id}"


def _position(written: str) -> BriefPosition:
    at_us, _, name = written.partition("-")
    return BriefPosition(EPOCH + timedelta(microseconds=int(at_us)), name)
