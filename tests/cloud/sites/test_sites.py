"""Sites are found by a present or former location id, and by their cameras."""

import msgspec
import pytest

from cloud.sites.site_model import SiteCamera
from cloud.sites.sites import Sites, UnknownLocation
from cloud.sites.sites_file import SAMPLE, load_sites
from wire.scalars import DeviceId, LocationId

SAMPLE_TEXT = SAMPLE.read_text()


def test_an_unknown_location_names_the_known_ones():
    with pytest.raises(UnknownLocation, match=r"'Nowhere'.*it has KX-01, LB-01,.*BA-01$"):
        load_sites().location("Nowhere")


def test_a_former_name_leads_to_the_location(tmp_path):
    file = tmp_path / "sites.yaml"
    file.write_text(SAMPLE_TEXT.replace("- id: KX-01", "- id: KX-01\n    formerly: [KX-1]", 1))

    london = load_sites(file)

    assert london.current_id("KX-1") == "KX-01"
    assert london.current_id("XX-99") == "XX-99"
    assert london.location("KX-1").id == "KX-01"
    assert london.is_listed(LocationId("KX-1"), DeviceId("kx-01-cam-1"))
    assert not london.is_listed(LocationId("KX-1"), DeviceId("lb-01-cam-1"))


def test_no_sites_are_empty():
    none = Sites(())
    assert (len(none), list(none), list(none.ids)) == (0, [], [])
    assert none.currency("KX-01") is None
    with pytest.raises(UnknownLocation):
        none.location("")


def test_an_error_lists_twelve_locations_and_counts_the_others():
    one = load_sites().location("KX-01")
    many = Sites(tuple(msgspec.structs.replace(one, id=f"X-{at:02}") for at in range(15)))
    with pytest.raises(UnknownLocation, match=r"it has X-00, X-01, .*, X-11 and 3 more$"):
        many.location("\x1b" * 1000)


def test_a_currency_is_found_by_a_former_id_and_is_none_when_unlisted():
    site = msgspec.structs.replace(load_sites().location("KX-01"), formerly=("KX-1",))
    sites = Sites((site,))
    assert sites.currency("KX-1") == "GBP"
    assert sites.currency("LB-01") is None


def test_the_people_of_a_camera_come_before_those_of_its_site():
    site = msgspec.structs.replace(
        load_sites().location("KX-01"),
        formerly=("KX-1",),
        people_per_camera=40,
        listed_cameras=("a", SiteCamera(id="b", people=7)),
    )
    sites = Sites((site,))
    found = [
        sites.people(LocationId(location), DeviceId(device))
        for location in ("KX-01", "KX-1")
        for device in ("a", "b", "c")
    ]
    assert found == [40, 7, None] * 2


def test_a_camera_that_is_not_listed_has_no_listing():
    sites = load_sites()
    assert [one.location for one in sites.listings(DeviceId("kx-01-sim"))] == ["KX-01"]
    assert sites.listings(DeviceId("unknown")) == ()
