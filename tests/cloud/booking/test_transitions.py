"""The full matrix of 13 states and every action, as OpenDirect 2.1 has it."""

from datetime import UTC, datetime

import pytest

from cloud.booking.order_line import SOLD, BookingStatus
from cloud.booking.transitions import (
    BUYER_ACTIONS,
    COMMITTED,
    HOLDING,
    STAFF_ACTIONS,
    TIMED_ACTIONS,
    LineAction,
    ReasonRequiredError,
    TransitionError,
    list_actions,
    next_status,
)

SOON = datetime(2026, 11, 23, tzinfo=UTC)
COLUMNS = (
    "edit reserve request-reservation book request-booking cancel reset pause resume "
    "request-change approve decline end-change expire start finish displace"
)
NAMES = {
    "D": "Draft", "PR": "PendingReservation", "R": "Reserved", "PB": "PendingBooking",
    "B": "Booked", "I": "InFlight", "F": "Finished", "S": "Stopped", "C": "Canceled",
    "P": "Paused", "E": "Expired", "X": "Declined", "CP": "ChangePending",
}  # fmt: skip
MATRIX = """
    edit res rres book rbook can reset pause resume rchg appr decl echg exp  start fin  disp
D   D    R   PR   B    PB    -   -     -     -      -    -    -    -    -    -     -    -
PR  -    -   -    -    -     -   -     -     -      -    R    X    -    E    -     -    X
R   -    -   -    B    PB    C   D     -     -      -    -    -    -    E    -     -    X
PB  -    -   -    -    -     -   -     -     -      -    B    X    -    E    -     -    X
B   -    -   -    -    -     C   -     -     -      CP   -    -    -    -    I     F    C
I   -    -   -    -    -     S   -     P     -      CP   -    -    -    -    -     F    S
F   -    -   -    -    -     -   -     -     -      -    -    -    -    -    -     -    -
S   -    -   -    -    -     -   -     -     -      -    -    -    -    -    -     -    -
C   -    -   -    -    -     -   -     -     -      -    -    -    -    -    -     -    -
P   -    -   -    -    -     -   -     -     I      -    -    -    -    -    -     F    S
E   -    -   -    -    -     -   D     -     -      -    -    -    -    -    -     -    -
X   -    -   -    -    -     -   D     -     -      -    -    -    -    -    -     -    -
CP  -    -   -    -    -     -   -     -     -      -    -    -    B    -    -     -    S
"""


def cells() -> list[tuple[BookingStatus, LineAction, str]]:
    actions = [LineAction(name) for name in COLUMNS.split()]
    rows = [line.split() for line in MATRIX.strip().splitlines()[1:]]
    return [
        (BookingStatus(NAMES[row[0]]), action, cell)
        for row in rows
        for action, cell in zip(actions, row[1:], strict=True)
    ]


def test_the_matrix_has_every_state_and_every_action() -> None:
    assert {(status, action) for status, action, _ in cells()} == {
        (status, action) for status in BookingStatus for action in LineAction
    }
    assert len(cells()) == 13 * len(LineAction)


def test_each_action_in_each_state_leads_where_the_matrix_says() -> None:
    for status, action, cell in cells():
        if cell == "-":
            with pytest.raises(TransitionError, match=str(action)):
                next_status(status, action, reason="because", expires_at=SOON)
        else:
            found = next_status(status, action, reason="because", expires_at=SOON)
            assert found == NAMES[cell], (status, action)
        assert (action in list_actions(status)) == (cell != "-")


def test_a_buyer_can_do_nothing_while_a_decision_is_pending() -> None:
    for status in BookingStatus:
        if "Pending" in status:
            assert not BUYER_ACTIONS & {*list_actions(status)}


def test_every_action_has_one_kind_of_actor() -> None:
    kinds = (BUYER_ACTIONS, STAFF_ACTIONS, TIMED_ACTIONS, {LineAction.DISPLACE})
    assert sorted(action for kind in kinds for action in kind) == sorted(LineAction)


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_declined_and_canceled_need_a_reason(reason: str | None) -> None:
    for status, action in (
        (BookingStatus.BOOKED, LineAction.CANCEL),
        (BookingStatus.IN_FLIGHT, LineAction.CANCEL),
        (BookingStatus.PENDING_BOOKING, LineAction.DECLINE),
    ):
        with pytest.raises(ReasonRequiredError, match="reason"):
            next_status(status, action, reason=reason)


def test_reserved_needs_the_moment_when_it_expires() -> None:
    with pytest.raises(ReasonRequiredError, match="expires"):
        next_status(BookingStatus.DRAFT, LineAction.RESERVE)


def test_positions_are_held_or_taken_in_disjoint_states() -> None:
    assert not HOLDING & COMMITTED
    assert COMMITTED < SOLD
