"""Locations and cameras that the sites file does not list are refused or named."""

import msgspec
import pytest

from cloud.fleet.registry.devices import Device, RegistryError
from cloud.fleet.registry.sites_check import SHOWN, is_listed, list_warnings, require_locations
from cloud.sites.sites import Sites
from cloud.sites.sites_file import load_sites

LONDON = load_sites()


def test_listed_locations_are_accepted_by_a_present_or_a_former_id() -> None:
    renamed = Sites((msgspec.structs.replace(LONDON.location("KX-01"), formerly=("KX-1",)),))
    require_locations(renamed, ["KX-01", "KX-1"])
    require_locations(LONDON, [])


@pytest.mark.parametrize(
    ("locations", "sentence"),
    [
        (["KX-1"], r"location KX-1 is not in the sites file, which lists KX-01.* and \d more: "),
        (["KX-01", "kx"], "location kx is not in the sites file, which lists"),
        (["b", "a", "b"], "location a, b is not in the sites file"),
        (["x" * 900], "location x{63} is not in"),
    ],
)
def test_an_unlisted_location_is_refused_with_those_that_are_close(locations, sentence) -> None:
    with pytest.raises(RegistryError, match=sentence) as refused:
        require_locations(LONDON, locations)
    assert str(refused.value).endswith("or force it")


def test_no_more_than_a_few_locations_are_named() -> None:
    with pytest.raises(RegistryError) as refused:
        require_locations(LONDON, [f"unknown-{number:03}" for number in range(500)])
    assert str(refused.value).count("unknown-") == SHOWN


def test_a_camera_counts_only_at_the_location_that_lists_it() -> None:
    assert is_listed(LONDON, Device("kx-01-sim", "KX-01"))
    assert not is_listed(LONDON, Device("kx-01-sim", "LB-01"))
    assert not is_listed(LONDON, Device("unknown", "KX-01"))


def test_each_unlisted_camera_is_named_up_to_a_limit() -> None:
    assert list(list_warnings(LONDON, [("kx-01-sim", "KX-01")])) == []
    many = [(f"cam-{number}", "KX-01") for number in range(SHOWN + 2)]
    *named, last = list_warnings(LONDON, many)
    assert len(named) == SHOWN
    assert named[0].startswith("cam-0 is not listed at KX-01 in the sites file")
    assert last == "and 2 more are not listed"
