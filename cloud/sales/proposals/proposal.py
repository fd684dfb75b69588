"""A proposal: priced slots that sales offers to an account until a moment, stored and found.

The prices are those of a locked quote that is valid as long as the proposal. The row of a proposal
changes once, when it is accepted, declined or withdrawn; that it expired follows from the time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, true, update

from cloud.booking.quote_locks import LockedQuote
from cloud.database.proposals import proposals


class ProposalState(StrEnum):
    """The state of a proposal; all but the first are final."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class UnknownProposalError(LookupError):
    """No proposal with that id for the caller."""


class ProposalEndedError(Exception):
    """A proposal that was decided, withdrawn or has expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A stored proposal. `state` is the stored one: see `state_at`."""

    id: str
    account: str
    name: str
    note: str | None
    quote: str
    plan: str | None
    total_minor: int
    currency: str
    slot_count: int
    offered_by: str
    offered_at: datetime
    valid_until: datetime
    state: ProposalState = ProposalState.OFFERED
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    order_id: str | None = None

    def state_at(self, now: datetime) -> ProposalState:
        """The state at a moment."""
        is_over = self.state is ProposalState.OFFERED and now >= self.valid_until
        return ProposalState.EXPIRED if is_over else self.state


@dataclass(frozen=True, slots=True)
class ProposalFilter:
    """Which proposals to list; `accounts` None means those of all accounts."""

    accounts: frozenset[str] | None
    state: ProposalState | None = None


def new_proposal(
    name: str, note: str | None, quote: LockedQuote, plan: str | None, *, proposal_id: str, by: str
) -> Proposal:
    """A proposal of the slots of a quote."""
    return Proposal(
        id=proposal_id,
        account=quote.account,
        name=name,
        note=note,
        quote=quote.id,
        plan=plan,
        total_minor=quote.total_minor,
        currency=quote.currency,
        slot_count=len(quote.slots),
        offered_by=by[:120],
        offered_at=quote.created_at,
        valid_until=quote.valid_until,
    )


def insert_proposal(connection: Connection, proposal: Proposal) -> None:
    """Store a new proposal."""
    connection.execute(proposals.insert().values(_to_row(proposal)))


def store_decision(
    connection: Connection,
    proposal: Proposal,
    state: ProposalState,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
    order_id: str | None = None,
) -> Proposal:
    """Store how a proposal ended; the caller has locked it with `lock_offered`."""
    decided = replace(
        proposal, state=state, decided_by=by[:120], decided_at=now, reason=reason, order_id=order_id
    )
    changed = update(proposals).where(proposals.c.id == proposal.id)
    connection.execute(changed.values(_to_row(decided)))
    return decided


def find_proposal(
    connection: Connection, name: str, accounts: Collection[str] | None, *, lock: bool = False
) -> Proposal:
    """A proposal of one of the accounts, or of any for None; raises UnknownProposalError."""
    wanted = select(proposals).where(proposals.c.id == name[:64], _of(accounts))
    found = connection.execute(wanted.with_for_update() if lock else wanted)
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownProposalError(
            "no proposal of yours has that id: GET /api/proposals lists your proposals"
        )
    return _to_proposal(row)


def lock_offered(
    connection: Connection, name: str, accounts: Collection[str] | None, now: datetime
) -> Proposal:
    """The same, locked, while it is offered; raises ProposalEndedError."""
    found = find_proposal(connection, name, accounts, lock=True)
    state = found.state_at(now)
    if state is not ProposalState.OFFERED:
        raise ProposalEndedError(
            f"the proposal is {state} already: GET /api/proposals/{found.id}, or ask for a new one"
        )
    return found


def list_proposals(
    connection: Connection,
    chosen: ProposalFilter,
    now: datetime,
    *,
    after: Proposal | None,
    most: int,
) -> Sequence[Proposal]:
    """A page of proposals, the latest first."""
    columns = proposals.c
    wanted = select(proposals).where(_of(chosen.accounts), _in_state(chosen.state, now))
    if after is not None:
        same = and_(columns.offered_at == after.offered_at, columns.id < after.id)
        wanted = wanted.where(or_(columns.offered_at < after.offered_at, same))
    latest_first = wanted.order_by(columns.offered_at.desc(), columns.id.desc())
    rows = connection.execute(latest_first.limit(most)).mappings()
    return [_to_proposal(row) for row in rows]


def _in_state(state: ProposalState | None, now: datetime) -> ColumnElement[bool]:
    columns = proposals.c
    is_offered = columns.state == ProposalState.OFFERED.value
    if state is None:
        return true()
    if state is ProposalState.OFFERED:
        return and_(is_offered, columns.valid_until > now)
    if state is ProposalState.EXPIRED:
        return and_(is_offered, columns.valid_until <= now)
    return columns.state == state.value


def _of(accounts: Collection[str] | None) -> ColumnElement[bool]:
    return true() if accounts is None else proposals.c.account.in_(sorted(accounts))


def _to_row(proposal: Proposal) -> dict[str, Any]:
    row = {name: getattr(proposal, name) for name in Proposal.__slots__}
    return row | {"state": proposal.state.value}


def _to_proposal(row: Any) -> Proposal:
    return Proposal(**{**row, "state": ProposalState(row["state"])})
