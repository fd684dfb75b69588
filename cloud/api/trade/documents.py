"""Bodies and answers of the routes of private deals. Amounts are minor units of `currency`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from cloud.api.overrides import PLAIN
from cloud.pricing.rtb_deals import AuctionType
from cloud.trade.deals.deal import PrivateDeal
from cloud.trade.deals.notices import NoticeKind, NoticeStatus
from cloud.trade.deals.request_store import BidRequestRecord, RequestStatus
from wire.addresses import WEB_SCHEMES, parse_address
from wire.scalars import LocationId

ID: Final = "3f2a9c1e5b7d4806a1c2e3f405162738"
Seat = Annotated[str, Field(min_length=1, max_length=64, pattern=PLAIN, examples=["dsp-7"])]


class DealRequest(BaseModel):
    """A deal to create; the lines that it wins are added to the order."""

    model_config = ConfigDict(extra="forbid")

    order: str = Field(max_length=64, examples=[ID])
    name: str = Field(min_length=1, max_length=120, pattern=PLAIN, examples=["Acme, winter"])
    url: str = Field(min_length=8, max_length=2_000, examples=["https://bid.example.com/openrtb"])
    seat: Seat | None = Field(default=None, description="the seat that may bid; null: any")
    locations: list[LocationId] = Field(
        default_factory=list, max_length=1_000, description="empty: every screen",
        examples=[["KX-01"]],
    )  # fmt: skip
    auction: AuctionType = Field(
        default=AuctionType.FIRST_PRICE, description="1 pays the bid, 3 pays the floor"
    )
    floor_minor: int | None = Field(
        default=None, ge=1, le=10**9, examples=[2_200],
        description="of a thousand impressions; null: the price of the slot",
    )  # fmt: skip
    tmax_ms: int = Field(default=300, ge=50, le=5_000, description="time limit of an answer")
    starts_at: AwareDatetime = Field(examples=["2030-01-07T00:00:00Z"])
    ends_at: AwareDatetime = Field(examples=["2030-02-04T00:00:00Z"])


class DealDocument(BaseModel):
    """A private deal."""

    id: str
    account: str
    order: str
    name: str
    bidder: str | None = Field(description="scheme, host and port, for staff")
    seat: str | None
    locations: list[str]
    auction: AuctionType
    floor_minor: int | None
    currency: str
    tmax_ms: int
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    closed_at: datetime | None


class DealsPage(BaseModel):
    """A page of deals, the latest first."""

    deals: list[DealDocument]


class BidSlotRequest(BaseModel):
    """The slot to ask the bidder for."""

    model_config = ConfigDict(extra="forbid")

    location: LocationId = Field(examples=["KX-01"])
    time_slot: str = Field(max_length=60, examples=["2030-01-07T08:00"])


class NoticeDocument(BaseModel):
    """A notice of a bid; `billed` are the impressions that a `burl` states."""

    bid: int
    kind: NoticeKind
    status: NoticeStatus
    due_at: datetime
    sent_at: datetime | None
    billed: str | None
    failure: str | None


class BidRequestDocument(BaseModel):
    """A bid request and what became of it."""

    id: str
    deal: str
    location: str
    starts_at: datetime
    status: RequestStatus
    floor_minor: int
    impressions: str = Field(description="`qty.multiplier`: of all plays of the hour")
    impressions_per_play: str
    price_minor: int | None = Field(description="of a thousand impressions")
    creative: str | None
    line: str | None
    loss_reason: int | None = Field(description="of OpenRTB; 0: won")
    reason: str | None
    requested_at: datetime
    decided_at: datetime | None
    notices: list[NoticeDocument]


class BidRequestsPage(BaseModel):
    """A page of bid requests, the latest first."""

    bid_requests: list[BidRequestDocument]


def describe_deal(deal: PrivateDeal, *, is_staff: bool) -> DealDocument:
    """A deal; the address of the bidder may have a secret, so nobody gets all of it."""
    same = (
        "id", "account", "name", "seat", "auction", "floor_minor", "currency", "tmax_ms",
        "starts_at", "ends_at", "created_at", "closed_at",
    )  # fmt: skip
    bidder = str(parse_address(deal.url, WEB_SCHEMES)) if is_staff else None
    return DealDocument(
        **{name: getattr(deal, name) for name in same},
        order=deal.order_id,
        bidder=bidder,
        locations=list(deal.locations),
    )


def describe_request(
    record: BidRequestRecord, notices: Iterable[Mapping[str, Any]]
) -> BidRequestDocument:
    """A bid request with those of the notices that are its own."""
    same = (
        "id", "location", "status", "floor_minor", "price_minor", "creative", "loss_reason",
        "reason", "requested_at", "decided_at",
    )  # fmt: skip
    return BidRequestDocument(
        **{name: getattr(record, name) for name in same},
        deal=record.deal_id,
        starts_at=record.slot_at,
        impressions=f"{record.quantity:f}",
        impressions_per_play=f"{record.per_play:f}",
        line=record.line_id,
        notices=[
            NoticeDocument(
                bid=one["bid_number"], kind=one["kind"], status=one["status"],
                due_at=one["due_at"], sent_at=one["sent_at"], billed=one["billed"],
                failure=one["failure"],
            )
            for one in notices
            if one["request_id"] == record.id
        ],
    )  # fmt: skip
