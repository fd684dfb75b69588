"""`/api/pricing/plans`: plans that are computed in the background and stored.

A plan belongs to the account for which it was created. For any other advertiser it does not exist:
message and response time are the same as for an unknown plan. An agency sees the plans of the
accounts that it acts for, staff roles see all plans.
"""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.app.buyer import BuyerOf
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.idempotency.idempotent_request import (
    MUTATION_REFUSALS,
    OptionalIdempotent,
    run_change,
)
from cloud.app.idempotency.key_store import Reply
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth import audit
from cloud.auth.access import BUYER_ROLES, Caller, allow_roles, receive_caller
from cloud.database import EPOCH, microseconds
from cloud.planning.plan_offers import read_offer
from cloud.planning.plan_request import StoredPlanRequest
from cloud.planning.plan_response import InfeasibleResponse, PlanResponse, PlanVersions
from cloud.planning.stored_plans import (
    read_stored_request,
    translate_answer,
    translate_request,
)
from cloud.pricing.optimise.brief import Objective
from cloud.sales.plans import (
    UNFINISHED,
    PlanPosition,
    PlanStatus,
    StoredPlan,
    find_plan,
    find_plans,
    insert_plan,
    new_plan_id,
    read_plan_answer,
    remove_plan,
)

MAX_PAGE: Final = 100
LOOK_AGAIN_S: Final = b"1"
CURSOR: Final = r"^[0-9]{1,16}-[0-9a-f]{32}$"

router = APIRouter(tags=["plans"], dependencies=[allow_roles(*BUYER_ROLES)])
Asker = Annotated[Caller, Depends(receive_caller)]
PlanId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])]


class PlanSummary(BaseModel):
    """A plan without its request and answer."""

    id: str = Field(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])
    account: str = Field(examples=["acme"], description="its owner")
    status: PlanStatus
    stage: str = Field(
        examples=["choosing whole positions"], description="the present stage of the work"
    )
    done: float = Field(ge=0, le=1, description="the finished share of the work")
    kept_at: datetime
    finished_at: datetime | None = Field(description="null: not finished")
    expires_at: datetime = Field(description="it is deleted then")
    budget: Decimal = Field(examples=["2500.00"])
    currency: str = Field(examples=["GBP"])
    first_on: date = Field(serialization_alias="from")
    until_on: date = Field(serialization_alias="until")
    objective: Objective


class PlansResponse(BaseModel):
    """One page, the latest first."""

    plans: list[PlanSummary]
    next: str | None = Field(description="`after` of the next page; null on the last")


class PlanDetail(PlanSummary):
    """A plan with its request and its result."""

    sentence: str | None = Field(description="why it failed; null: it did not")
    question: StoredPlanRequest
    versions: PlanVersions | None = Field(description="null: no answer yet")
    answer: PlanResponse | InfeasibleResponse | None = Field(description="null: no answer yet")


