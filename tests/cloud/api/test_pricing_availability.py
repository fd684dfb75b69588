"""Past and sold-out hours are not for sale on any route."""

from datetime import timedelta

from cloud import database
from cloud.app.context import AppContext
from cloud.auth import audit
from cloud.cli.publish import publish
from cloud.pricing.market import Occupancy
from cloud.pricing.slot import parse_slot
from cloud.sales.occupancy import SlotOccupancy, store_occupancy
from cloud.sales.price_sheet import price_sheets
from tests.cloud.api.conftest import ApiClient

MONDAY = "2026-11-23T08:00"


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
    for hour, status in ((10, "past"), (11, "past"), (12, "available"), (13, "available")):
        assert availability(ask, f"2026-11-20T{hour}:00") == [status] * 3
    clock.advance(timedelta(microseconds=1))  # the forecast is the same, the hour has begun
    assert availability(ask, "2026-11-20T12:00") == ["past"] * 3
    brief = {"budget": "500.00", "from": "2026-11-20", "until": "2026-11-21"}
    lines = ask("POST", "/api/pricing/optimize", json=brief).json()["lines"]
    assert min(line["time_slot"] for line in lines) >= "2026-11-20T13:00"


def test_a_sold_out_hour_is_said_so(ask: ApiClient, context: AppContext, clock):

    site = context.sites.location("KX-01")
    with database.writing(context.engine) as connection:
        for hour, booked in ((8, 6), (9, 5), (10, 0)):
            starts_at = parse_slot(f"2026-11-23T{hour:02}:00", site.zone).starts_at
            store_occupancy(
                connection, [SlotOccupancy("KX-01", starts_at, Occupancy(6, booked))], at=clock.now
            )
        audit.record_change(
            connection, at=clock.now, actor="me", action="occupancy.load", about="x", details={}
        )
    context.read_changes()

    assert availability(ask, MONDAY) == ["sold_out"] * 3
    assert availability(ask, "2026-11-23T09:00") == ["available"] * 3
    sold_out = ask.get(f"/api/pricing/slot/KX-01/{MONDAY}").json()["availability"]
    assert (sold_out["booked"], sold_out["free"], sold_out["positions"]) == (6, 0, 6)
    assert sold_out["sentence"] == "sold out: 6 of 6 positions are booked"
    nothing = ask.get("/api/pricing/slot/KX-01/2026-11-23T11:00").json()["availability"]
    assert (nothing["status"], nothing["booked"], nothing["free"]) == ("unknown", None, None)


def test_hours_that_have_begun_are_not_published(context: AppContext, clock):

    clock.advance(timedelta(minutes=30))
    publish(context)
    with database.reading(context.engine) as connection:
        first = {row.first_at for row in connection.execute(price_sheets.select())}
    assert {at.isoformat() for at in first} == {"2026-11-20T13:00:00+00:00"}
