"""Every location of the sites file is listed with its screen, rate and attributes."""

from dataclasses import replace

import msgspec

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.sites.sites import Sites


def locations(ask) -> list[dict[str, object]]:
    answer = ask.get("/api/locations")
    assert answer.status_code == 200
    found: list[dict[str, object]] = answer.json()["locations"]
    return found


def test_a_location_is_described_in_full(ask):
    assert locations(ask)[0] == {
        "id": "KX-01",
        "formerly": [],
        "name": "King's Cross St Pancras, Northern ticket hall",
        "latitude_deg": 51.5308,
        "longitude_deg": -0.1238,
        "timezone": "Europe/London",
        "venue": "10503",
        "venue_name": "Subway station",
        "broader_venues": [{"id": "1", "name": "Transit"}, {"id": "105", "name": "Subway"}],
        "placement": "ticket_hall",
        "screen": {"width_m": 1.21, "height_m": 2.15, "width_px": 1080, "height_px": 1920},
        "loop_s": 60,
        "spot_s": 10,
        "base_rate": "18.00",
        "currency": "GBP",
        "traffic": "high_traffic_station",
        "demographic": "professionals_25_45",
        "cameras": 2,
    }


def test_locations_come_in_the_order_of_the_sites_file(ask, context: AppContext):
    listed = [one["id"] for one in locations(ask)]
    assert listed == [site.id for site in context.sites]
    assert len(listed) == len(set(listed)) == 8


def test_no_location_is_an_empty_list(ask, context: AppContext):
    ask.app = create_app(replace(context, sites=Sites(())))
    assert locations(ask) == []


def test_a_rate_has_the_minor_digits_of_its_currency(ask, context: AppContext):
    site = context.sites.location("KX-01")
    others = [
        msgspec.structs.replace(site, id=name, currency=currency, formerly=(f"{name}-OLD",))
        for name, currency in (("T-1", "JPY"), ("W-1", "KWD"), ("U-1", "USD"))
    ]
    ask.app = create_app(replace(context, sites=Sites(tuple(others))))
    assert [(one["base_rate"], one["currency"]) for one in locations(ask)] == [
        ("1800", "JPY"),
        ("1.800", "KWD"),
        ("18.00", "USD"),
    ]
    assert locations(ask)[0]["formerly"] == ["T-1-OLD"]


def test_a_location_without_cameras_is_listed(ask, context: AppContext):
    site = msgspec.structs.replace(context.sites.location("KX-01"), listed_cameras=())
    ask.app = create_app(replace(context, sites=Sites((site,))))
    assert locations(ask)[0]["cameras"] == 0
