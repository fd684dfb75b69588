"""Bodies and answers of the routes of orders. Amounts are minor units of `currency`."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from cloud.api.overrides import PLAIN
from cloud.auth.keys import ACCOUNT_PATTERN
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.change_store import ChangeStatus
from cloud.booking.orders.order import Approval
from cloud.booking.slots import DeliveryType

ID: Final = "3f2a9c1e5b7d4806a1c2e3f405162738"
LINE_ID: Final = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
CREATIVE_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$"
Text = Annotated[str, Field(min_length=1, max_length=120, pattern=PLAIN)]
Reason = Annotated[str, Field(min_length=3, max_length=200, pattern=PLAIN)]
Creatives = Annotated[
    list[Annotated[str, Field(pattern=CREATIVE_NAME, examples=["spring-sale"])]],
    Field(max_length=20, description="names of the player"),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewOrderRequest(_Body):
    """An order to place."""

    name: Text = Field(examples=["Winter campaign"])
    account: str | None = Field(
        default=None, pattern=ACCOUNT_PATTERN, examples=["acme"],
        description="default: the account of the caller",
    )  # fmt: skip
    brand: str | None = Field(default=None, max_length=32)
    purchase_order: Text | None = Field(default=None, examples=["PO-4711"])
    budget_minor: int | None = Field(default=None, ge=1, le=10**12, examples=[250_000])


class NewLinesRequest(_Body):
    """Lines to add, from a locked quote or from a hold; their prices are those of the quote."""

    quote: str | None = Field(default=None, max_length=64, examples=[ID])
    hold: str | None = Field(default=None, max_length=64)
    creatives: Creatives = Field(default_factory=list)
    make_good_of: str | None = Field(
        default=None, max_length=63, description="line that this one makes good; for staff only"
    )


class DiscountRequest(_Body):
    """A discount of the order's drafts and later lines."""

    discount_bp: int = Field(ge=0, lt=10_000, examples=[750], description="basis points")
    reason: Reason = Field(examples=["annual agreement"])


class ActionRequest(_Body):
    """An action on lines of an order."""

    action: Literal[
        "reserve", "book", "cancel", "reset", "pause", "resume", "approve", "decline"
    ] = Field(examples=["reserve"])
    lines: list[str] | None = Field(
        default=None, max_length=2000, description="default: every line whose state allows it"
    )
    reason: Reason | None = Field(
        default=None, description="of a cancellation, refusal or approval"
    )


class NewChangeRequest(_Body):
    """A change of a line that is booked; what is null stays as it is."""

    line: str = Field(max_length=63, examples=[LINE_ID])
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    positions: int | None = Field(default=None, ge=1, le=3600)
    quote: str | None = Field(
        default=None, max_length=64, description="of the positions that it adds; null: none"
    )
    reason: Reason = Field(examples=["the launch is later"])


class ChangeDecision(_Body):
    """The decision about a change."""

    status: Literal["APPROVED", "REJECTED"] = Field(examples=["APPROVED"])
    reason: Reason = Field(examples=["agreed by telephone"])


class CreativesRequest(_Body):
    """The creatives that a line shows, instead of those that it has."""

    creatives: Creatives


class PricedRun(BaseModel):
    """Consecutive hours of a line at one price."""

    starts_at: datetime
    hours: int = Field(examples=[3])
    price_minor: int = Field(examples=[353], description="of one position for one hour")


class OrderLineResponse(BaseModel):
    """A line of an order."""

    id: str = Field(examples=[LINE_ID])
    status: BookingStatus
    delivery: DeliveryType
    location: str = Field(examples=["KX-01"])
    starts_at: datetime
    ends_at: datetime
    positions: int = Field(examples=[1])
    hours: list[PricedRun]
    cost_minor: int = Field(examples=[1059], description="of all hours and positions")
    cancellation_minor: int = Field(description="due for hours that were released")
    discount_bp: int
    quote: str
    creatives: list[str]
    expires_at: datetime | None = Field(description="of a reservation; null: none")
    reason: str | None = Field(description="why it is in this state")
    make_good_of: str | None
    actions: list[str] = Field(description="what the buyer can do now")


class OrderSummary(BaseModel):
    """An order without its lines."""

    id: str = Field(examples=[ID])
    account: str = Field(examples=["acme"])
    agency: str | None
    brand: str | None
    advertiser: str = Field(examples=["Acme"])
    name: str = Field(examples=["Winter campaign"])
    purchase_order: str | None
    currency: str = Field(examples=["GBP"])
    budget_minor: int | None
    discount_bp: int
    approval: Approval
    created_at: datetime
    created_by: str | None = Field(description="null for a buyer")
    discount_by: str | None = Field(description="null for a buyer")
    approval_by: str | None = Field(description="null for a buyer")


class OrderOverview(OrderSummary):
    """An order in a list, with what its lines amount to."""

    statuses: dict[BookingStatus, int] = Field(description="state -> lines in it")
    starts_at: datetime | None = Field(description="of the first line; null: no lines")
    ends_at: datetime | None
    net_minor: int = Field(description="of sold lines, less the commission of the agency")


class OrderDetail(OrderSummary):
    """An order with its lines and what it costs."""

    gross_minor: int = Field(description="of sold lines, with what is due for released hours")
    commission_minor: int = Field(description="of the agency")
    net_minor: int
    lines: list[OrderLineResponse]


class OrdersResponse(BaseModel):
    """One page of orders, the latest first."""

    orders: list[OrderOverview]
    total: int


class ChangeResponse(BaseModel):
    """A change request, with the cost of the line before it and after it."""

    id: str = Field(examples=[ID])
    line: str = Field(examples=[LINE_ID])
    status: ChangeStatus
    starts_at: datetime | None
    ends_at: datetime | None
    positions: int | None
    quote: str | None = Field(description="of the positions that it adds")
    reason: str
    cost_before_minor: int
    cost_after_minor: int
    requested_at: datetime
    decided_at: datetime | None
    decision_reason: str | None


class ChangesResponse(BaseModel):
    """The change requests of an order, the oldest first."""

    changes: list[ChangeResponse]
