"""A slot in OpenRTB terms has the same price, to the penny."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from cloud import database
from cloud.app.context import AppContext

PATH = "/api/inventory?time_slot=2026-11-23T08:00"
HOUR_S = 3600


def hour(context: AppContext, at: datetime, **sums: int) -> None:
    with database.writing(context.engine) as connection:
        connection.execute(
            database.hour_tallies.insert().values(
                location="KX-01", device="kx-01-cam-1", hour_at=int(at.timestamp()), **sums
            )
        )


def test_floor_times_multiplier_times_plays_is_the_slots_price(ask):
    for screen in ask.get(PATH).json()["screens"]:
        (imp,) = screen["imp"]
        extension = imp["ext"]["onlooker"]
        floor, per_play = Decimal(str(imp["bidfloor"])), Decimal(str(imp["qty"]["multiplier"]))
        pounds = floor / 1000 * per_play * Decimal(str(extension["plays_per_hour"]))

        assert round(pounds * 100) == extension["slot_price_minor"]
        price = ask.get(f"/api/pricing/slot/{screen['dooh']['id']}/2026-11-23T08:00").json()
        assert extension["slot_price_minor"] == price["price_minor"]


def test_an_element_says_what_the_standard_wants_of_a_screen(ask):
    screen = ask.get(f"{PATH}&location=LB-01").json()["screens"][0]
    (imp,) = screen["imp"]

    assert screen["dooh"]["id"] == "LB-01"
    assert screen["dooh"]["venuetype"] == ["10602"]
    assert screen["dooh"]["venuetypetax"] == 5
    assert screen["device"]["devicetype"] == 8
    assert screen["device"]["geo"] == {
        "lat": 51.5052, "lon": -0.0864, "type": 3, "utcoffset": 0.0,
    }  # fmt: skip
    assert imp["dt"] == 1_795_420_800_000
    assert imp["video"]["minduration"] == imp["video"]["maxduration"] == 10
    assert imp["qty"]["sourcetype"] == 2


def test_the_tiers_fall_and_say_what_they_stand_on(ask):
    (screen,) = ask.get(f"{PATH}&location=KX-01").json()["screens"]
    extension = screen["imp"][0]["ext"]["onlooker"]
    tiers = extension["impressions_per_play"]

    assert tiers["gross"]["p50"] > tiers["viewable_ots"]["p50"] > tiers["lts"]["p50"] > 0
    assert (extension["basis"], extension["visits"]) == ("modelled", 0)
    assert extension["audience_per_play"] is None


def test_measured_stays_replace_the_assumption(ask, context: AppContext, clock):
    seen = {"observed_ms": HOUR_S * 1000, "dwell_06": 400, "dwell_ms": 400 * 12_000}
    looked = {"attention_00": 300, "attention_03": 100, "looking_ms": 100 * 1500}
    hour(context, clock.now - timedelta(hours=3), **seen, **looked, visits=400, entries=400)
    (screen,) = ask.get(f"{PATH}&location=KX-01").json()["screens"]
    extension = screen["imp"][0]["ext"]["onlooker"]

    assert (extension["basis"], extension["visits"]) == ("sensor_measured", 400)
    assert "stays of 400 visits measured here" in extension["reason"]


def test_pages_and_venues_choose_the_screens(ask):
    everything = ask.get(PATH).json()
    platforms = ask.get(f"{PATH}&venue=10502").json()
    second = ask.get(f"{PATH}&offset=1&limit=1").json()

    assert everything["total"] == 8
    sent = [screen for screen in everything["screens"] if screen["dooh"]["venuetype"] == ["10502"]]
    assert platforms["screens"] == sent
    assert [screen["dooh"]["id"] for screen in sent] == [
        "KX-01",
        "OX-01",
        "CW-01",
        "ST-01",
        "BA-01",
    ]
    assert second["total"] == 8
    assert [screen["dooh"]["id"] for screen in second["screens"]] == ["LB-01"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("?time_slot=2026-11-23T08:30", 422),
        ("?time_slot=2026-11-23T08:00&location=XX-99", 404),
        ("?time_slot=2026-11-23T08:00&limit=0", 422),
        ("?time_slot=2029-11-23T08:00", 422),
        ("?time_slot=2026-11-23T08:00&offset=-1", 422),
        ("?time_slot=2026-11-23T08:00&limit=99999999999999999999", 422),
    ],
)
def test_a_bad_question_is_refused(ask, query: str, status: int):
    assert ask.get(f"/api/inventory{query}").status_code == status


def test_a_page_is_worked_out_once_and_not_sent_again_to_who_holds_it(ask, monkeypatch):
    first = ask.get(PATH)
    monkeypatch.setattr("cloud.api.inventory.quote", None)
    held = ask.get(PATH, headers={"if-none-match": first.headers["etag"]})
    packed = ask.get(PATH, headers={"accept-encoding": "gzip"})
    plain = ask.get(PATH, headers={"accept-encoding": "identity"})
    monkeypatch.undo()
    later = ask.get(PATH.replace("T08", "T09"), headers={"if-none-match": first.headers["etag"]})

    assert (held.status_code, held.content) == (304, b"")
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == (
        "gzip",
        "Accept-Encoding, Authorization, X-API-Key",
    )
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json() == first.json()
    assert later.status_code == 200
