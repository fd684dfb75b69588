"""Resources have the field names of OpenDirect 2.1, in lower case."""

from dataclasses import replace

import pytest

from cloud.auth.accounts.account_store import read_account
from cloud.booking.opendirect.resources import (
    BOOKING_STATUS,
    assignment_id,
    describe_account,
    describe_assignments,
    describe_line,
    describe_order,
    describe_organization,
)
from cloud.booking.order_line import BookingStatus
from cloud.database import reading
from tests.cloud.booking.orders.order_steps import NOON, Steps
from tests.cloud.databases import new_engine
from tests.cloud.rates import sites

LINE_FIELDS = {
    "id", "name", "orderid", "productid", "bookingstatus", "statechangereason", "startdate",
    "enddate", "ratetype", "rate", "quantity", "cost", "comment", "frequencycount",
    "frequencyinterval", "reservedexpirydate", "targeting", "producttargeting", "providerdata",
    "specialinstructions", "pmp", "ext",
}  # fmt: skip
ORDER_FIELDS = {
    "id", "name", "accountid", "publisherid", "brand", "currency", "budget", "orderstatus",
    "packageonly", "preferredbillingmethod", "providerdata", "advertiserbrandid", "startdate",
    "enddate", "orderexpirydate", "contacts", "specialinstructions", "ext",
}  # fmt: skip
STATES = {
    "Draft", "PendingReservation", "Reserved", "PendingBooking", "Booked", "InFlight", "Finished",
    "Stopped", "Canceled", "Pause", "Expired", "Declined", "ChangePending",
}  # fmt: skip


@pytest.fixture
def steps(tmp_path) -> Steps:
    return Steps(new_engine(tmp_path), agency="best").open_accounts()


def test_lines_and_orders_have_the_fields_of_the_standard(steps: Steps) -> None:
    order_id = steps.place(creatives=("a", "b"))
    (line,) = steps.reserve(order_id)
    written = describe_line(line, sites().location("KX-01"))
    assert written.keys() <= LINE_FIELDS
    assert (written["bookingstatus"], written["quantity"]) == ("Reserved", 3)
    assert (str(written["cost"]), written["ratetype"]) == ("2.10", "FlatRate")
    assert written["reservedexpirydate"] == NOON + steps.policy.reservation
    order = describe_order(steps.order(order_id), [line])
    assert order.keys() <= ORDER_FIELDS
    assert (order["orderstatus"], order["startdate"]) == ("APPROVED", line.starts_at)
    declined = replace(line, booking_status=BookingStatus.DECLINED, reason="too low")
    assert describe_line(declined, None)["statechangereason"] == "too low"


def test_every_state_has_its_name_in_the_standard() -> None:
    assert set(BOOKING_STATUS.values()) == STATES


def test_an_assignment_names_the_line_as_its_placement(steps: Steps) -> None:
    (line,) = steps.lines(steps.place(creatives=("a", "b")))
    found = describe_assignments(line)
    assert [one["creativeid"] for one in found] == ["a", "b"]
    assert {one["placementid"] for one in found} == {line.line_id}
    assert found[0]["id"] == assignment_id(line.line_id, "a") != found[1]["id"]


def test_an_agency_is_the_buyer_of_its_advertiser(steps: Steps) -> None:
    with reading(steps.engine) as connection:
        acme, best = (read_account(connection, name) for name in ("acme", "best"))
    assert acme
    assert best
    account = describe_account(acme)
    assert (account["advertiserid"], account["buyerid"]) == ("acme", "best")
    assert describe_organization(best)["organizationtype"] == "agency"
