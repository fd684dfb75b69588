"""A location without a forecast is omitted with its reason; the others are answered."""

import logging
from dataclasses import replace
from datetime import date

import msgspec
import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext, ForecastCache
from cloud.cli.publish import publish
from cloud.sites.public_holidays import CalendarError, public_holidays
from cloud.sites.sites import Sites
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app.conftest import screens_of

INVENTORY = "/api/inventory?time_slot="


MONDAY = "2026-11-23T08:00"


@pytest.fixture
def broken(context: AppContext, monkeypatch) -> AppContext:
    """One place whose calendar of holidays cannot be read."""
    sites = [
        msgspec.structs.replace(site, holidays="FR") if site.id == "LB-01" else site
        for site in context.sites
    ]
    honest = public_holidays

    def fragile(code: str | None, *years: int) -> frozenset[date]:
        if code == "FR":
            raise CalendarError("no calendar of holidays 'FR' is known")
        return honest(code, *years)

    monkeypatch.setattr("cloud.forecast.network.public_holidays", fragile)
    return replace(context, sites=Sites(tuple(sites)), forecast_cache=ForecastCache())


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
