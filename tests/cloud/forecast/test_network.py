"""Sites with one calendar and one local day are a network; a site without either is named."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from cloud.forecast.network import build_networks, build_site_network
from cloud.sites.public_holidays import CalendarError
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites
from tests.cloud.rates import sites

EVENING = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)
KINGS_CROSS = sites().location("KX-01")


def site(name: str, *, timezone: str = "Europe/London", holidays: str | None = None) -> Site:
    return msgspec.structs.replace(
        KINGS_CROSS, id=name, timezone=timezone, holidays=holidays, listed_cameras=()
    )


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites as they are when a zone or a calendar is removed after the file was read."""
    for check in ("check_timezone", "check_holidays"):
        monkeypatch.setattr(f"cloud.sites.site_model.{check}", lambda written: None)


def test_sites_are_grouped_by_calendar_and_local_day():
    paris = site("FR-01", timezone="Europe/Paris")  # 00:30 on Saturday
    listed = Sites(
        (site("A"), site("B", holidays="GB-ENG"), site("C"), paris, site("D", holidays="GB-ENG"))
    )
    found, failed = build_networks(listed, EVENING)

    assert failed == []
    assert [(one.name, one.today, [place.id for place in one.sites]) for one in found] == [
        ("none", FRIDAY, ["A", "C"]),
        ("GB-ENG", FRIDAY, ["B", "D"]),
        ("none", SATURDAY, ["FR-01"]),
    ]
    assert found[0].holidays == frozenset()


def test_holidays_reach_from_the_oldest_hours_to_the_farthest_slot():
    network = build_site_network(site("A", holidays="GB-ENG"), FRIDAY)

    assert (network.name, [place.id for place in network.sites]) == ("GB-ENG", ["A"])
    assert {date(2022, 12, 26), date(2026, 12, 25), date(2028, 12, 25)} <= network.holidays
    assert {day.year for day in network.holidays} == set(range(2022, 2029))


@pytest.mark.usefixtures("unchecked")
def test_a_site_whose_zone_cannot_be_loaded_is_named_and_the_others_are_grouped():
    listed = Sites((site("A", timezone="Mars/Olympus"), site("B")))
    found, [failure] = build_networks(listed, EVENING)

    assert [place.id for one in found for place in one.sites] == ["B"]
    assert failure.location == "A"
    assert failure.reason.startswith("time zone 'Mars/Olympus': ")


@pytest.mark.usefixtures("unchecked")
def test_every_site_of_an_unknown_calendar_is_named_and_the_others_are_grouped():
    lost = [site(name, holidays="XX-99") for name in ("A", "C")]
    found, failed = build_networks(Sites((lost[0], site("B"), lost[1])), EVENING)

    assert [place.id for one in found for place in one.sites] == ["B"]
    assert [one.location for one in failed] == ["A", "C"]
    assert all("'XX-99'" in one.reason for one in failed)
    with pytest.raises(CalendarError, match="such as GB-ENG"):
        build_site_network(lost[0], FRIDAY)
