"""The statistics of a line: plays, impressions and spend so far."""

from datetime import timedelta

from tests.cloud.api.opendirect.conftest import ACME, add_line
from tests.cloud.api.orders.conftest import Market


def test_the_statistics_have_every_field_that_the_standard_requires(market: Market) -> None:
    flight = {"startdate": "2026-12-02T07:00:00Z", "enddate": "2026-12-02T09:00:00Z"}
    where = add_line(market, **flight)
    (stats,) = market("acme", "GET", f"{where}/stats").json()["stats"]
    assert {"reportdate", "impressions", "clicks", "ctr", "spend"} <= stats.keys()
    assert (stats["spotstartutc"], stats["spotstarttz"]) == (flight["startdate"], "+00:00")
    assert (stats["spotendutc"], stats["spotendtz"]) == (flight["enddate"], "+00:00")
    assert (stats["spotlength"], stats["shareoftime"]) == (10_000, 33.33)
    assert market("acme", "GET", f"{where}/stats?detail=hours").status_code == 400


def test_the_logged_plays_of_a_line_are_listed_page_by_page(market: Market) -> None:
    flight = {"startdate": "2026-11-20T13:00:00Z", "enddate": "2026-11-20T14:00:00Z"}
    where = add_line(market, **flight)
    line = where.rpartition("/")[2]
    asked = {"creativeid": "spring-sale", "placementid": line}
    assert market("acme", "POST", f"{ACME}/assignments", asked).status_code == 200
    assert market("acme", "PATCH", f"{where}?book").status_code == 200
    play = {"location": "KX-01", "creative": "spring-sale", "duration_s": 10}
    plays = [
        {**play, "started_at": "2026-11-20T13:05:00+00:00", "ref": "play-2"},
        {**play, "started_at": "2026-11-20T14:04:00+01:00", "line": line},
        {**play, "started_at": "2026-11-20T13:06:00+00:00", "line": "another"},
        {**play, "started_at": "2026-11-20T12:59:00+00:00"},
    ]
    market.context.clock.advance(timedelta(hours=3))
    stored = market("sales", "POST", "/api/plays", {"plays": plays})
    found = market("acme", "GET", f"{where}/stats?detail=plays&count=1&offset=1")
    assert stored.status_code == 201, stored.text
    assert found.headers["x-total-count"] == "2"
    (shown,) = found.json()["stats"]
    assert {name: shown[name] for name in shown if name != "reportdate"} == {
        "frameid": "KX-01", "creativeid": "spring-sale", "creativename": "spring-sale",
        "mediaownerplayoutref": "play-2", "spotlength": 10_000,
        "spotstartutc": "2026-11-20T13:05:00Z", "spotstarttz": "+00:00",
        "spotendutc": "2026-11-20T13:05:10Z", "spotendtz": "+00:00",
    }  # fmt: skip


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
    assert (after["impressions"], after["ext"]["impressionslow"]) == (None, None)  # no report