@router.post(
    "/api/pricing/plans",
    status_code=201,
    response_model=PlanDetail,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def create_plan(
    request: Request,
    asked: StoredPlanRequest,
    who: Asker,
    buyer: BuyerOf,
    idempotent: OptionalIdempotent,
) -> Response:
    """Create a plan, computed in the background; `Location` has its address.

    Staff may create a plan for another account with `account`, an agency for one that it acts for.
    The plan is priced for that account. A request that is sent again with its `Idempotency-Key`
    is answered with the plan that it created.
    """
    context: AppContext = get_context(request)
    account = who.account if buyer.account is None else buyer.account

    def prepare() -> Callable[[Connection], Reply]:
        brief = asked.to_brief()
        for name in brief.locations:
            context.sites.location(name)
        read_offer(
            context, brief, account
        )  # refuse an invalid request now, not when its turn comes

        def change(connection: Connection) -> Reply:
            stored = _store(connection, asked, who, account, context.clock())
            where = f"/api/pricing/plans/{stored.id}"
            return Reply(201, _detail(stored, None, None), {"location": where})

        return change

    return await run_in_threadpool(run_change, context, idempotent, prepare)


@router.get(
    "/api/pricing/plans",
    response_model=PlansResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 422, 500, 503)},
)
async def list_plans(
    request: Request,
    accounts: ListedAccounts,
    after: Annotated[str | None, Query(pattern=CURSOR, description="`next` of a page")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
) -> Response:
    """List the stored plans of the caller, latest first; staff see all, an agency its clients'."""
    context: AppContext = get_context(request)
    position = None if after is None else _position(after)

    def read() -> PlansResponse:
        with database.reading(context.engine) as connection:
            found = find_plans(
                connection, accounts, context.clock(), after=position, most=limit + 1
            )
        shown = found[:limit]
        further = _cursor(shown[-1]) if len(found) > limit else None
        return PlansResponse(plans=[_summary(one) for one in shown], next=further)

    page = await run_in_threadpool(read)
    return TaggedResponse(page.model_dump_json(by_alias=True).encode()).answer(request)


@router.get(
    "/api/pricing/plans/{plan}",
    response_model=PlanDetail,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def get_plan(request: Request, plan: PlanId, who: Asker) -> Response:
    """Return one plan with its progress and its result."""
    context: AppContext = get_context(request)

    def read() -> tuple[StoredPlan, Response]:
        with database.reading(context.engine) as connection:
            found = find_plan(connection, plan, who.accounts, context.clock())
            detail = _detail(found, *read_plan_answer(connection, found.id))
        return found, TaggedResponse(detail).answer(request)

    found, response = await run_in_threadpool(read)
    if found.status in UNFINISHED:
        response.raw_headers.append((b"retry-after", LOOK_AGAIN_S))
    return response


@router.delete(
    "/api/pricing/plans/{plan}",
    status_code=204,
    response_class=Response,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def delete_plan(request: Request, plan: PlanId, who: Asker) -> None:
    """Delete a plan; its running search ends within seconds."""
    context: AppContext = get_context(request)

    def dropped() -> None:
        now = context.clock()
        with database.writing(context.engine) as connection:
            gone = remove_plan(connection, plan, who.accounts, now)
            audit.record_change(
                connection,
                at=now,
                actor=who.name[:120],
                action="plan.drop",
                about=gone.id,
                details={"account": gone.account, "status": gone.status},
            )

    await run_in_threadpool(dropped)


def _store(
    connection: Connection, asked: StoredPlanRequest, who: Caller, account: str, now: datetime
) -> StoredPlan:
    name = new_plan_id()
    details = {
        "account": account,
        "budget": str(asked.budget),
        "currency": asked.currency,
        "from": asked.first_on,
        "until": asked.until_on,
    }
    question = asked.model_dump_json(by_alias=True)
    details["question"] = hashlib.sha256(question.encode()).hexdigest()
    kept = insert_plan(connection, name, account, who.name[:120], question, now)
    details["expires_at"] = kept.expires_at.isoformat()
    audit.record_change(
        connection, at=now, actor=who.name[:120], action="plan.keep", about=name,
        details=details,
    )  # fmt: skip
    return kept


def _summary(kept: StoredPlan) -> PlanSummary:
    question = read_stored_request(kept.question)
    return PlanSummary(
        id=kept.id,
        account=kept.account,
        status=kept.status,
        stage=kept.stage,
        done=kept.done,
        kept_at=kept.kept_at,
        finished_at=kept.finished_at,
        expires_at=kept.expires_at,
        budget=question.budget,
        currency=question.currency,
        first_on=question.first_on,
        until_on=question.until_on,
        objective=question.objective,
    )


def _detail(kept: StoredPlan, answer: bytes | None, versions: bytes | None) -> bytes:
    """Encode as `PlanDetail`; JSON that was stored with the present names is copied unchanged."""
    detail: dict[str, Any] = _summary(kept).model_dump(mode="json", by_alias=True)
    detail["sentence"] = kept.sentence
    for name, held in (
        ("question", translate_request(kept.question.encode())),
        ("versions", versions),
        ("answer", None if answer is None else translate_answer(answer)),
    ):
        detail[name] = None if held is None else msgspec.Raw(held)
    return msgspec.json.encode(detail)


def _cursor(kept: StoredPlan) -> str:
    return f"{microseconds(kept.kept_at)}-{kept.id}"


def _position(written: str) -> PlanPosition:
    at_us, _, name = written.partition("-")
    return PlanPosition(EPOCH + timedelta(microseconds=int(at_us)), name)
