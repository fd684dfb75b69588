"""A venue is called by its own name or by that of the nearest broader venue."""

import pytest

from cloud.sites.openooh import KNOWN
from cloud.sites.venue_names import list_broader_venues, name_venue


@pytest.mark.parametrize(
    ("venue", "name", "broader"),
    [
        ("10502", "Subway platform", ("1", "105")),
        ("10604", "Train station", ("1", "106")),
        ("20203", "Convenience store", ("2", "202")),
        ("1001", "Bank", ("10",)),
        ("110101", "Apartment building", ("11", "1101")),
        ("99999", "Government", ("9",)),
    ],
)
def test_a_venue_has_a_name_and_its_broader_venues(venue: str, name: str, broader: tuple[str, ...]):
    assert (name_venue(venue), list_broader_venues(venue)) == (name, broader)


def test_every_venue_of_the_taxonomy_has_a_name():
    assert all(name_venue(venue) != venue for venue in KNOWN)
