"""The statistics of a line: plays, impressions and spend so far."""

from datetime import timedelta

from tests.cloud.api.opendirect.conftest import add_line
from tests.cloud.api.orders.conftest import Market


def test_spend_is_of_the_hours_that_have_ended(market: Market) -> None:
    flight = {"startdate": "2026-11-29T07:00:00Z", "enddate": "2026-11-29T09:00:00Z"}
    where = add_line(market, **flight)
    line = market("acme", "PATCH", f"{where}?book").json()
    (before,) = market("acme", "GET", f"{where}/stats").json()["stats"]
    assert (before["frameid"], before["spend"]) == ("KX-01", 0)
    assert market("acme", "GET", f"{where[:-32]}{'0' * 32}/stats").status_code == 404
    assert market("bolt", "GET", f"{where}/stats").status_code == 404
    clock = market.context.clock
    start = clock.now
    clock.advance(timedelta(days=30))
    (after,) = market("acme", "GET", f"{where}/stats").json()["stats"]
    clock.now = start
    assert after["spend"] == line["cost"]
