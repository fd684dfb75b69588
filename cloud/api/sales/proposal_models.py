"""Bodies and answers of `/api/proposals`. Amounts are minor units of `currency`."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection

from cloud.api.booking.selection import SelectionRequest
from cloud.api.overrides import PLAIN
from cloud.auth.keys import ACCOUNT_PATTERN
from cloud.booking.quote_locks import LockedQuote, UnknownQuote, read_quote
from cloud.database import EPOCH
from cloud.sales.proposals.proposal import Proposal, ProposalState

LONGEST: Final = timedelta(days=30)
"""The longest time for which a price is locked in a proposal."""
Id = Annotated[str, Field(max_length=64, examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])]


class NewProposalRequest(BaseModel):
    """The slots to offer: a selection, those of a quote, or those of a plan of the account."""

    model_config = ConfigDict(extra="forbid")

    account: str = Field(pattern=ACCOUNT_PATTERN, examples=["acme"])
    name: str = Field(min_length=1, max_length=120, pattern=PLAIN, examples=["Winter mornings"])
    note: str | None = Field(default=None, min_length=1, max_length=500, pattern=PLAIN)
    valid_until: AwareDatetime = Field(
        description=f"at most {LONGEST.days} days ahead, and before the first slot",
        examples=["2030-01-06T18:00:00Z"],
    )
    selection: SelectionRequest | None = None
    quote: Id | None = None
    plan: Id | None = None

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if sum(one is not None for one in (self.selection, self.quote, self.plan)) != 1:
            raise ValueError("give one of `selection`, `quote` and `plan`")
        return self


class ProposalReason(BaseModel):
    """Why a proposal is declined or withdrawn."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=3, max_length=200, pattern=PLAIN, examples=["budget is spent"])


class ProposalSummary(BaseModel):
    """A proposal without its slots."""

    id: str
    account: str = Field(examples=["acme"])
    name: str
    note: str | None
    state: ProposalState
    total_minor: int = Field(examples=[86240], description="without VAT")
    currency: str = Field(examples=["GBP"])
    slot_count: int
    quote: str = Field(description="has the prices with their factors")
    plan: str | None = Field(description="that it was made from")
    offered_at: datetime
    offered_by: str | None = Field(description="null for a buyer")
    valid_until: datetime
    decided_at: datetime | None
    decided_by: str | None = Field(description="null for a buyer")
    reason: str | None = Field(description="of a refusal")
    order: str | None = Field(description="null: not accepted")


class ProposedScreen(BaseModel):
    """The slots of one screen together."""

    location: str = Field(examples=["KX-01"])
    slots: int
    positions: int = Field(description="position hours")
    first_at: datetime
    last_at: datetime = Field(description="start of the last slot")
    total_minor: int


class ProposalDetail(ProposalSummary):
    """A proposal with its slots by screen."""

    screens: list[ProposedScreen] | None = Field(
        description="null: the quote was deleted, long after its end"
    )


class ProposalsPage(BaseModel):
    """One page, the latest first."""

    proposals: list[ProposalSummary]
    next: str | None = Field(description="`after` of the next page; null on the last")


def describe_proposal(
    connection: Connection, proposal: Proposal, now: datetime, *, is_staff: bool
) -> ProposalDetail:
    """A proposal with its screens."""
    try:
        screens = _list_screens(read_quote(connection, proposal.quote))
    except UnknownQuote:
        screens = None
    summary = summarize_proposal(proposal, now, is_staff=is_staff)
    return ProposalDetail(**summary.model_dump(), screens=screens)


def summarize_proposal(proposal: Proposal, now: datetime, *, is_staff: bool) -> ProposalSummary:
    """A proposal without its slots; the names of people are for staff."""
    fields: dict[str, Any] = {
        name: getattr(proposal, name, None) for name in ProposalSummary.model_fields
    }
    people = {name: fields[name] if is_staff else None for name in ("offered_by", "decided_by")}
    return ProposalSummary(
        **{**fields, **people, "state": proposal.state_at(now), "order": proposal.order_id}
    )


def _list_screens(quote: LockedQuote) -> list[ProposedScreen]:
    names = dict.fromkeys(one.location for one in quote.slots)
    return [_describe_screen(quote, name) for name in names]


def _describe_screen(quote: LockedQuote, location: str) -> ProposedScreen:
    slots = [one for one in quote.slots if one.location == location]
    starts = [EPOCH + timedelta(seconds=one.starts_at_s) for one in slots]
    return ProposedScreen(
        location=location,
        slots=len(slots),
        positions=sum(one.positions for one in slots),
        first_at=min(starts),
        last_at=max(starts),
        total_minor=sum(one.positions * one.price_minor for one in slots),
    )
