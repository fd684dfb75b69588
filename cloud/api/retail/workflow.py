"""`/api/retail/recommendations`: the queue of recommended prices, and the decisions on them.

Each decision happens once: of two people who decide at the same time one gets 409. In a bulk
request each decision succeeds or is refused by itself.
"""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import Connection

from cloud.api.campaigns.paging import After, Limit, cut_page
from cloud.api.operations.transactions import change_database_once
from cloud.api.retail.workflow_models import (
    ID_PATTERN,
    BulkRequest,
    BulkResponse,
    BulkResult,
    CategoryFilter,
    CodeFilter,
    PriceDecisionRequest,
    PriceDecisionResponse,
    QueuedRecommendation,
    QueuePricesRequest,
    QueuePricesResponse,
    RecommendationsPage,
    describe_price,
    describe_recommendation,
)
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.retail.manual_proposals import ChosenPrice, propose_chosen
from cloud.app.retail.proposing import propose_recommended
from cloud.app.retail.services import get_retail
from cloud.auth.access import RETAIL_ROLES, allow_roles
from cloud.sales.retail.decisions import (
    DecisionConflictError,
    DecisionError,
    PriceDecision,
    decide,
)
from cloud.sales.retail.hard_rules import HardRuleCheck
from cloud.sales.retail.observations import read_newest, read_stores
from cloud.sales.retail.price_steps import new_id
from cloud.sales.retail.prices import PriceKey, list_prices
from cloud.sales.retail.recommendation_store import (
    RecommendationFilter,
    RecommendationState,
    UnknownRecommendationError,
    count_states,
    find_recommendation,
    list_recommendations,
)
from cloud.sales.retail.rule_check import RuleBrokenError
from cloud.sales.retail.store_time import StoreTimeError, read_zone, to_instant
from cloud.sales.retail.tables import retail_prices

CHANGE_REFUSALS: Final = (*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503)
STATE_OF: Final = {
    "accept": RecommendationState.ACCEPTED,
    "change": RecommendationState.CHANGED,
    "reject": RecommendationState.REJECTED,
}
REFUSED: Final = (
    DecisionConflictError,
    DecisionError,
    RuleBrokenError,
    StoreTimeError,
    UnknownRecommendationError,
)

RecommendationId = Annotated[
    str, Path(alias="recommendation", pattern=ID_PATTERN, examples=["0" * 32])
]

router = APIRouter(tags=["retail prices"], dependencies=[allow_roles(*RETAIL_ROLES)])


@router.get(
    "/api/retail/recommendations", responses=problem_responses(*REFUSALS, 404, 422, 500, 503)
)
async def get_recommendations(
    request: Request,
    state: RecommendationState | None = None,
    product: CodeFilter = None,
    store: CodeFilter = None,
    region: CodeFilter = None,
    category: CategoryFilter = None,
    batch: CodeFilter = None,
    after: After = None,
    limit: Limit = 50,
) -> RecommendationsPage:
    """List recommended prices, the latest first."""
    now = get_context(request).clock()
    every = RecommendationFilter(
        product=product, store=store, region=region, category=category, batch=batch
    )
    chosen = RecommendationFilter(
        state=state, product=product, store=store, region=region, category=category, batch=batch
    )

    def read(connection: Connection) -> RecommendationsPage:
        last = None if after is None else find_recommendation(connection, after)
        found = list_recommendations(connection, chosen, now, after=last, most=limit + 1)
        shown, further = cut_page(found, limit)
        return RecommendationsPage(
            recommendations=[describe_recommendation(one, now) for one in shown],
            counts=count_states(connection, every, now),
            next=further,
        )

    return await read_database(request, read)


