"""The flight of the demonstration is final now, and lies within one month of the seller."""

from datetime import UTC, datetime, timedelta

import pytest

from simulators.demo.sale.flight import ZONE, choose_flight

LATE_DATA = timedelta(days=7)


@pytest.mark.parametrize(
    "now", ["2026-11-29T00:00", "2026-12-08T23:59", "2026-11-02T01:30", "2027-03-29T00:10"]
)
def test_late_reports_can_no_longer_change_the_flight(now):
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    flight = choose_flight(at)
    assert flight.ends_at + LATE_DATA <= at
    assert flight.bought_at < flight.starts_at < flight.blind_at < flight.ends_at
    assert flight.starts_at.astimezone(ZONE).hour == 10
    assert len({one.astimezone(ZONE).date() for one in (flight.starts_at, flight.ends_at)}) == 1


def test_the_loop_has_no_other_spot():
    flight = choose_flight(datetime(2026, 11, 29, tzinfo=UTC))
    assert flight.plays == 3 * 3_600 // 10
