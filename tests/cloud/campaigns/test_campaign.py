"""A campaign is the lines of one account, advertiser and name, in their newest versions."""

import pytest
from sqlalchemy import Connection

from cloud.booking.order_line import BookingStatus
from cloud.campaigns.campaign import UnknownCampaignError, find_campaign, list_campaigns
from tests.cloud.campaigns.campaign_data import SEVEN, SITES, line, store_lines


def test_lines_of_the_same_name_of_two_accounts_are_two_campaigns(connection: Connection) -> None:
    bolt = {"order_id": "SO-2", "line_id": "SO-2-1", "account": "bolt"}
    store_lines(connection, line(), line(line_id="SO-1-2"), line(5, **bolt))
    later, first = list_campaigns(connection, SITES, None)
    assert (later.account, len(first.lines)) == ("bolt", 2)
    assert later.id != first.id
    assert list_campaigns(connection, SITES, {"acme"}) == [first]
    assert find_campaign(connection, SITES, first.id, {"acme", "x"}).lines == first.lines
    with pytest.raises(UnknownCampaignError):
        find_campaign(connection, SITES, later.id, {"acme"})
    assert (first.order_ids, first.currencies, first.is_running(SEVEN)) == (
        ("SO-1",),
        ("GBP",),
        True,
    )


def test_a_line_that_moved_to_another_campaign_belongs_to_that_one(connection: Connection) -> None:
    store_lines(connection, line())
    store_lines(connection, line(campaign="Spring", booking_status=BookingStatus.RESERVED))
    (only,) = list_campaigns(connection, SITES, None)
    assert (only.name, dict(only.sold_lines)) == ("Spring", {})
    assert not only.is_running(SEVEN)
