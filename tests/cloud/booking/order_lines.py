"""Order lines for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cloud.booking.order_line import BookingStatus, OrderLine

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def order_line(hours: int = 3, **fields: Any) -> OrderLine:
    """A booked line of some hours from seven o'clock on; `fields` differ from it."""
    starts_at = fields.pop("starts_at", MONDAY + timedelta(hours=7))
    ends_at = starts_at + timedelta(hours=hours)
    plain = {
        "order_id": "SO-1", "line_id": "SO-1-1", "account": "acme", "advertiser": "Acme",
        "campaign": "Winter", "booking_status": BookingStatus.BOOKED, "location": "KX-01",
        "starts_at": starts_at, "ends_at": ends_at, "hours": "", "positions": 1,
        "price_minor": 60, "currency": "GBP", "creatives": ("a",),
        "local_hours": frozenset(range(24)), "zone": ZoneInfo("UTC"),
    }  # fmt: skip
    return OrderLine(**{**plain, **fields})
