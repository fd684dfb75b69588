"""A location that cannot be answered for does not affect the others; past hours are not sold."""

import logging
from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest

from cloud import database
from cloud.api import inventory, pricing
from cloud.api.application import create_app
from cloud.app.context import AppContext, ForecastCache
from cloud.auth import audit
from cloud.cli.publish import publish
from cloud.estate import Estate
from cloud.forecast.public_holidays import CalendarError, public_holidays
from cloud.pricing.market import Occupancy
from cloud.pricing.quote import quote
from cloud.pricing.slot import parse_slot
from cloud.sales.occupancy import SlotOccupancy, store_occupancy
from cloud.sales.price_sheet import price_sheets
from tests.cloud.api.conftest import ApiClient

INVENTORY = "/api/inventory?time_slot="
MONDAY = "2026-11-23T08:00"


@pytest.fixture
def abroad(context: AppContext) -> AppContext:
    """London, a place in Kolkata, and one in New York."""
    london = context.estate.location("KX-01")
    others = [
        msgspec.structs.replace(london, id=name, timezone=zone, listed_cameras=())
        for name, zone in (("CC-01", "Asia/Kolkata"), ("NY-01", "America/New_York"))
    ]
    return replace(context, estate=Estate((london, *others)), forecast_cache=ForecastCache())


@pytest.fixture
def broken(context: AppContext, monkeypatch) -> AppContext:
    """One place whose calendar of holidays cannot be read."""
    sites = [
        msgspec.structs.replace(site, holidays="FR") if site.id == "LB-01" else site
        for site in context.estate
    ]
    honest = public_holidays

    def fragile(code: str | None, *years: int) -> frozenset[date]:
        if code == "FR":
            raise CalendarError("no calendar of holidays 'FR' is known")
        return honest(code, *years)

    monkeypatch.setattr("cloud.forecast.network.public_holidays", fragile)
    return replace(context, estate=Estate(tuple(sites)), forecast_cache=ForecastCache())


def screens_of(asker: ApiClient, path: str) -> tuple[list[str], dict[str, str]]:
    """The screens of the answer, and those left out with the reason."""
    answer = asker.get(path)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    left_out = {one["location"]: one["reason"] for one in page["left_out"]}
    return [one["dooh"]["id"] for one in page["screens"]], left_out


@pytest.mark.parametrize(
    ("time_slot", "place", "reason"),
    [
        ("2027-03-28T01:00", "KX-01", "does not exist in Europe/London"),
        ("2027-10-31T01:00", "KX-01", "occurs twice in Europe/London"),
        ("2027-03-14T02:00", "NY-01", "does not exist in America/New_York"),
        ("2026-11-23T08:00Z", "CC-01", "starts no hour"),
    ],
)
def test_an_hour_that_one_clock_lacks_or_doubles_is_answered_for_the_others(
    abroad: AppContext, time_slot: str, place: str, reason: str
):
    asker = ApiClient(create_app(abroad))
    screens, left_out = screens_of(asker, INVENTORY + time_slot)

    assert sorted([*screens, place]) == ["CC-01", "KX-01", "NY-01"]
    assert list(left_out) == [place]
    assert reason in left_out[place]
    if reason != "starts no hour":
        alone = asker.get(f"{INVENTORY}{time_slot}&location={place}")
        assert alone.status_code == 422
        assert reason in alone.json()["detail"]


def test_pages_without_the_hour_are_not_each_others(abroad: AppContext):
    asker = ApiClient(create_app(abroad))
    path = f"{INVENTORY}2027-03-28T01:00&limit=1&offset="
    assert [screens_of(asker, path + str(at))[0] for at in range(3)] == [[], ["CC-01"], ["NY-01"]]
    assert screens_of(asker, path + "0")[1].keys() == {"KX-01"}


@pytest.mark.parametrize(
    "time_slot", ["soon", "2026-11-23", "2026-13-23T08:00", "2026-11-23T08:30"]
)
def test_a_time_that_no_clock_has_is_refused(abroad: AppContext, time_slot: str):
    asker = ApiClient(create_app(abroad))
    status = asker.get(INVENTORY + time_slot).status_code
    assert status == 422


@pytest.mark.parametrize("venue", ["10503", "105", "1", "10502"])
def test_a_venue_is_found_by_every_id_that_it_is_known_by(ask: ApiClient, venue: str):
    assert "KX-01" in screens_of(ask, f"{INVENTORY}{MONDAY}&venue={venue}")[0]


def test_the_ids_that_are_sent_find_the_screens_that_sent_them(ask: ApiClient):
    for screen in ask.get(INVENTORY + MONDAY).json()["screens"]:
        (sent,) = screen["dooh"]["venuetype"]
        assert screen["dooh"]["id"] in screens_of(ask, f"{INVENTORY}{MONDAY}&venue={sent}")[0]


def test_a_word_that_is_no_venue_is_refused_with_the_list(ask: ApiClient):
    for word in ("platform", "99999", "", "105033"):
        refused = ask.get(f"{INVENTORY}{MONDAY}&venue={word}")
        assert refused.status_code == 422
        assert "10503" in refused.json()["detail"]
    assert screens_of(ask, f"{INVENTORY}{MONDAY}&venue=3") == ([], {})


