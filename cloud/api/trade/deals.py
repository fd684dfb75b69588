"""`/api/openrtb/deals`: private deals, and bid requests for their slots.

Sales creates a deal and asks its bidder for a slot; the answer tells what became of it. Buyers read
the deals of their account. A request that is sent again with the same `Idempotency-Key` asks the
bidder once.
"""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.campaigns.callers import CallerOf
from cloud.api.orders.order_change import actor_of
from cloud.api.pricing import require_near
from cloud.api.trade.documents import (
    ID,
    BidRequestDocument,
    BidRequestsPage,
    BidSlotRequest,
    DealDocument,
    DealRequest,
    DealsPage,
    describe_deal,
    describe_request,
)
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import BUYER_ROLES, allow_roles
from cloud.auth.keys import Role
from cloud.trade.deals.auction import run_auction
from cloud.trade.deals.bidder_client import BidderClient
from cloud.trade.deals.deal import NewDeal, close_deal, create_deal, find_deal, list_deals
from cloud.trade.deals.notices import list_notices
from cloud.trade.deals.offers import compute_offer
from cloud.trade.deals.request_store import list_requests, open_request

MAX_PAGE: Final = 100
READ_PROBLEMS: Final = problem_responses(*REFUSALS, 404, 422, 500, 503)
CHANGE_PROBLEMS: Final = problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503)
DEALS: Final = "/api/openrtb/deals"
DEAL: Final = DEALS + "/{deal}"
REQUESTS: Final = DEAL + "/bid-requests"

router = APIRouter(tags=["trade"], dependencies=[allow_roles(*BUYER_ROLES)])
DealId = Annotated[str, Path(examples=[ID], max_length=64)]
Offset = Annotated[int, Query(ge=0, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]


@router.get(DEALS, responses=READ_PROBLEMS)
async def get_deals(
    request: Request,
    who: CallerOf,
    accounts: ListedAccounts,
    offset: Offset = 0,
    limit: Limit = 20,
) -> DealsPage:
    """List the deals of the caller; staff see all."""
    context: AppContext = get_context(request)

    def read() -> DealsPage:
        with database.reading(context.engine) as connection:
            found = list_deals(connection, accounts, offset=offset, limit=limit)
        return DealsPage(deals=[describe_deal(one, is_staff=who.sees_all) for one in found])

    return await run_in_threadpool(read)


@router.get(DEAL, responses=READ_PROBLEMS)
async def get_deal(request: Request, deal: DealId, who: CallerOf) -> DealDocument:
    """Return one deal."""
    context: AppContext = get_context(request)

    def read() -> DealDocument:
        with database.reading(context.engine) as connection:
            found = find_deal(connection, deal, who.accounts)
        return describe_deal(found, is_staff=who.sees_all)

    return await run_in_threadpool(read)


@router.post(
    DEALS,
    status_code=201,
    response_model=DealDocument,
    dependencies=[allow_roles(Role.SALES)],
    responses=CHANGE_PROBLEMS,
)
async def post_deal(
    request: Request, asked: DealRequest, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Create a deal for the account of an order."""
    context: AppContext = get_context(request)
    get_bidders(request).parse(asked.url)
    values = asked.model_dump(exclude={"order", "locations"})
    new = NewDeal(order_id=asked.order, locations=tuple(asked.locations), **values)

    def change(connection: Connection) -> Reply:
        deal = create_deal(connection, context.sites, new, by=who.name, now=context.clock())
        body = describe_deal(deal, is_staff=True).model_dump_json().encode()
        return Reply(201, body, {"location": f"{DEALS}/{deal.id}"})

    return await run_in_threadpool(idempotent.run, context, change)


@router.post(
    DEAL + "/close",
    response_model=DealDocument,
    dependencies=[allow_roles(Role.SALES)],
    responses=CHANGE_PROBLEMS,
)
async def post_close(
    request: Request, deal: DealId, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Close a deal: its bidder is not asked any more; what it won stays booked."""
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        closed = close_deal(connection, deal, by=who.name, now=context.clock())
        return Reply(200, describe_deal(closed, is_staff=True).model_dump_json().encode())

    return await run_in_threadpool(idempotent.run, context, change)


@router.get(REQUESTS, responses=READ_PROBLEMS)
async def get_bid_requests(
    request: Request, deal: DealId, who: CallerOf, offset: Offset = 0, limit: Limit = 20
) -> BidRequestsPage:
    """List the bid requests of a deal with what became of them."""
    context: AppContext = get_context(request)

    def read() -> BidRequestsPage:
        with database.reading(context.engine) as connection:
            found = find_deal(connection, deal, who.accounts)
            records = list_requests(connection, found.id, offset=offset, limit=limit)
            notices = list_notices(connection, [one.id for one in records])
        return BidRequestsPage(bid_requests=[describe_request(one, notices) for one in records])

    return await run_in_threadpool(read)


@router.post(
    REQUESTS,
    status_code=201,
    response_model=BidRequestDocument,
    dependencies=[allow_roles(Role.SALES)],
    responses=CHANGE_PROBLEMS,
)
async def post_bid_request(
    request: Request, deal: DealId, asked: BidSlotRequest, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Ask the bidder of a deal for one loop position of an hour, and book what it wins."""
    context: AppContext = get_context(request)
    client, actor = get_bidders(request), actor_of(request)

    def prepare() -> Callable[[Connection], Reply]:
        with database.reading(context.engine) as connection:
            found = find_deal(connection, deal, None)
        offer = compute_offer(context, found, asked.location, asked.time_slot)
        require_near(offer.slot, context.clock())

        def change(connection: Connection) -> Reply:
            record = open_request(connection, found, offer, by=who.name, now=context.clock())
            return Reply(201, b"{}", {"x-bid-request": record.id})

        return change

    def run() -> Response:
        answer = idempotent.run_prepared(context, prepare)
        record = run_auction(context, client, actor, answer.headers["x-bid-request"])
        with database.reading(context.engine) as connection:
            notices = list_notices(connection, [record.id])
        headers = {"location": REQUESTS.format(deal=record.deal_id)} | {
            name: value for name, value in answer.headers.items() if name == "idempotent-replayed"
        }
        body = describe_request(record, notices).model_dump_json()
        return Response(body, answer.status_code, headers, "application/json")

    return await run_in_threadpool(run)


def get_bidders(request: Request) -> BidderClient:
    """The client of bidders of the application."""
    found: BidderClient = request.app.state.bidders
    return found
