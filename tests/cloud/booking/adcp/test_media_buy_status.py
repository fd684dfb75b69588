"""The status of a media buy follows from the states of its lines."""

from datetime import UTC, datetime

import pytest

from cloud.booking.adcp.media_buy_status import MediaBuyStatus, compute_status
from cloud.booking.order_line import BookingStatus as Status
from cloud.booking.orders.order import BookedLine
from cloud.booking.slots import DeliveryType

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def line(status: Status, *creatives: str) -> BookedLine:
    return BookedLine(
        line_id="1", order_id="1", booking_status=status, delivery=DeliveryType.GUARANTEED,
        location="KX-01", positions=1, slots=(), currency="GBP", discount_bp=0, quote_id="1",
        quote_ends_at=NOON, starts_at=NOON, ends_at=NOON, creatives=creatives,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], None),
        ([line(Status.DRAFT), line(Status.RESERVED), line(Status.PENDING_BOOKING)], None),
        ([line(Status.BOOKED)], MediaBuyStatus.PENDING_CREATIVES),
        ([line(Status.BOOKED, "a"), line(Status.BOOKED)], MediaBuyStatus.PENDING_CREATIVES),
        ([line(Status.BOOKED, "a"), line(Status.CANCELED)], MediaBuyStatus.PENDING_START),
        ([line(Status.BOOKED, "a"), line(Status.IN_FLIGHT)], MediaBuyStatus.ACTIVE),
        ([line(Status.PAUSED, "a"), line(Status.IN_FLIGHT)], MediaBuyStatus.ACTIVE),
        ([line(Status.PAUSED, "a"), line(Status.FINISHED)], MediaBuyStatus.PAUSED),
        ([line(Status.FINISHED), line(Status.CANCELED)], MediaBuyStatus.COMPLETED),
        ([line(Status.STOPPED), line(Status.DECLINED)], MediaBuyStatus.CANCELED),
        ([line(Status.EXPIRED)], MediaBuyStatus.CANCELED),
        ([line(Status.DECLINED)], MediaBuyStatus.REJECTED),
    ],
)
def test_the_lines_decide(lines: list[BookedLine], expected: MediaBuyStatus | None) -> None:
    assert compute_status(lines) == expected


@pytest.mark.parametrize("status", Status)
def test_every_state_of_a_line_has_a_status_or_is_unconfirmed(status: Status) -> None:
    found = compute_status([line(status, "a")])
    assert (found is None) == (status.value.startswith(("Draft", "Pending", "Reserved")))
