"""A screen as a product, and its avails by status and reason."""

from datetime import timedelta

import numpy as np

from cloud.booking.inventory.avails import SlotCounts, compute_avails
from cloud.booking.opendirect.products import describe_avails, describe_product
from tests.cloud.booking.orders.order_steps import MONDAY_SEVEN, NOON
from tests.cloud.rates import sites

SITE = sites().location("KX-01")


def test_a_product_offers_every_number_of_positions() -> None:
    found = describe_product(SITE, timedelta(hours=48))
    assert (found["id"], str(found["baseprice"]), found["currency"]) == ("KX-01", "18.00", "GBP")
    assert (found["deliverytype"], found["reservedexpirytime"]) == ("guaranteed", "PT48H")
    share = found["producttargeting"][1]
    assert (share["selectable"], share["maximum"], share["targetvalues"][-1]) == (True, 6, "100")


def test_avails_are_grouped_by_status_and_reason() -> None:
    hours = np.array([int(MONDAY_SEVEN.timestamp()) + 3600 * n for n in range(3)])
    none = np.zeros(3, dtype=np.int64)
    counts = SlotCounts(taken=np.array([6, 0, 0]), held=none, outside=none)
    found = compute_avails(SITE, hours, counts, positions=np.ones(3, dtype=np.int64), now=NOON)
    written = describe_avails(
        found, account="acme", price_minor=210, startdate=MONDAY_SEVEN, enddate=MONDAY_SEVEN
    )
    assert (written["availability"], str(written["price"])) == (2, "2.10")
    groups = [(one["status"], one.get("reason")) for one in written["productavailability"]]
    assert groups == [("Unavailable", "Booked"), ("Available", None)]
    assert written["productavailability"][1]["producttargeting"][1]["targetvalues"] == ["0", "1"]
