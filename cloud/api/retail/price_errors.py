"""`/api/retail/price-errors`: refused price points: list, count, show, repair, replay, close."""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Row
from starlette.concurrency import run_in_threadpool

from cloud.api.operations.dead_letters import escape_payload
from cloud.api.operations.transactions import change_database, name_actor
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import RETAIL_ROLES, allow_roles
from cloud.ingest.retail.commit import IngestContext
from cloud.ingest.retail.error_queue import (
    ErrorSearch,
    close_error,
    count_errors,
    find_errors,
    read_error,
)
from cloud.ingest.retail.error_replay import Repair, replay_error
from cloud.ingest.retail.error_store import ErrorState
from cloud.retail_wire import PriceErrorReason

MAX_NUMBER: Final = 2**63 - 1
MAX_PAGE: Final = 500
LONGEST_NOTE: Final = 500
LONGEST_VALUE: Final = 200
MOST_CHANGES: Final = 30

router = APIRouter(tags=["retail prices"], dependencies=[allow_roles(*RETAIL_ROLES)])
Number = Annotated[int, Path(alias="price_error", ge=1, le=MAX_NUMBER)]
SourceFilter = Annotated[str | None, Query(max_length=63, pattern=r"^[\x20-\x7e]+$")]


class PriceErrorResponse(BaseModel):
    """One refused price point; equal ones of a source are one entry."""

    id: int = Field(examples=[17])
    source: str = Field(examples=["api:till"])
    position: str = Field(examples=["points.csv:17"])
    reason: PriceErrorReason
    field: str | None = Field(examples=["price"], description="null: not about one field")
    found: str = Field(examples=["1.20"])
    expected: str = Field(examples=["more than the cost 1.40, or the promotion clearance"])
    payload_bytes: int = Field(description="as it was received")
    times: int = Field(description="how often it arrived")
    first_received_at: datetime
    last_received_at: datetime
    state: ErrorState
    decided_by: str | None = Field(description="null: open")
    decided_at: datetime | None
    note: str | None = Field(description="why it was closed")


class PriceErrorsResponse(BaseModel):
    """One page, the newest first."""

    errors: list[PriceErrorResponse]
    next: int | None = Field(description="`before` of the next page; null on the last")


class PriceErrorDetail(PriceErrorResponse):
    """One entry with its payload."""

    payload: str = Field(description="as text; what cannot be printed is escaped")
    repaired: str | None = Field(description="what was committed in its place")


class PriceErrorCountResponse(BaseModel):
    """Entries of one source and reason."""

    source: str
    reason: PriceErrorReason
    open: int
    stored: int = Field(description="ever, open or not")
    left_out: int = Field(description="beyond the limit of the source: only counted")
    last_at: datetime


class PriceErrorCounts(BaseModel):
    """Entries by source and reason."""

    counts: list[PriceErrorCountResponse]


class PriceErrorReplay(BaseModel):
    """How to try again; without changes the point is tried as it is."""

    model_config = ConfigDict(extra="forbid")

    changes: dict[
        Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=LONGEST_VALUE)] | None
    ] = Field(
        default_factory=dict, max_length=MOST_CHANGES, examples=[{"price": "2.49"}],
        description="values by field, as texts; null removes a field",
    )  # fmt: skip
    confirm_outlier: bool = Field(False, description="the price is right, however unusual")


class PriceErrorOutcome(BaseModel):
    """What became of a repair or replay."""

    committed: bool = Field(description="false: refused again; the entry stays open")
    outcome: str = Field(examples=["committed"])


class PriceErrorClosing(BaseModel):
    """Why the point will not be committed."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(min_length=1, max_length=LONGEST_NOTE, examples=["test of the till"])


class PriceErrorClosed(BaseModel):
    """The entry that was closed."""

    id: int


@router.get("/api/retail/price-errors", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def list_price_errors(
    request: Request,
    source: SourceFilter = None,
    reason: PriceErrorReason | None = None,
    state: Annotated[ErrorState | None, Query(description="absent: open ones")] = ErrorState.OPEN,
    before: Annotated[int | None, Query(ge=1, le=MAX_NUMBER)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> PriceErrorsResponse:
    """List refused price points, page by page."""
    search = ErrorSearch(source, reason, state)
    found = await read_database(
        request, partial(find_errors, search=search, before=before, most=limit + 1)
    )
    shown = [PriceErrorResponse(**_describe(one)) for one in found[:limit]]
    return PriceErrorsResponse(errors=shown, next=shown[-1].id if len(found) > limit else None)


@router.get(
    "/api/retail/price-errors/counts", responses=problem_responses(*REFUSALS, 422, 500, 503)
)
async def count_price_errors(request: Request, source: SourceFilter = None) -> PriceErrorCounts:
    """Count refused price points by source and reason."""
    found = await read_database(request, partial(count_errors, source=source))
    return PriceErrorCounts(counts=[PriceErrorCountResponse(**asdict(one)) for one in found])


@router.get(
    "/api/retail/price-errors/{price_error}",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_price_error(request: Request, number: Number) -> PriceErrorDetail:
    """Show one refused price point with its payload."""
    found = await read_database(request, partial(read_error, number=number))
    return PriceErrorDetail(
        **_describe(found),
        payload=escape_payload(found.payload.encode()),
        repaired=found.repaired,
    )


@router.post(
    "/api/retail/price-errors/{price_error}/replay",
    responses=problem_responses(*REFUSALS, 404, 409, 413, 422, 500, 503),
)
async def replay_price_error(
    request: Request, number: Number, asked: PriceErrorReplay
) -> PriceErrorOutcome:
    """Validate a point again, with changes or as it is; it is committed at most once."""
    context = get_context(request)
    known = context.price_master_data
    checked = IngestContext(await run_in_threadpool(known.get), known.rules)
    repair = Repair(asked.changes, asked.confirm_outlier)
    run = partial(
        replay_error, context.engine, number, repair, context=checked, actor=name_actor(request),
        now=context.clock(),
    )  # fmt: skip
    outcome = await run_in_threadpool(run)
    return PriceErrorOutcome(committed=outcome.is_committed, outcome=outcome.sentence)


@router.post(
    "/api/retail/price-errors/{price_error}/close",
    responses=problem_responses(*REFUSALS, 404, 409, 413, 422, 500, 503),
)
async def close_price_error(
    request: Request, number: Number, asked: PriceErrorClosing
) -> PriceErrorClosed:
    """Close an entry that will not be committed."""

    def act(connection: Connection, actor: str, now: datetime) -> PriceErrorClosed:
        close_error(connection, number, note=asked.note, actor=actor, now=now)
        return PriceErrorClosed(id=number)

    return await change_database(request, act)


def _describe(row: Row[Any]) -> dict[str, Any]:
    plain = row._mapping
    return {name: plain[name] for name in PriceErrorResponse.model_fields}
