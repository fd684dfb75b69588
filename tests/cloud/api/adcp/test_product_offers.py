"""The window that a product is priced for has no more hours than one answer may price."""

from datetime import UTC, date, datetime, timedelta

from cloud.api.adcp.product_offers import SoldProduct, find_window
from cloud.booking.inventory.products import Product
from cloud.booking.slots import DeliveryType
from tests.cloud.rates import sites

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
PRODUCT = Product(
    id="all", name="All", delivery=DeliveryType.GUARANTEED, locations=("KX-01",), daypart=None,
    min_hours=1, changed_by="a test", changed_at=NOW,
)  # fmt: skip
ONE = tuple(sites())[:1]


def test_a_week_from_tomorrow_on_or_as_many_hours_as_can_be_priced() -> None:
    one = SoldProduct(PRODUCT, ONE, None)
    week = find_window(one, None, None, NOW, most_slots=2_000)
    assert week.starts_at == datetime(2026, 11, 21, tzinfo=UTC)
    assert week.ends_at - week.starts_at == timedelta(days=7)
    day = date(2026, 12, 1)
    assert find_window(one, day, day, NOW, most_slots=2_000).ends_at == datetime(
        2026, 12, 2, tzinfo=UTC
    )
    many = SoldProduct(PRODUCT, ONE * 500, None)
    short = find_window(many, None, None, NOW, most_slots=2_000)
    assert (short.starts_at.hour, short.ends_at - short.starts_at) == (8, timedelta(hours=4))
