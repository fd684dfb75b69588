"""`GET /api/approvals`: everything that waits for a decision of the media owner, in one queue.

A decision is made by the route of its kind. Whether the caller may make it is stated here as those
routes decide it: by role, by the limit of discounts, and not about one's own request.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from cloud.app.context import AppContext
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import Caller, allow_roles, receive_caller
from cloud.auth.keys import Role
from cloud.billing.document import DocumentKind, DocumentStatus
from cloud.billing.document_store import DocumentFilter, StoredDocument, list_documents
from cloud.booking.orders.order import Approval
from cloud.booking.orders.order_work import is_same_person
from cloud.booking.orders.pending_orders import (
    PendingChange,
    PendingOrder,
    list_changes_to_decide,
    list_pending_orders,
)
from cloud.booking.orders.policy import BookingPolicy
from cloud.campaigns.creatives import Creative, CreativeStatus, list_creatives
from cloud.campaigns.make_good_store import MakeGood, MakeGoodStatus, list_make_goods

MOST_OF_KIND: Final = 100
FINANCE: Final = frozenset({Role.FINANCE, Role.ADMIN})
CREATIVES: Final = frozenset({Role.SALES, Role.OPERATIONS, Role.ADMIN})
SALES: Final = frozenset({Role.SALES, Role.FINANCE, Role.ADMIN})

router = APIRouter(tags=["approvals"], dependencies=[allow_roles(Role.SALES, Role.FINANCE)])
Asker = Annotated[Caller, Depends(receive_caller)]


class ApprovalKind(StrEnum):
    """What waits for a decision."""

    RESERVATION = "reservation"
    BOOKING = "booking"
    CHANGE = "change"
    CREDIT_NOTE = "credit_note"
    CREATIVE = "creative"
    MAKE_GOOD = "make_good"


class ApprovalItem(BaseModel):
    """One thing to decide."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    kind: ApprovalKind
    id: str = Field(description="of the order, change, document, creative or make-good")
    account: str = Field(examples=["acme"])
    title: str = Field(examples=["Winter mornings"])
    reason: str | None = Field(None, description="given with the request")
    amount_minor: int | None = Field(None, description="null: it has no amount")
    currency: str | None = None
    discount_bp: int | None = Field(None, description="of a booking: basis points")
    order: str | None = Field(None, description="null: of no order")
    line: str | None = None
    lines: int | None = Field(None, description="lines of the order that wait")
    requested_by: str | None = Field(None, description="null: by a rule")
    requested_at: datetime
    can_decide: bool = Field(description="whether the caller may")
    why_not: str | None = Field(description="null: the caller may decide")


class ApprovalsResponse(BaseModel):
    """What waits, the oldest first."""

    approvals: list[ApprovalItem]
    is_complete: bool = Field(description=f"false: a kind has more than {MOST_OF_KIND}")


@dataclass(frozen=True, slots=True)
class _Decider:
    """The caller, as the routes of decisions see them."""

    who: Caller
    policy: BookingPolicy

    def refuse(
        self, roles: frozenset[Role], by: Iterable[str | None], *, discount_bp: int = 0
    ) -> dict[str, Any]:
        """Whether the caller may decide, and why not."""
        why = self._find_obstacle(roles, by, discount_bp)
        return {"can_decide": why is None, "why_not": why}

    def _find_obstacle(
        self, roles: frozenset[Role], by: Iterable[str | None], discount_bp: int
    ) -> str | None:
        if self.who.roles.isdisjoint(roles):
            return f"the roles {', '.join(sorted(roles))} decide"
        if any(is_same_person(self.who.name[:120], one) for one in by):
            return "you asked for it: another person must decide"
        limit = self.policy.find_discount_limit(self.who.roles)
        if discount_bp > limit:
            return f"the discount is above your limit of {limit / 100:g} %"
        return None


