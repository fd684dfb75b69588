"""The states of an order line and what leads from one to another: OpenDirect 2.1.

A pure table: `(state, action) -> state`. What is not in the table is refused. Buyers act through
`BUYER_ACTIONS`; the media owner decides with `STAFF_ACTIONS`; `TIMED_ACTIONS` follow from the
clock, and `DISPLACE` from a line of higher priority.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from cloud.booking.order_line import BookingStatus as Status


class LineAction(StrEnum):
    """What is done to a line."""

    EDIT = "edit"
    RESERVE = "reserve"
    REQUEST_RESERVATION = "request-reservation"  # a reservation that the media owner must confirm
    BOOK = "book"
    REQUEST_BOOKING = "request-booking"  # a booking that the media owner must approve
    CANCEL = "cancel"
    RESET = "reset"
    PAUSE = "pause"
    RESUME = "resume"
    REQUEST_CHANGE = "request-change"
    APPROVE = "approve"
    DECLINE = "decline"
    END_CHANGE = "end-change"  # the change was approved or rejected
    EXPIRE = "expire"
    START = "start"
    FINISH = "finish"
    DISPLACE = "displace"


BUYER_ACTIONS: Final = frozenset(
    {
        LineAction.EDIT, LineAction.RESERVE, LineAction.REQUEST_RESERVATION, LineAction.BOOK,
        LineAction.REQUEST_BOOKING, LineAction.CANCEL, LineAction.RESET, LineAction.PAUSE,
        LineAction.RESUME, LineAction.REQUEST_CHANGE,
    }
)  # fmt: skip
STAFF_ACTIONS: Final = frozenset({LineAction.APPROVE, LineAction.DECLINE, LineAction.END_CHANGE})
TIMED_ACTIONS: Final = frozenset({LineAction.EXPIRE, LineAction.START, LineAction.FINISH})

TRANSITIONS: Final[Mapping[LineAction, Mapping[Status, Status]]] = {
    LineAction.EDIT: {Status.DRAFT: Status.DRAFT},
    LineAction.RESERVE: {Status.DRAFT: Status.RESERVED},
    LineAction.REQUEST_RESERVATION: {Status.DRAFT: Status.PENDING_RESERVATION},
    LineAction.BOOK: {Status.DRAFT: Status.BOOKED, Status.RESERVED: Status.BOOKED},
    LineAction.REQUEST_BOOKING: {
        Status.DRAFT: Status.PENDING_BOOKING,
        Status.RESERVED: Status.PENDING_BOOKING,
    },
    LineAction.CANCEL: {
        Status.RESERVED: Status.CANCELED,
        Status.BOOKED: Status.CANCELED,
        Status.IN_FLIGHT: Status.STOPPED,
    },
    LineAction.RESET: {
        Status.RESERVED: Status.DRAFT,
        Status.EXPIRED: Status.DRAFT,
        Status.DECLINED: Status.DRAFT,
    },
    LineAction.PAUSE: {Status.IN_FLIGHT: Status.PAUSED},
    LineAction.RESUME: {Status.PAUSED: Status.IN_FLIGHT},
    LineAction.REQUEST_CHANGE: {
        Status.BOOKED: Status.CHANGE_PENDING,
        Status.IN_FLIGHT: Status.CHANGE_PENDING,
    },
    LineAction.APPROVE: {
        Status.PENDING_RESERVATION: Status.RESERVED,
        Status.PENDING_BOOKING: Status.BOOKED,
    },
    LineAction.DECLINE: {
        Status.PENDING_RESERVATION: Status.DECLINED,
        Status.PENDING_BOOKING: Status.DECLINED,
    },
    LineAction.END_CHANGE: {Status.CHANGE_PENDING: Status.BOOKED},  # `START` follows in flight
    LineAction.EXPIRE: {
        Status.PENDING_RESERVATION: Status.EXPIRED,
        Status.RESERVED: Status.EXPIRED,
        Status.PENDING_BOOKING: Status.EXPIRED,
    },
    LineAction.START: {Status.BOOKED: Status.IN_FLIGHT},
    LineAction.FINISH: {
        Status.BOOKED: Status.FINISHED,  # no creative was approved in time
        Status.IN_FLIGHT: Status.FINISHED,
        Status.PAUSED: Status.FINISHED,
    },
    LineAction.DISPLACE: {
        Status.PENDING_RESERVATION: Status.DECLINED,
        Status.RESERVED: Status.DECLINED,
        Status.PENDING_BOOKING: Status.DECLINED,
        Status.BOOKED: Status.CANCELED,
        Status.IN_FLIGHT: Status.STOPPED,
        Status.PAUSED: Status.STOPPED,
        Status.CHANGE_PENDING: Status.STOPPED,
    },
}
HOLDING: Final = frozenset({Status.PENDING_RESERVATION, Status.RESERVED, Status.PENDING_BOOKING})
"""States whose positions are held until `expires_at`."""
COMMITTED: Final = frozenset(
    {Status.BOOKED, Status.IN_FLIGHT, Status.PAUSED, Status.CHANGE_PENDING}
)
"""States whose positions are taken for good."""
NEEDS_REASON: Final = frozenset({Status.DECLINED, Status.CANCELED, Status.STOPPED})


class TransitionError(Exception):
    """An action that the state of the line does not allow."""


class ReasonRequiredError(ValueError):
    """A state that needs a reason or a moment, without one."""


def next_status(
    status: Status,
    action: LineAction,
    *,
    reason: str | None = None,
    expires_at: datetime | None = None,
) -> Status:
    """The state that an action leads to.

    Raises:
        TransitionError: the state does not allow the action.
        ReasonRequiredError: the next state needs a reason, or the moment when it expires.
    """
    found = TRANSITIONS[action].get(status)
    if found is None:
        raise TransitionError(_explain(status, action))
    if found in NEEDS_REASON and not (reason or "").strip():
        raise ReasonRequiredError(f"a line becomes {found} with a reason only: send `reason`")
    if found in HOLDING and expires_at is None:
        raise ReasonRequiredError(f"a line becomes {found} with the moment when it expires only")
    return found


def list_actions(status: Status) -> tuple[LineAction, ...]:
    """What a state allows, in the order of the actions."""
    return tuple(action for action in LineAction if status in TRANSITIONS[action])


def _explain(status: Status, action: LineAction) -> str:
    allowed = [one.value for one in list_actions(status) if one in BUYER_ACTIONS]
    if status in (Status.PENDING_RESERVATION, Status.PENDING_BOOKING, Status.CHANGE_PENDING):
        return f"a line in {status} waits for a decision of the media owner: {action} is refused"
    states = ", ".join(TRANSITIONS[action])
    possible = f"possible now: {', '.join(allowed)}" if allowed else "no action is possible now"
    return f"{action} is for a line in {states}, and this one is in {status}: {possible}"
