"""Venue ids: every 1.2 id has its 1.1 id, and a place is found by its own id and its parents."""

import pytest

from cloud.sites.openooh import (
    KNOWN,
    VenueError,
    lineage,
    refuse_broad,
    refuse_unknown,
    to_openooh_1_1,
)


def narrower(kind, places):
    return [f"{kind}{place:02}" for place in range(1, places + 1)]


# What 1.1 lacks, by the taxonomy's table "OpenOOH 1.2 to 1.1 Mapping" (3c26f6f).
SENT_AS = {
    "101": ["10108", "10109"],
    "10502": ["10503"],
    "105": ["10504"],
    "106": ["10603", "108", *narrower(107, 3), *narrower(108, 3)],
    "10602": ["10604"],
    "202": ["109", "10902", "10903", "10904", *narrower(202, 4)],
    "302": ["10901", "305", "309"],
    "203": ["20304", "214", *narrower(214, 4)],
    "204": narrower(204, 4),
    "207": narrower(207, 4),
    "205": [
        *("209", "210", "211", "212", "213", "215", "216", "217", "218", "219", "220"),
        *(place for kind in (210, 213, 215, 217, 218, 219, 220) for place in narrower(kind, 4)),
    ],
    "301": ["304"],
    "104": ["306", "307", "308", "30801", "30802"],
    "402": ["40204", "40205", "404"],
    "501": ["503", "504", "505", "506"],
    "602": ["60204"],
    "401": ["70103", "80705", "110103"],
    "701": ["70104", "702"],
    "801": ["80104", "80105"],
    "802": ["80203", "80204"],
    "803": ["80303"],
    "804": ["80401", "811", "81101"],
    "805": ["80501"],
    "806": ["80601"],
    "807": ["80704", "80706", "812", "81201"],
    "809": ["80901"],
    "9": ["904"],
}


def test_every_venue_is_sent_as_the_taxonomy_says():
    moved = {venue: sent for sent, venues in SENT_AS.items() for venue in venues}
    assert {venue: to_openooh_1_1(venue) for venue in KNOWN} == {
        venue: moved.get(venue, venue) for venue in KNOWN
    }
    assert moved.keys() <= KNOWN


@pytest.mark.parametrize("venue", ["", "0", "12", "10505", "99", "10502\n", "1050", "x"])
def test_unknown_venues_are_refused(venue):
    with pytest.raises(VenueError, match="is no OpenOOH"):
        to_openooh_1_1(venue)


@pytest.mark.parametrize("venue", ["10502", "206", "30801", "404", "999", "99999", "x"])
def test_an_id_without_child_ids_or_of_a_later_version_is_of_a_screen(venue):
    refuse_broad(venue)


@pytest.mark.parametrize(
    ("venue", "narrower"),
    [("1", "101, 102"), ("105", "10501, 10502"), ("804", "80401"), ("10", "1001")],
)
def test_a_broad_id_is_of_no_screen(venue, narrower):
    with pytest.raises(VenueError, match=f"has narrower ids: use the one .* such as {narrower}"):
        refuse_broad(venue)


@pytest.mark.parametrize(
    ("venue", "ids"),
    [
        ("10502", ("10502", "105", "1")),
        ("10503", ("10503", "105", "1", "10502")),  # sent as the platform of 1.1
        ("10801", ("10801", "108", "1", "106")),
        ("206", ("206", "2")),
        ("1", ("1",)),
        ("99999", ("99999",)),
        ("", ("",)),
    ],
)
def test_a_place_is_asked_for_by_its_id_what_is_sent_and_their_parents(venue, ids):
    assert lineage(venue) == ids


def test_every_parent_and_every_sent_id_is_known():
    assert {one for venue in KNOWN for one in lineage(venue)} == KNOWN


def test_a_venue_that_the_taxonomy_or_a_site_has_is_accepted():
    refuse_unknown([], [])
    refuse_unknown(["10502", "1"], [])
    refuse_unknown(["99999"], ["99999"])


def test_an_unknown_venue_is_refused_with_those_of_the_sites():
    with pytest.raises(VenueError) as refused:
        refuse_unknown(["10502", "9" * 99], ["206", "99999"])
    assert str(refused.value) == (
        f"venue '{'9' * 20}' is no OpenOOH id: the sites here have 2, 206, 99999"
    )
