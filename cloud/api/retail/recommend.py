"""Recommended retail prices: `GET /api/retail/recommend/...`, `POST /api/retail/batch-recommend`.

Each request reads its inputs; an answer is used again for at most five minutes, and only while the
inputs are the same. A batch answers its items in their order; an item without a recent price has a
reason there, and the others are answered.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.retail.descriptions import describe_recommendation
from cloud.api.retail.models import RecommendationResponse
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.retail.answer_cache import digest_inputs
from cloud.app.retail.price_inputs import PriceInputs, require_inputs
from cloud.app.retail.recommending import (
    KnownPrices,
    list_recommendations,
    read_known_prices,
)
from cloud.app.retail.services import RetailServices, get_retail
from cloud.auth.access import RETAIL_ROLES, allow_roles
from cloud.sales.retail.prices import PriceKey

MAX_ITEMS: Final = 1_000

router = APIRouter(tags=["retail"], dependencies=[allow_roles(*RETAIL_ROLES)])
ProductName = Annotated[str, Path(examples=["juice-1"], min_length=1, max_length=63)]
StoreName = Annotated[str, Path(examples=["s-001"], min_length=1, max_length=63)]


class RetailItem(BaseModel):
    """A product in a store."""

    model_config = ConfigDict(extra="forbid")

    product: str = Field(examples=["juice-1"], min_length=1, max_length=63)
    store: str = Field(examples=["s-001"], min_length=1, max_length=63)


class RetailBatchRequest(BaseModel):
    """Up to 1,000 products in stores."""

    model_config = ConfigDict(extra="forbid")

    items: list[RetailItem] = Field(min_length=1, max_length=MAX_ITEMS)


class RetailBatchItem(RetailItem):
    """An item with its recommendation, or with the reason why it has none."""

    recommendation: RecommendationResponse | None
    refused: str | None = Field(examples=["no price point of juice-9 in s-001 is from ..."])


class RetailBatchResponse(BaseModel):
    """The answers, in the order of the items."""

    answers: list[RetailBatchItem]


@router.get(
    "/api/retail/recommend/{product}/{store}",
    response_model=RecommendationResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 409, 422, 500, 503)},
)
async def recommend_price(request: Request, product: ProductName, store: StoreName) -> Response:
    """Recommend the price of a product in a store, with the rules that bind it and reasons."""
    context, retail = get_context(request), get_retail(request)
    found = await run_in_threadpool(_answer_one, context, retail, PriceKey(product, store))
    return found.answer(request)


@router.post(
    "/api/retail/batch-recommend",
    response_model=RetailBatchResponse,
    responses=problem_responses(*REFUSALS, 413, 422, 500, 503),
)
async def recommend_prices(request: Request, asked: RetailBatchRequest) -> Response:
    """Recommend up to 1,000 prices; each item has its recommendation or its reason."""
    context, retail = get_context(request), get_retail(request)
    body = await run_in_threadpool(_answer_batch, context, retail, asked.items)
    return Response(body, media_type="application/json")


def _answer_one(context: AppContext, retail: RetailServices, key: PriceKey) -> TaggedResponse:
    known = _read(context, retail, [key])
    inputs = require_inputs(known.inputs[key])
    digest = digest_inputs(inputs, known.rules.rules.digest, known.now.date())

    def compute() -> bytes:
        found = list_recommendations(known)[key]
        answer = describe_recommendation(found, inputs, known.rules, known.now)
        return answer.model_dump_json().encode()

    return retail.answers.find_or_compute(context.shared, digest, known.now, compute)


def _answer_batch(context: AppContext, retail: RetailServices, items: list[RetailItem]) -> bytes:
    known = _read(context, retail, [PriceKey(one.product, one.store) for one in items])
    found = list_recommendations(known)
    described = {
        key: describe_recommendation(found[key], inputs, known.rules, known.now)
        for key, inputs in known.inputs.items()
        if isinstance(inputs, PriceInputs)
    }
    refused = {key: str(one) for key, one in known.inputs.items() if key not in described}
    keyed = [(PriceKey(one.product, one.store), one) for one in items]
    response = RetailBatchResponse(
        answers=[
            RetailBatchItem(
                product=one.product,
                store=one.store,
                recommendation=described.get(key),
                refused=refused.get(key),
            )
            for key, one in keyed
        ]
    )
    return response.model_dump_json().encode()


def _read(context: AppContext, retail: RetailServices, keys: list[PriceKey]) -> KnownPrices:
    with database.reading(context.engine) as connection:
        return read_known_prices(connection, retail.rules, keys, context.clock())
