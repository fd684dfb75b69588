"""Booked hours of lines: divided between creatives, under the present id of the location."""

from sqlalchemy import Connection

from cloud.booking.order_line import BookingStatus
from cloud.campaigns.booked_hours import list_booked_hours, read_lines, read_rivals
from tests.cloud.campaigns.campaign_data import SEVEN_S, SITES, line, store_lines


def test_time_and_price_are_divided_between_creatives(connection: Connection) -> None:
    store_lines(connection, line(2, positions=2, price_minor=61, creatives=("a", "b", "c")))
    (one,) = read_lines(connection, SITES, "line_id", ["SO-1-1"]).values()
    hours = list(list_booked_hours(one))
    assert [hour.booked_s for hour in hours] == [2_400] * 6
    assert [hour.price_minor for hour in hours[:3]] == [40, 41, 41]
    assert len(list(list_booked_hours(one, SEVEN_S + 1))) == 3
    assert list(list_booked_hours(one, SEVEN_S)) == []


def test_rivals_are_sold_lines_with_the_same_creative_at_the_same_place(
    connection: Connection,
) -> None:
    store_lines(
        connection,
        line(),
        line(line_id="SO-1-2"),
        line(line_id="SO-1-3", creatives=("b",)),
        line(line_id="SO-1-4", location="LB-01"),
        line(line_id="SO-1-5", booking_status=BookingStatus.DRAFT),
    )
    lines = read_lines(connection, SITES, "line_id", ["SO-1-1"])
    assert set(read_rivals(connection, SITES, lines)) == {"SO-1-2"}
    assert read_rivals(connection, SITES, {}) == {}
