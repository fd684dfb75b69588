"""An hour that does not exist or occurs twice somewhere is answered for the other locations."""

from dataclasses import replace

import msgspec
import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext, ForecastCache
from cloud.sites.sites import Sites
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app.conftest import screens_of

INVENTORY = "/api/inventory?time_slot="


@pytest.fixture
def abroad(context: AppContext) -> AppContext:
    """London, a place in Kolkata, and one in New York."""
    london = context.sites.location("KX-01")
    others = [
        msgspec.structs.replace(london, id=name, timezone=zone, listed_cameras=())
        for name, zone in (("CC-01", "Asia/Kolkata"), ("NY-01", "America/New_York"))
    ]
    return replace(context, sites=Sites((london, *others)), forecast_cache=ForecastCache())


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