@router.post(
    "/api/retail/recommendations",
    status_code=201,
    response_model=QueuePricesResponse,
    responses=problem_responses(*CHANGE_REFUSALS),
)
async def propose_prices(
    request: Request, asked: QueuePricesRequest, idempotent: Idempotent
) -> Response:
    """Queue the recommended prices that change, or a chosen one; what waits is replaced."""
    rules = get_retail(request).rules

    def act(connection: Connection, actor: str, now: datetime) -> QueuePricesResponse:
        if asked.product and asked.store and asked.price_minor and asked.reason:
            chosen = ChosenPrice(
                PriceKey(asked.product, asked.store), asked.price_minor, asked.reason
            )
            one = propose_chosen(connection, rules, chosen, by=actor, now=now)
            return QueuePricesResponse(batch=one.batch, proposed=1, kept=0)
        keys = _list_keys(connection, asked, now)
        found = propose_recommended(connection, rules, keys, by=actor, now=now)
        first = next(iter(found.recommendations), None)
        return QueuePricesResponse(
            batch=None if first is None else first.batch,
            proposed=len(found.recommendations),
            kept=found.kept,
        )

    return await change_database_once(request, idempotent, act, 201)


@router.get(
    "/api/retail/recommendations/{recommendation}",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_recommendation(request: Request, name: RecommendationId) -> QueuedRecommendation:
    """Return one recommended price with its evidence."""
    now = get_context(request).clock()
    return await read_database(
        request,
        lambda connection: describe_recommendation(find_recommendation(connection, name), now),
    )


@router.post(
    "/api/retail/recommendations/{recommendation}/decision",
    response_model=PriceDecisionResponse,
    responses=problem_responses(*CHANGE_REFUSALS),
)
async def decide_on_recommendation(
    request: Request, name: RecommendationId, asked: PriceDecisionRequest, idempotent: Idempotent
) -> Response:
    """Accept, change or reject a recommended price."""

    def act(connection: Connection, actor: str, now: datetime) -> PriceDecisionResponse:
        return _decide(connection, name, asked, actor, now, new_id())

    return await change_database_once(request, idempotent, act)


@router.post(
    "/api/retail/recommendations/decisions",
    response_model=BulkResponse,
    responses=problem_responses(*CHANGE_REFUSALS),
)
async def decide_on_several(
    request: Request, asked: BulkRequest, idempotent: Idempotent
) -> Response:
    """Decide on up to 200 recommended prices; each has its own result."""

    def act(connection: Connection, actor: str, now: datetime) -> BulkResponse:
        batch = new_id()
        results = []
        for one in asked.decisions:
            try:
                result = _decide(connection, one.id, one, actor, now, batch)
            except REFUSED as error:
                results.append(BulkResult(id=one.id, done=False, result=None, refusal=str(error)))
            else:
                results.append(BulkResult(id=one.id, done=True, result=result, refusal=None))
        return BulkResponse(results=results)

    return await change_database_once(request, idempotent, act)


def _list_keys(connection: Connection, asked: QueuePricesRequest, now: datetime) -> list[PriceKey]:
    """The products in stores of a request that have a recent price point."""
    products = None if asked.product is None else [asked.product]
    stores = None if asked.store is None else {asked.store}
    if asked.region is not None:
        of_region = {one.store for one in read_stores(connection, asked.region)}
        stores = of_region if stores is None else stores & of_region
    return sorted(read_newest(connection, now, products, stores))


def _decide(
    connection: Connection,
    name: str,
    asked: PriceDecisionRequest,
    actor: str,
    now: datetime,
    batch: str,
) -> PriceDecisionResponse:
    decision = PriceDecision(
        state=STATE_OF[asked.decision],
        reason=asked.reason,
        price_minor=asked.price_minor,
        starts_at=_read_start(connection, name, asked),
    )
    check = HardRuleCheck(now)
    decided = decide(connection, name, decision, check, by=actor, now=now, batch=batch)
    mine = retail_prices.c.recommendation == name
    prices = list_prices(connection, mine, most=1)
    return PriceDecisionResponse(
        recommendation=describe_recommendation(decided.recommendation, now),
        price=describe_price(prices[0]) if prices else None,
    )


def _read_start(connection: Connection, name: str, asked: PriceDecisionRequest) -> datetime | None:
    if asked.starts_local is None:
        return asked.starts_at
    if asked.starts_at is not None:
        raise StoreTimeError("`starts_at` and `starts_local` are both given: choose one")
    store = find_recommendation(connection, name).store
    return to_instant(asked.starts_local, read_zone(connection, store))
