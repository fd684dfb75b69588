"""`/api/pricing/plans`: plans that are worked out while nobody waits, and kept.

A plan belongs to the account of the key that asked for it. To every other advertiser it is a plan
that never was: the same words, the same work. Who sells for the house sees all.
"""

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.buyer import BuyerOf
from cloud.app.context import Desk
from cloud.app.etag import NOT_MODIFIED, Tagged
from cloud.app.problem import REFUSALS, documented
from cloud.app.rate_card_reload import desk_of
from cloud.auth import audit
from cloud.auth.access import Caller, asker, opened_to
from cloud.auth.keys import Role
from cloud.database import EPOCH, microseconds
from cloud.planning.plan_offers import offer
from cloud.planning.plan_request import AskedKept
from cloud.planning.plan_response import ImpossibleAnswer, PlanAnswer, PlanVersions
from cloud.pricing.optimise.brief import Objective
from cloud.sales.plans import (
    TO_DO,
    KeptPlan,
    Position,
    Status,
    answer_of,
    drop,
    find,
    keep,
    new_name,
    page,
)

MOST: Final = 100
LOOK_AGAIN_S: Final = b"1"
CURSOR: Final = r"^[0-9]{1,16}-[0-9a-f]{32}$"

router = APIRouter(tags=["plans"], dependencies=[opened_to(Role.SALES, Role.ADVERTISER)])
Asker = Annotated[Caller, Depends(asker)]
PlanId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])]


class PlanShown(BaseModel):
    """A plan in short."""

    id: str = Field(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])
    account: str = Field(examples=["acme"], description="whose it is")
    status: Status
    stage: str = Field(examples=["choosing whole shares"], description="what is done just now")
    done: float = Field(ge=0, le=1, description="the share of the work")
    kept_at: datetime
    finished_at: datetime | None = Field(description="null: not yet")
    expires_at: datetime = Field(description="it is forgotten then")
    budget: Decimal = Field(examples=["2500.00"])
    currency: str = Field(examples=["GBP"])
    first_on: date = Field(serialization_alias="from")
    until_on: date = Field(serialization_alias="until")
    objective: Objective


class PlansAnswer(BaseModel):
    """One page, the latest first."""

    plans: list[PlanShown]
    next: str | None = Field(description="`after` of the next page; null on the last")


class PlanInFull(PlanShown):
    """A plan with its question and what came of it."""

    sentence: str | None = Field(description="why it failed; null: it did not")
    question: AskedKept
    versions: PlanVersions | None = Field(description="null: no answer yet")
    answer: PlanAnswer | ImpossibleAnswer | None = Field(description="null: no answer yet")


@router.post(
    "/api/pricing/plans",
    status_code=201,
    response_model=PlanInFull,
    responses=documented(*REFUSALS, 404, 409, 413, 422, 500, 503),
)
async def keep_plan(request: Request, asked: AskedKept, who: Asker, buyer: BuyerOf) -> Response:
    """Have a plan worked out and keep it: its address is in `Location`, ask there how far it is.

    Staff may keep a plan for another account with `account`; it is priced for that account.
    """
    desk: Desk = desk_of(request)
    account = who.account if buyer.account is None else buyer.account

    def kept() -> bytes:
        brief = asked.brief()
        for name in brief.locations:
            desk.estate.location(name)
        offer(desk, brief, account)  # what cannot be asked is refused now, not when its turn comes
        return _in_full(_kept(desk, asked, who, account), None, None)

    body = await run_in_threadpool(kept)
    where = f"/api/pricing/plans/{msgspec.json.decode(body)['id']}"
    return Response(body, 201, {"location": where}, "application/json")


