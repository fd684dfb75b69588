"""Offer, accept, decline and withdraw a proposal, each with its entry in the audit log.

An accepted proposal is an order with reserved lines at the prices of the proposal. Its quote cannot
be ordered while it is offered, so each step decides before it uses the quote. A proposal that is
declined or withdrawn uses its quote up, so its prices cannot be ordered any more.
"""

from datetime import datetime
from functools import partial
from typing import Final

from cloud.auth import audit
from cloud.auth.accounts.account_store import require_account
from cloud.booking.audit_log.quote_comparison import record_quote
from cloud.booking.orders.lifecycle import apply_to_order, reserve_lines
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.placing import NewOrder, add_lines, place_order
from cloud.booking.quote_locks import LockedQuote, read_quote, store_quote, use_quote
from cloud.booking.transitions import LineAction
from cloud.sales.proposals.proposal import (
    Proposal,
    ProposalState,
    insert_proposal,
    lock_offered,
    store_decision,
)

OFFER: Final = "proposal.offer"
DECIDE: Final = "proposal.decide"


class ProposalRefused(ValueError):  # noqa: N818 - reads as what happened
    """A proposal that its account could not order."""


def offer_proposal(work: OrderWork, proposal: Proposal, quote: LockedQuote) -> None:
    """Store a proposal and the quote that has its prices.

    Raises:
        NotAllowedError: the actor is a buyer.
        ProposalRefused, UnknownAccountError: the account could not order it.
    """
    work.require_staff("a proposal")
    _require_orderable(work, proposal)
    store_quote(work.connection, quote)
    record_quote(work.connection, quote, work.actor.name)
    insert_proposal(work.connection, proposal)
    _record(
        work, OFFER, proposal, proposal.offered_at, name=proposal.name, quote=proposal.quote,
        total_minor=proposal.total_minor, currency=proposal.currency,
        valid_until=proposal.valid_until.isoformat(),
    )  # fmt: skip


def _require_orderable(work: OrderWork, proposal: Proposal) -> None:
    account = require_account(work.connection, proposal.account)
    if not account.is_open:
        raise ProposalRefused(f"account {account.id} is closed: it cannot order")
    if account.currency != proposal.currency:
        raise ProposalRefused(
            f"account {account.id} orders in {account.currency}, and the screens are sold in "
            f"{proposal.currency}: offer screens of its currency"
        )


def accept_proposal(work: OrderWork, proposal_id: str) -> Proposal:
    """Place an order with the lines of a proposal, and reserve their positions.

    Raises:
        UnknownProposalError, ProposalEndedError
        QuoteUsedError: its prices were ordered already.
        NotAvailableError: a slot was sold since; the proposal stays offered.
    """
    found = lock_offered(work.connection, proposal_id, work.actor.accounts, work.now)
    order = place_order(work, NewOrder(account=found.account, name=found.name))
    accepted = _decide(work, found, ProposalState.ACCEPTED, order_id=order.id)
    add_lines(work, order.id, read_quote(work.connection, found.quote))
    reserve = partial(reserve_lines, work)
    apply_to_order(work, order.id, None, (LineAction.RESERVE,), reserve)
    return accepted


def decline_proposal(work: OrderWork, proposal_id: str, reason: str) -> Proposal:
    """Decline a proposal for its account; raises as `accept_proposal`."""
    return _end(work, proposal_id, ProposalState.DECLINED, reason)


def withdraw_proposal(work: OrderWork, proposal_id: str, reason: str) -> Proposal:
    """Take a proposal back; raises NotAllowedError for a buyer."""
    work.require_staff("to withdraw a proposal")
    return _end(work, proposal_id, ProposalState.WITHDRAWN, reason)


def _end(work: OrderWork, proposal_id: str, state: ProposalState, reason: str) -> Proposal:
    found = lock_offered(work.connection, proposal_id, work.actor.accounts, work.now)
    decided = _decide(work, found, state, reason=reason)
    use_quote(work.connection, read_quote(work.connection, found.quote), found.id, work.now)
    return decided


def _decide(
    work: OrderWork,
    proposal: Proposal,
    state: ProposalState,
    *,
    reason: str | None = None,
    order_id: str | None = None,
) -> Proposal:
    decided = store_decision(
        work.connection, proposal, state, by=work.actor.name, now=work.now, reason=reason,
        order_id=order_id,
    )  # fmt: skip
    _record(work, DECIDE, decided, work.now, state=state, reason=reason, order=order_id)
    return decided


def _record(
    work: OrderWork, action: str, proposal: Proposal, at: datetime, **details: object
) -> None:
    audit.record_change(
        work.connection, at=at, actor=work.actor.name[:120], action=action, about=proposal.id,
        details={"account": proposal.account, **details},
    )  # fmt: skip
