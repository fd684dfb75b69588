"""The booked time of a line by the cameras that the sites file expects then."""

from datetime import UTC, datetime, timedelta

import msgspec

from cloud.booking.order_line import BookingStatus
from cloud.campaigns.campaign import find_campaign, list_campaigns
from cloud.campaigns.receipts.booked_lines import request_campaign
from cloud.receipts.receipt_file import TimeSpan
from cloud.sites.site_model import SiteCamera
from cloud.sites.sites import Sites
from tests.cloud.campaigns.campaign_data import SEVEN, SITES, line, store_lines

HOUR = timedelta(hours=1)
LATER = SEVEN + 10 * HOUR


def request(connection, sites=SITES, until=LATER, **options):
    (found,) = list_campaigns(connection, sites, None)
    campaign = find_campaign(connection, sites, found.id, None)
    return request_campaign(campaign, sites, until, **options).lines


def with_cameras(*cameras):
    site = SITES.location("KX-01")
    return Sites((msgspec.structs.replace(site, listed_cameras=cameras),))


def span(begin, end):
    return TimeSpan(starts_at=SEVEN + begin * HOUR, ends_at=SEVEN + end * HOUR)


def test_a_line_has_its_booked_hours_and_creatives(connection):
    store_lines(connection, line(3, local_hours=frozenset({7, 9})))
    (found,) = request(connection)
    assert (found.line_id, found.location, found.creatives) == ("SO-1-1", "KX-01", ("a",))
    assert found.devices == tuple(sorted(SITES.location("KX-01").expected_cameras(SEVEN, LATER)))
    assert found.booked == (span(0, 1), span(2, 3))


def test_only_the_time_that_was_asked_for_is_exported(connection):
    store_lines(connection, line(3))
    (found,) = request(connection, until=SEVEN + 1.5 * HOUR, since=SEVEN + 0.5 * HOUR)
    assert found.booked == (span(0.5, 1.5),)
    assert request(connection, until=SEVEN) == ()
    assert request(connection, line="SO-9-9") == ()


def test_a_camera_is_expected_on_its_dates_and_an_optional_one_never(connection):
    evening = datetime(2026, 11, 23, 22, tzinfo=UTC)
    store_lines(connection, line(4, starts_at=evening))
    sites = with_cameras(
        SiteCamera(id="old", until_on=evening.date() + timedelta(days=1)),
        SiteCamera(id="new", from_on=evening.date() + timedelta(days=1)),
        SiteCamera(id="spare", optional=True),
    )
    found = request(connection, sites, until=evening + 9 * HOUR)
    midnight = evening + 2 * HOUR
    assert {(one.devices, one.booked) for one in found} == {
        (("old",), (TimeSpan(starts_at=evening, ends_at=midnight),)),
        (("new",), (TimeSpan(starts_at=midnight, ends_at=evening + 4 * HOUR),)),
    }


def test_a_line_that_is_not_sold_is_not_exported(connection):
    store_lines(connection, line(1, booking_status=BookingStatus.CANCELED))
    assert request(connection) == ()