@router.get(
    "/api/pricing/plans",
    response_model=PlansAnswer,
    responses={304: NOT_MODIFIED, **documented(*REFUSALS, 422, 500, 503)},
)
async def plans(
    request: Request,
    who: Asker,
    after: Annotated[str | None, Query(pattern=CURSOR, description="`next` of a page")] = None,
    count: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> Response:
    """List the plans of one's own that are kept, the latest first."""
    desk: Desk = desk_of(request)
    position = None if after is None else _position(after)

    def read() -> PlansAnswer:
        with database.reading(desk.engine) as connection:
            found = page(connection, _whose(who), desk.clock(), after=position, most=count + 1)
        shown = found[:count]
        further = _cursor(shown[-1]) if len(found) > count else None
        return PlansAnswer(plans=[_shown(one) for one in shown], next=further)

    told = await run_in_threadpool(read)
    return Tagged(told.model_dump_json(by_alias=True).encode()).answer(request)


@router.get(
    "/api/pricing/plans/{plan}",
    response_model=PlanInFull,
    responses={304: NOT_MODIFIED, **documented(*REFUSALS, 404, 422, 500, 503)},
)
async def plan(request: Request, plan: PlanId, who: Asker) -> Response:
    """Show one plan: how far it is, and what came of it."""
    desk: Desk = desk_of(request)

    def read() -> tuple[KeptPlan, Response]:
        with database.reading(desk.engine) as connection:
            found = find(connection, plan, _whose(who), desk.clock())
            told = _in_full(found, *answer_of(connection, found.id))
        return found, Tagged(told).answer(request)

    found, response = await run_in_threadpool(read)
    if found.status in TO_DO:
        response.raw_headers.append((b"retry-after", LOOK_AGAIN_S))
    return response


@router.delete(
    "/api/pricing/plans/{plan}",
    status_code=204,
    response_class=Response,
    responses=documented(*REFUSALS, 404, 422, 500, 503),
)
async def drop_plan(request: Request, plan: PlanId, who: Asker) -> None:
    """Forget a plan; a search that is under way for it ends within seconds."""
    desk: Desk = desk_of(request)

    def dropped() -> None:
        now = desk.clock()
        with database.writing(desk.engine) as connection:
            gone = drop(connection, plan, _whose(who), now)
            audit.record(
                connection,
                at=now,
                actor=who.name[:120],
                action="plan.drop",
                about=gone.id,
                details={"account": gone.account, "status": gone.status},
            )

    await run_in_threadpool(dropped)


def _kept(desk: Desk, asked: AskedKept, who: Caller, account: str) -> KeptPlan:
    now, name = desk.clock(), new_name()
    details = {
        "account": account,
        "budget": str(asked.budget),
        "currency": asked.currency,
        "from": asked.first_on,
        "until": asked.until_on,
    }
    question = asked.model_dump_json(by_alias=True)
    details["question"] = hashlib.sha256(question.encode()).hexdigest()
    with database.writing(desk.engine) as connection:
        kept = keep(connection, name, account, who.name[:120], question, now)
        details["expires_at"] = kept.expires_at.isoformat()
        audit.record(
            connection, at=now, actor=who.name[:120], action="plan.keep", about=name,
            details=details,
        )  # fmt: skip
        return kept


def _whose(who: Caller) -> str | None:
    return None if who.sees_all else who.account


def _shown(kept: KeptPlan) -> PlanShown:
    question = AskedKept.model_validate_json(kept.question)
    return PlanShown(
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


def _in_full(kept: KeptPlan, answer: bytes | None, versions: bytes | None) -> bytes:
    """As `PlanInFull`; what has been written as JSON once is not read and written again."""
    told: dict[str, Any] = _shown(kept).model_dump(mode="json", by_alias=True)
    told["sentence"] = kept.sentence
    for name, held in (
        ("question", kept.question.encode()),
        ("versions", versions),
        ("answer", answer),
    ):
        told[name] = None if held is None else msgspec.Raw(held)
    return msgspec.json.encode(told)


def _cursor(kept: KeptPlan) -> str:
    return f"{microseconds(kept.kept_at)}-{kept.id}"


def _position(written: str) -> Position:
    at_us, _, name = written.partition("-")
    return Position(EPOCH + timedelta(microseconds=int(at_us)), name)
