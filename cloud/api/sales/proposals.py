"""`/api/proposals`: priced slots that sales offers to an account, and what becomes of them.

The prices are locked until the proposal expires, the positions are not held: a proposal whose slots
were sold since is refused with 409. For any other buyer a proposal does not exist.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlalchemy import Connection

from cloud.api.audience import RangeError
from cloud.api.booking.quotes import MAX_QUOTED
from cloud.api.campaigns.paging import After, Limit, cut_page
from cloud.api.orders.order_change import change_orders, change_prepared_orders
from cloud.api.sales.proposal_models import (
    LONGEST,
    NewProposalRequest,
    ProposalDetail,
    ProposalReason,
    ProposalsPage,
    describe_proposal,
    summarize_proposal,
)
from cloud.api.sales.proposal_slots import read_demand
from cloud.app.buyer import Buyer
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import (
    MUTATION_REFUSALS,
    Idempotent,
    IdempotentRequest,
)
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.slot_quotes import compute_quote
from cloud.auth.access import BUYER_ROLES, Caller, allow_roles, receive_caller
from cloud.auth.keys import Role
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.quote_locks import LockedQuote, new_id
from cloud.database import EPOCH
from cloud.sales.proposals.proposal import (
    Proposal,
    ProposalEndedError,
    ProposalFilter,
    ProposalState,
    UnknownProposalError,
    find_proposal,
    list_proposals,
    new_proposal,
)
from cloud.sales.proposals.proposal_steps import (
    ProposalRefused,
    accept_proposal,
    decline_proposal,
    offer_proposal,
    withdraw_proposal,
)

CHANGE_REFUSALS: Final = (*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503)
PROPOSAL_STATUS_OF: Final[dict[type[Exception], tuple[int, str]]] = {
    UnknownProposalError: (404, "Unknown proposal"),
    ProposalEndedError: (409, "Proposal has ended"),
    ProposalRefused: (422, "Invalid proposal"),
}

router = APIRouter(tags=["proposals"])
Asker = Annotated[Caller, Depends(receive_caller)]
ProposalId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]


@router.post(
    "/api/proposals",
    status_code=201,
    response_model=ProposalDetail,
    dependencies=[allow_roles(Role.SALES)],
    responses=problem_responses(*CHANGE_REFUSALS),
)
async def create_proposal(
    request: Request, asked: NewProposalRequest, who: Asker, idempotent: Idempotent
) -> Response:
    """Offer slots to an account at the present prices, locked until the proposal expires."""
    context: AppContext = get_context(request)

    def prepare() -> Callable[[OrderWork], Reply]:
        quote = _compute_quote(context, asked, who)
        proposal = new_proposal(
            asked.name, asked.note, quote, asked.plan, proposal_id=new_id(), by=who.name
        )

        def step(work: OrderWork) -> Reply:
            offer_proposal(work, proposal, quote)
            return _reply(work, proposal, 201)

        return step

    return await change_prepared_orders(request, idempotent, prepare)


@router.get(
    "/api/proposals",
    dependencies=[allow_roles(*BUYER_ROLES, Role.FINANCE)],
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_proposals(
    request: Request,
    who: Asker,
    accounts: ListedAccounts,
    state: ProposalState | None = None,
    after: After = None,
    limit: Limit = 20,
) -> ProposalsPage:
    """List the proposals to the caller's accounts, the latest first; staff see all."""
    context: AppContext = get_context(request)

    def read(connection: Connection) -> ProposalsPage:
        last = None if after is None else find_proposal(connection, after, who.accounts)
        chosen = ProposalFilter(accounts, state)
        now = context.clock()
        found = list_proposals(connection, chosen, now, after=last, most=limit + 1)
        shown, further = cut_page(found, limit)
        page = [summarize_proposal(one, now, is_staff=who.sees_all) for one in shown]
        return ProposalsPage(proposals=page, next=further)

    return await read_database(request, read)


@router.get(
    "/api/proposals/{proposal}",
    dependencies=[allow_roles(*BUYER_ROLES, Role.FINANCE)],
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_proposal(request: Request, proposal: ProposalId, who: Asker) -> ProposalDetail:
    """Return a proposal with its screens, also one that has ended."""
    context: AppContext = get_context(request)

    def read(connection: Connection) -> ProposalDetail:
        found = find_proposal(connection, proposal, who.accounts)
        return describe_proposal(connection, found, context.clock(), is_staff=who.sees_all)

    return await read_database(request, read)


@router.post(
    "/api/proposals/{proposal}/accept",
    response_model=ProposalDetail,
    dependencies=[allow_roles(Role.ADVERTISER, Role.AGENCY)],
    responses=problem_responses(*CHANGE_REFUSALS),
)
async def accept(
    request: Request, proposal: ProposalId, who: Asker, idempotent: Idempotent
) -> Response:
    """Accept a proposal: an order with reserved lines, to be booked as any other."""
    return await _change(request, idempotent, lambda work: accept_proposal(work, proposal))


@router.post(
    "/api/proposals/{proposal}/decline",
    response_model=ProposalDetail,
    dependencies=[allow_roles(Role.ADVERTISER, Role.AGENCY)],
    responses=problem_responses(*CHANGE_REFUSALS),
)
async def decline(
    request: Request,
    proposal: ProposalId,
    asked: ProposalReason,
    who: Asker,
    idempotent: Idempotent,
) -> Response:
    """Decline a proposal; its prices cannot be ordered any more."""
    return await _change(
        request, idempotent, lambda work: decline_proposal(work, proposal, asked.reason)
    )


@router.post(
    "/api/proposals/{proposal}/withdraw",
    response_model=ProposalDetail,
    dependencies=[allow_roles(Role.SALES)],
    responses=problem_responses(*CHANGE_REFUSALS),
)
async def withdraw(
    request: Request,
    proposal: ProposalId,
    asked: ProposalReason,
    who: Asker,
    idempotent: Idempotent,
) -> Response:
    """Withdraw a proposal that was not accepted."""
    return await _change(
        request, idempotent, lambda work: withdraw_proposal(work, proposal, asked.reason)
    )


async def _change(
    request: Request, idempotent: IdempotentRequest, act: Callable[[OrderWork], Proposal]
) -> Response:
    """Answer with the proposal that `act` returns."""
    return await change_orders(request, idempotent, lambda work: _reply(work, act(work)))


def _compute_quote(context: AppContext, asked: NewProposalRequest, who: Caller) -> LockedQuote:
    """The quote of the slots for the account, valid as long as the proposal."""
    demand, delivery = read_demand(context, asked, most=MAX_QUOTED)
    buyer = Buyer(asked.account, is_staff=True)
    quoted = compute_quote(context, demand, delivery, buyer, account=asked.account, by=who.name)
    first_at = EPOCH + timedelta(seconds=min(one.starts_at_s for one in quoted.slots))
    latest_at = min(quoted.created_at + LONGEST, first_at)
    if not quoted.created_at < asked.valid_until <= latest_at:
        raise RangeError(
            f"`valid_until` is {asked.valid_until.isoformat()}: ask for a moment from now to "
            f"{latest_at:%Y-%m-%dT%H:%MZ}, which is before the first slot and at most "
            f"{LONGEST.days} days ahead"
        )
    return replace(quoted, valid_until=asked.valid_until)


def _reply(work: OrderWork, proposal: Proposal, status: int = 200) -> Reply:
    detail = describe_proposal(work.connection, proposal, work.now, is_staff=work.actor.is_staff)
    headers = {"location": f"/api/proposals/{proposal.id}"} if status == 201 else {}
    return Reply(status, detail.model_dump_json().encode(), headers)
