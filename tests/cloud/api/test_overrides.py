"""A price that is set applies everywhere at once, with its reason, and can be withdrawn."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from cloud import database
from cloud.api.application import create_app
from cloud.app.audit_tables import compare_tables
from cloud.app.context import AppContext, ForecastCache
from cloud.auth import audit
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.cli.publish import publish
from cloud.pricing.market import Occupancy
from cloud.pricing.slot import parse_slot
from cloud.sales.occupancy import SlotOccupancy, store_occupancy
from cloud.sales.price_sheet import read_sheet_before
from cloud.sites.sites import Sites
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import FRIDAY_NOON

SLOT = "KX-01/2026-11-23T08:00"
PRICE = f"/api/pricing/slot/{SLOT}"
OVERRIDE = f"/api/pricing/override/{SLOT}"
WANTED = {"price": "45.67", "reason": "agreed in March"}


def test_a_set_price_is_a_factor_with_its_reason_beside_the_computed_one(ask: ApiClient):
    before = ask.get(PRICE).json()
    set_ = ask("PUT", OVERRIDE, json=WANTED).json()
    after = ask.get(PRICE).json()

    assert before["override"] is None
    assert (set_["number"], set_["price"], set_["until"]) == (1, "45.67", None)
    assert after["price_minor"] == 4567
    assert after["factors"][:-1] == before["factors"]
    assert after["factors"][-1]["name"] == "override"
    assert after["override"]["computed_price"] == before["price"]
    reason = f"override 1 by {set_['author']} in place of {before['price']}: agreed in March"
    assert after["factors"][-1]["reason"] == reason
    assert reason in ask.get(f"/api/pricing/explain/{SLOT}").text


def test_it_holds_alike_for_the_batch_the_inventory_and_a_plan(ask: ApiClient):
    ask("PUT", OVERRIDE, json=WANTED)
    location, _, time_slot = SLOT.partition("/")
    question = {"location": location, "time_slot": time_slot}
    batch = ask("POST", "/api/pricing/batch", json={"slots": [question]}).json()
    screens = ask.get("/api/inventory", params=question).json()["screens"]
    brief = {
        "budget": "45.67", "from": "2026-11-23", "until": "2026-11-24", "locations": [location],
        "dayparts": [{"from_hour": 8, "to_hour": 9}],
    }  # fmt: skip
    plan = ask("POST", "/api/pricing/optimize", json=brief)

    assert batch["answers"][0]["price"]["price"] == "45.67"
    (screen,) = [one for one in screens if one["dooh"]["id"] == location]
    assert screen["imp"][0]["ext"]["onlooker"]["slot_price_minor"] == 4567
    assert [line["cost"] for line in plan.json()["lines"]] == ["45.67"]


def test_taken_back_the_computed_price_holds_again(ask: ApiClient):
    before = ask.get(PRICE).json()
    ask("PUT", OVERRIDE, json=WANTED)
    assert ask("DELETE", OVERRIDE).json()["price"] == "45.67"
    after = ask.get(PRICE).json()
    again = ask("DELETE", OVERRIDE)

    assert (after["price"], after["factors"]) == (before["price"], before["factors"])
    assert again.status_code == 404
    assert "no price is set" in again.json()["detail"]


def test_it_ends_on_the_minute_though_the_forecast_is_still_fresh(ask: ApiClient, clock):
    computed = ask.get(PRICE).json()["price"]
    until = (FRIDAY_NOON + timedelta(seconds=20)).isoformat()
    assert ask("PUT", OVERRIDE, json={**WANTED, "until": until}).status_code == 200
    clock.advance(timedelta(seconds=19))
    assert ask.get(PRICE).json()["price"] == "45.67"
    clock.advance(timedelta(seconds=1))
    assert ask.get(PRICE).json()["price"] == computed
    assert ask.get("/api/pricing/overrides").json() == {"overrides": []}


def test_a_second_one_takes_the_place_of_the_first(ask: ApiClient):
    ask("PUT", OVERRIDE, json=WANTED)
    ask("PUT", OVERRIDE, json={**WANTED, "price": "50"})
    (only,) = ask.get("/api/pricing/overrides?location=KX-01").json()["overrides"]

    assert (only["number"], only["price_minor"]) == (2, 5000)
    others = [site.id for site in ask.app.state.reloader.context.sites if site.id != "KX-01"]
    assert ask.get(f"/api/pricing/overrides?location={others[0]}").json() == {"overrides": []}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"price": "0.01"}, "the floor and the ceiling of reference-2"),
        ({"price": "99999"}, "the floor and the ceiling of reference-2"),
        ({"price": "45.678"}, "write at most 2 decimals for GBP"),
        ({"price": "NaN"}, "finite"),
        ({"reason": "  "}, "reason"),
        ({"reason": "one\nprice  £1"}, "reason"),
        ({"until": "2026-11-20T12:00:00Z"}, "within 400 days from now"),
        ({"until": "9999-12-31T23:59:59-14:00"}, "within 400 days from now"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_changes_nothing(ask, change, sentence):
    before = ask.get(PRICE).content
    refused = ask("PUT", OVERRIDE, json={**WANTED, **change})

    assert refused.status_code == 422
    assert sentence in refused.text
    assert ask.get(PRICE).content == before


def test_an_hour_that_is_over_is_not_priced_any_more(ask: ApiClient):
    refused = ask("PUT", "/api/pricing/override/KX-01/2026-11-20T11:00", json=WANTED)
    assert refused.status_code == 422
    assert "is over" in refused.json()["detail"]


def test_both_changes_are_in_the_audit_log_by_name(context: AppContext):
    locked = ApiClient(create_app(context, quota=Quota()))
    key = create_key(context.engine, Role.SALES, "Mary", by="me", now=FRIDAY_NOON)
    buyer = create_key(context.engine, Role.ADVERTISER, "Acme", by="me", now=FRIDAY_NOON)
    assert locked("PUT", OVERRIDE, json=WANTED, headers={"x-api-key": buyer}).status_code == 403
    set_ = locked("PUT", OVERRIDE, json=WANTED, headers={"x-api-key": key}).json()
    locked("DELETE", OVERRIDE, headers={"x-api-key": key})
    with database.reading(context.engine) as connection:
        audit.verify_chain(connection)
        first, second = list(audit.read_entries(connection))[-2:]

    assert set_["author"].startswith("Mary (key ")
    assert (first.number, first.actor, first.action) == (
        set_["number"], set_["author"], "price.override",
    )  # fmt: skip
    assert first.object == "KX-01/2026-11-23T08:00+00:00"
    assert '"price_minor":4567' in first.details
    assert second.action == "price.override.withdraw"


def test_without_its_entry_in_the_log_no_price_is_set(ask: ApiClient, monkeypatch):
    def fail(*_: object, **__: object) -> int:
        raise RuntimeError("no log")

    monkeypatch.setattr("cloud.api.overrides.audit.record_change", fail)
    assert ask("PUT", OVERRIDE, json=WANTED).status_code == 500
    assert ask.get("/api/pricing/overrides").json() == {"overrides": []}


def test_another_process_hears_of_it(ask: ApiClient, context: AppContext):
    other = ApiClient(create_app(replace(context, forecast_cache=ForecastCache())))
    assert other.get(PRICE).json()["price"] != "45.67"
    ask("PUT", OVERRIDE, json=WANTED)
    assert other.get(PRICE).json()["price"] == "45.67"


def test_the_sheet_of_the_day_holds_the_computed_price(ask: ApiClient, context: AppContext, clock):
    computed = ask.get(PRICE).json()["price_minor"]
    ask("PUT", OVERRIDE, json=WANTED)
    publish(context)
    with database.reading(context.engine) as connection:
        sheet = read_sheet_before(
            connection, context.sites.location("KX-01"), (FRIDAY_NOON + timedelta(days=1)).date()
        )
    assert sheet is not None
    assert sheet.prices_minor[2 * 24 + 20] == computed  # from Friday noon on


def test_an_hour_that_starts_at_half_past_in_utc_is_returned_exactly(context: AppContext):
    site = msgspec.structs.replace(context.sites.location("KX-01"), timezone="Asia/Kolkata")
    there = ApiClient(create_app(replace(context, sites=Sites((site,)))))
    override = there("PUT", "/api/pricing/override/KX-01/2026-11-23T14:00", json=WANTED).json()
    assert override["starts_at"] == "2026-11-23T08:30:00Z"


def test_what_was_sold_and_set_under_a_former_name_holds_under_the_present(
    ask: ApiClient, context: AppContext, clock
):
    site = context.sites.location("KX-01")
    starts_at = parse_slot("2026-11-23T08:00", site.zone).starts_at
    with database.writing(context.engine) as connection:
        store_occupancy(
            connection, [SlotOccupancy("KX-01", starts_at, Occupancy(6, 6))], at=clock.now
        )
    ask("PUT", OVERRIDE, json=WANTED)

    renamed = msgspec.structs.replace(site, id="KX-77", formerly=("KX-01",))
    now_called = ApiClient(
        create_app(AppContext(context.engine, Sites((renamed,)), context.card, clock))
    )
    slot, override = SLOT.replace("KX-01", "KX-77"), OVERRIDE.replace("KX-01", "KX-77")
    price = now_called.get(f"/api/pricing/slot/{slot}").json()
    assert (price["price"], price["availability"]["status"]) == ("45.67", "sold_out")

    with database.writing(context.engine) as connection:
        store_occupancy(
            connection, [SlotOccupancy("KX-77", starts_at, Occupancy(6, 2))], at=clock.now
        )
    set_ = now_called("PUT", override, json={**WANTED, "price": "12.34"})
    assert set_.status_code == 200, set_.text
    price = now_called.get(f"/api/pricing/slot/{slot}").json()
    assert (price["price"], price["availability"]["booked"]) == ("12.34", 2)

    assert now_called("DELETE", override).json()["price"] == "12.34"
    assert now_called("DELETE", override).status_code == 404
    with database.reading(context.engine) as connection:
        found = compare_tables(connection, clock.now)
    assert not [one for one in found if one.startswith("price_overrides")]