def test_a_place_of_which_no_forecast_can_be_made_is_left_out_by_name(broken: AppContext, caplog):
    asker = ApiClient(create_app(broken))
    with caplog.at_level(logging.ERROR):
        screens, left_out = screens_of(asker, INVENTORY + MONDAY)
        again, _ = screens_of(asker, INVENTORY + MONDAY)
    question = [{"location": name, "time_slot": MONDAY} for name in ("KX-01", "LB-01")]
    batch = asker("POST", "/api/pricing/batch", json={"slots": question}).json()["answers"]
    brief = {"budget": "500.00", "from": "2026-11-23", "until": "2026-11-24"}
    plan = asker("POST", "/api/pricing/optimize", json=brief)
    alone = asker.get(f"/api/pricing/slot/LB-01/{MONDAY}")

    assert len(screens) == len(again) == 7
    assert list(left_out) == ["LB-01"]
    assert "'FR'" in left_out["LB-01"]
    assert [one.message for one in caplog.records].count("forecast.failed") == 1
    assert batch[0]["price"]["location"] == "KX-01"
    assert "LB-01" in batch[1]["refused"]
    assert plan.status_code == 200
    assert [one["location"] for one in plan.json()["left_out"]] == ["LB-01"]
    assert plan.json()["lines"]
    assert alone.status_code == 503
    assert "LB-01" in alone.json()["detail"]


def test_a_place_that_cannot_be_published_does_not_stop_the_others(broken: AppContext):
    published, left_out = publish(broken)
    assert published == 7
    assert [one.location for one in left_out] == ["LB-01"]


def test_a_fault_in_one_price_is_that_of_one_place(ask: ApiClient, monkeypatch):

    def fragile(site, *of):
        if site.id == "LB-01":
            raise ZeroDivisionError
        return quote(site, *of)

    for module in (inventory, pricing):
        monkeypatch.setattr(module, "quote", fragile)
    question = [{"location": name, "time_slot": MONDAY} for name in ("KX-01", "LB-01")]
    screens, left_out = screens_of(ask, INVENTORY + MONDAY)
    batch = ask("POST", "/api/pricing/batch", json={"slots": question}).json()["answers"]

    assert (len(screens), list(left_out)) == (7, ["LB-01"])
    assert (batch[0]["refused"], batch[1]["price"]) == (None, None)


def availability(asker: ApiClient, time_slot: str) -> list[str]:
    """The status of an hour of KX-01 on each route that shows it."""
    question = {"location": "KX-01", "time_slot": time_slot}
    slot = asker.get(f"/api/pricing/slot/KX-01/{time_slot}").json()
    batch = asker("POST", "/api/pricing/batch", json={"slots": [question]}).json()
    (screen,) = asker.get("/api/inventory", params=question).json()["screens"]
    on_sale = screen["ext"]["onlooker"]["availability"]["status"]
    assert bool(screen["imp"]) == (on_sale in ("available", "unknown"))
    explained = asker.get(f"/api/pricing/explain/KX-01/{time_slot}").text
    assert slot["availability"]["sentence"] in explained
    return [slot["availability"]["status"], batch["answers"][0]["price"]["availability"]["status"],
            on_sale]  # fmt: skip


def test_an_hour_that_has_begun_is_not_for_sale_anywhere(ask: ApiClient, clock):
    for hour, status in ((10, "past"), (11, "past"), (12, "unknown"), (13, "unknown")):
        assert availability(ask, f"2026-11-20T{hour}:00") == [status] * 3
    clock.advance(timedelta(microseconds=1))  # the forecast is the same, the hour has begun
    assert availability(ask, "2026-11-20T12:00") == ["past"] * 3
    brief = {"budget": "500.00", "from": "2026-11-20", "until": "2026-11-21"}
    lines = ask("POST", "/api/pricing/optimize", json=brief).json()["lines"]
    assert min(line["time_slot"] for line in lines) >= "2026-11-20T13:00"


def test_a_sold_out_hour_is_said_so(ask: ApiClient, context: AppContext, clock):

    site = context.estate.location("KX-01")
    with database.writing(context.engine) as connection:
        for hour, taken in ((8, 6), (9, 5), (10, 0)):
            starts_at = parse_slot(f"2026-11-23T{hour:02}:00", site.zone).starts_at
            store_occupancy(
                connection, [SlotOccupancy("KX-01", starts_at, Occupancy(6, taken))], at=clock.now
            )
        audit.record_change(
            connection, at=clock.now, actor="me", action="occupancy.load", about="x", details={}
        )
    context.read_changes()

    assert availability(ask, MONDAY) == ["sold_out"] * 3
    assert availability(ask, "2026-11-23T09:00") == ["available"] * 3
    sold_out = ask.get(f"/api/pricing/slot/KX-01/{MONDAY}").json()["availability"]
    assert (sold_out["taken"], sold_out["free"], sold_out["shares"]) == (6, 0, 6)
    assert sold_out["sentence"] == "sold out: 6 of 6 shares are taken"
    nothing = ask.get("/api/pricing/slot/KX-01/2026-11-23T11:00").json()["availability"]
    assert (nothing["status"], nothing["taken"], nothing["free"]) == ("unknown", None, None)


def test_hours_that_have_begun_are_not_published(context: AppContext, clock):

    clock.advance(timedelta(minutes=30))
    publish(context)
    with database.reading(context.engine) as connection:
        first = {row.first_at for row in connection.execute(price_sheets.select())}
    assert {at.isoformat() for at in first} == {"2026-11-20T13:00:00+00:00"}
