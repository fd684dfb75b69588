"""Whether an hour can be bought, for each combination of occupancy and time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cloud.pricing.availability import Availability, compute_availability, has_begun
from cloud.pricing.market import UNKNOWN_MARKET, Market, Occupancy
from cloud.pricing.slot import Slot

EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)
SLOT = Slot(EIGHT, ZoneInfo("Europe/London"))
BEFORE, AFTER = EIGHT - timedelta(seconds=1), EIGHT + timedelta(microseconds=1)


def booked(count: int) -> Market:
    return Market(occupancy=Occupancy(6, count))


@pytest.mark.parametrize(
    ("market", "now", "expected"),
    [
        (booked(0), BEFORE, ("available", 6, 0, 6)),
        (booked(5), BEFORE, ("available", 6, 5, 1)),
        (booked(6), BEFORE, ("sold_out", 6, 6, 0)),
        (UNKNOWN_MARKET, BEFORE, ("unknown", 6, None, None)),
        (booked(5), AFTER, ("past", 6, 5, 1)),
        (UNKNOWN_MARKET, AFTER, ("past", 6, None, None)),
    ],
)
def test_the_status_follows_from_occupancy_and_time(market, now, expected):
    assert compute_availability(SLOT, 6, market, now) == Availability(*expected)


@pytest.mark.parametrize(
    ("status", "is_for_sale"),
    [("available", True), ("unknown", True), ("sold_out", False), ("past", False)],
)
def test_an_hour_of_unknown_occupancy_is_for_sale_and_a_past_or_full_one_is_not(
    status, is_for_sale
):
    assert Availability(status, 6, None, None).is_for_sale is is_for_sale


@pytest.mark.parametrize(
    ("availability", "sentence"),
    [
        (Availability("available", 6, 5, 1), "5 of 6 positions are booked"),
        (Availability("sold_out", 6, 6, 0), "sold out: 6 of 6 positions are booked"),
        (Availability("unknown", 6, None, None), "6 positions, no occupancy recorded"),
        (
            Availability("past", 6, None, None),
            "the hour has begun or is over: it is not for sale",
        ),
    ],
)
def test_no_sentence_shows_a_figure_that_is_not_known(availability, sentence):
    assert availability.sentence == sentence


def test_an_hour_begins_after_its_first_instant():
    assert not has_begun(SLOT, EIGHT)
    assert has_begun(SLOT, AFTER)


def test_the_instant_counts_and_not_the_clock_on_the_wall():
    elsewhere = EIGHT.astimezone(ZoneInfo("America/New_York"))
    assert not has_begun(SLOT, elsewhere)
    assert has_begun(SLOT, elsewhere + timedelta(seconds=1))