@router.get("/api/approvals", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def get_approvals(request: Request, who: Asker) -> ApprovalsResponse:
    """List what waits for a decision: bookings, changes, credit notes, creatives, make-goods."""
    context: AppContext = get_context(request)
    decider = _Decider(who, context.booking_policy)

    def read(connection: Connection) -> ApprovalsResponse:
        found = list(_read_kinds(connection, decider))
        every = [item for some in found for item in some[:MOST_OF_KIND]]
        return ApprovalsResponse(
            approvals=sorted(every, key=lambda one: (one.requested_at, one.id)),
            is_complete=all(len(some) <= MOST_OF_KIND for some in found),
        )

    return await read_database(request, read)


def _read_kinds(connection: Connection, decider: _Decider) -> Iterator[Sequence[ApprovalItem]]:
    most = MOST_OF_KIND + 1
    yield [_order(one, decider) for one in list_pending_orders(connection, most)]
    yield [_change(one, decider) for one in list_changes_to_decide(connection, most)]
    notes = DocumentFilter(kind=DocumentKind.CREDIT_NOTE, status=DocumentStatus.REQUESTED)
    yield [_note(one, decider) for one in list_documents(connection, notes, limit=most)]
    pending = list_creatives(connection, None, status=CreativeStatus.PENDING, after=None, most=most)
    yield [_creative(one, decider) for one in pending]
    proposed = list_make_goods(
        connection, None, status=MakeGoodStatus.PROPOSED, after=None, most=most
    )
    yield [_make_good(one, decider) for one in proposed]


def _order(found: PendingOrder, decider: _Decider) -> ApprovalItem:
    order = found.order
    is_booking = found.bookings > 0
    is_limited = is_booking and order.approval in (Approval.REQUIRED, Approval.DECLINED)
    return ApprovalItem(
        kind=ApprovalKind.BOOKING if is_booking else ApprovalKind.RESERVATION,
        id=order.id,
        account=order.account,
        title=order.name,
        amount_minor=found.cost_minor,
        currency=order.currency,
        discount_bp=order.discount_bp,
        order=order.id,
        lines=found.lines,
        requested_by=order.discount_by or order.created_by,
        requested_at=found.since,
        **decider.refuse(
            SALES,
            (order.created_by, order.discount_by),
            discount_bp=order.discount_bp if is_limited else 0,
        ),
    )


def _change(found: PendingChange, decider: _Decider) -> ApprovalItem:
    request, order = found.request, found.order
    return ApprovalItem(
        kind=ApprovalKind.CHANGE,
        id=request.id,
        account=order.account,
        title=order.name,
        reason=request.reason,
        amount_minor=request.cost_after_minor - request.cost_before_minor,
        currency=order.currency,
        discount_bp=order.discount_bp,
        order=order.id,
        line=request.line_id,
        lines=1,
        requested_by=request.requested_by,
        requested_at=request.requested_at,
        **decider.refuse(SALES, (request.requested_by,)),
    )


def _note(found: StoredDocument, decider: _Decider) -> ApprovalItem:
    return ApprovalItem(
        kind=ApprovalKind.CREDIT_NOTE,
        id=found.id,
        account=found.account,
        title=found.content.campaign,
        reason=found.reason,
        amount_minor=found.content.totals.net_minor,
        currency=found.content.currency,
        order=found.content.order_id,
        requested_by=found.requested_by,
        requested_at=found.created_at,
        **decider.refuse(FINANCE, (found.requested_by,)),
    )


def _creative(found: Creative, decider: _Decider) -> ApprovalItem:
    return ApprovalItem(
        kind=ApprovalKind.CREATIVE,
        id=found.id,
        account=found.account,
        title=found.name,
        requested_by=found.created_by,
        requested_at=found.created_at,
        **decider.refuse(CREATIVES, ()),
    )


def _make_good(found: MakeGood, decider: _Decider) -> ApprovalItem:
    return ApprovalItem(
        kind=ApprovalKind.MAKE_GOOD,
        id=found.id,
        account=found.account,
        title=found.line_id,
        reason=found.reason,
        amount_minor=found.credit_minor or None,
        currency=found.currency,
        line=found.line_id,
        requested_by=found.proposed_by,
        requested_at=found.proposed_at,
        **decider.refuse(FINANCE, ()),
    )
