"""`POST /api/retail/price-points`: a batch of price points, committed once for its key.

Points that are refused are in the answer and in the error queue; the others are committed. The body
is read by the decoder of ingest, so that each point has its own reason.
"""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Meta, Raw
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import change_once
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import RETAIL_ROLES, allow_roles, caller_name
from cloud.ingest.retail.commit import BatchResult, IngestContext, PriceBatch, commit_points
from cloud.ingest.retail.decode import ReceivedPoint, decode_point
from cloud.ingest.retail.price_error import PriceError
from cloud.retail_wire import PriceErrorReason

MOST_POINTS: Final = 500
"""Some 450 bytes each: the server reads at most 256 KiB."""
LONGEST_SOURCE: Final = 63

router = APIRouter(tags=["retail prices"], dependencies=[allow_roles(*RETAIL_ROLES)])


class UnreadableBatchError(ValueError):
    """A body that is no batch of price points."""


class PricePointBatch(BaseModel):
    """Up to 500 price points; `docs/wire/retail/price-point.schema.json` describes one."""

    model_config = ConfigDict(extra="forbid")

    points: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=MOST_POINTS,
        description="see docs/wire/retail/price-point.schema.json",
    )


class RefusedPricePoint(BaseModel):
    """A point that is in the error queue and changes nothing."""

    position: int = Field(examples=[17], description="in the batch, from 0")
    reason: PriceErrorReason
    field: str | None = Field(examples=["price"], description="null: not about one field")
    found: str = Field(examples=["1.20"])
    expected: str = Field(examples=["more than the cost 1.40, or the promotion clearance"])


class PricePointResult(BaseModel):
    """What became of the points of a batch."""

    committed: int
    duplicates: int = Field(description="committed before, with the same content")
    flagged: int = Field(description="committed promotions whose price is unusual")
    refused: list[RefusedPricePoint]
    not_queued: int = Field(description="of the refused: only counted, because the queue is full")


class _RawBatch(msgspec.Struct, forbid_unknown_fields=True):
    points: Annotated[list[Raw], Meta(min_length=1, max_length=MOST_POINTS)]


@router.post(
    "/api/retail/price-points",
    response_model=PricePointResult,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 500, 503),
)
async def receive_price_points(
    request: Request, asked: PricePointBatch, idempotent: Idempotent
) -> Response:
    """Commit the points of a batch that are valid, each once."""
    context = get_context(request)
    points = _read_points(await request.body())
    batch = PriceBatch(_name_source(request), points, context.clock())
    known = context.price_master_data
    checked = IngestContext(await run_in_threadpool(known.get), known.rules)

    def change(connection: Connection) -> Reply:
        result = commit_points(connection, batch, checked)
        return Reply(200, _describe(result).model_dump_json().encode())

    return await change_once(request, idempotent, change)


def _read_points(body: bytes) -> list[ReceivedPoint]:
    try:
        parts = msgspec.json.decode(body, type=_RawBatch).points
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableBatchError(f"the body cannot be read: {error}") from error
    return [
        ReceivedPoint(str(number), decode_point(bytes(part), str(number)))
        for number, part in enumerate(parts)
    ]


def _name_source(request: Request) -> str:
    """Event ids are unique within it."""
    return f"api:{caller_name(request)}"[:LONGEST_SOURCE]


def _describe(result: BatchResult) -> PricePointResult:
    return PricePointResult(
        committed=result.committed,
        duplicates=result.duplicates,
        flagged=result.flagged,
        refused=[_describe_error(error) for error in result.errors],
        not_queued=result.left_out,
    )


def _describe_error(error: PriceError) -> RefusedPricePoint:
    return RefusedPricePoint(
        position=int(error.position), reason=error.reason, field=error.field, found=error.found,
        expected=error.expected,
    )  # fmt: skip
