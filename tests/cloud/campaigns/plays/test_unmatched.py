"""Plays of nobody's line: another hour, another creative, a line that has not booked it."""

from datetime import timedelta

from sqlalchemy import Connection

from cloud.booking.order_line import BookingStatus
from cloud.campaigns.plays.play import LoggedPlay, PlaySource
from cloud.campaigns.plays.play_store import store_plays
from cloud.campaigns.plays.unmatched import list_unmatched
from tests.cloud.campaigns.campaign_data import SEVEN, SITES, line, store_lines


def test_only_plays_that_a_sold_line_has_booked_belong_to_somebody(connection: Connection) -> None:
    reserved = line(2, line_id="SO-1-2", creatives=("r",), booking_status=BookingStatus.RESERVED)
    store_lines(connection, line(2), reserved)
    plays = [
        LoggedPlay(location="KX-01", creative=creative, line=name, started_at=SEVEN + minutes)
        for creative, name, minutes in (
            ("a", "", timedelta(minutes=119)),
            ("a", "SO-1-1", timedelta()),
            ("a", "SO-1-2", timedelta(minutes=1)),  # which has not booked it
            ("a", "", timedelta(minutes=120)),  # after the flight
            ("r", "", timedelta(minutes=3)),  # only reserved
        )
    ]
    store_plays(connection, plays, PlaySource.HTTP, "0" * 32)
    day = (SEVEN - timedelta(hours=7), SEVEN + timedelta(hours=17))
    found = list_unmatched(connection, SITES, ["KX-01"], *day)
    assert [(one.creative, one.line, (one.hour_at - SEVEN).seconds // 3600) for one in found] == [
        ("a", "SO-1-2", 0), ("r", "", 0), ("a", "", 2),
    ]  # fmt: skip
    assert list_unmatched(connection, SITES, ["LB-01"], *day) == []
