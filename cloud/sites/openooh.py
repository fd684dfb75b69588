"""Venue ids: the OpenOOH venue taxonomy 1.2, and its 1.1 ids for OpenRTB.

OpenRTB 2.6 has a number for OpenOOH 1.1 (`venuetypetax` 5) and none for 1.2 yet. Sites have 1.2
ids, one each and the narrowest; OpenRTB gets the 1.1 id of the taxonomy's own table, and where 1.1
lacks the venue, its parent or nearest relative. An id outside of 1.2 counts as absent. Ids are
facts of openooh/venue-taxonomy 1.2.1 (Apache-2.0).
"""

from collections.abc import Iterable
from typing import Final

TAXONOMY_1_1: Final = 5
"""AdCOM's list of DOOH venue taxonomies."""

# fmt: off
_CHILDREN: Final = {
    "101": 9, "102": 3, "105": 4, "106": 4, "107": 3, "108": 3, "109": 4,
    "201": 2, "202": 4, "203": 4, "204": 4, "205": 3, "207": 4, "210": 4, "213": 4, "214": 4,
    "215": 4, "217": 4, "218": 4, "219": 4, "220": 4,
    "301": 3, "308": 2, "401": 2, "402": 5, "602": 4, "701": 4, "801": 5, "802": 4, "803": 3,
    "804": 1, "805": 1, "806": 1, "807": 6, "809": 1, "811": 1, "812": 1, "1101": 3,
}
"""The number of child ids of a venue type in 1.2; they append 01, 02 and so on."""
_KINDS: Final = {
    "1": 9, "2": 20, "3": 9, "4": 4, "5": 6, "6": 2, "7": 2, "8": 12, "9": 4, "10": 1, "11": 1,
}
"""The number of venue types in a category."""
_SENT_AS: Final = {
    "10108": "101", "10109": "101",
    "10503": "10502", "10504": "105", "10603": "106", "10604": "10602",
    "10701": "106", "10702": "106", "10703": "106", "108": "106", "109": "202", "10901": "302",
    "202": "202", "20304": "203", "204": "204", "207": "207", "209": "205", "210": "205",
    "211": "205", "212": "205", "213": "205", "214": "203", "215": "205", "216": "205",
    "217": "205", "218": "205", "219": "205", "220": "205",
    "304": "301", "305": "302", "306": "104", "307": "104", "308": "104", "309": "302",
    "40204": "402", "40205": "402", "404": "402",
    "503": "501", "504": "501", "505": "501", "506": "501", "60204": "602",
    "70103": "401", "70104": "701", "702": "701",
    "80104": "801", "80105": "801", "80203": "802", "80204": "802", "80303": "803",
    "804": "804", "805": "805", "806": "806", "80704": "807", "80705": "401", "80706": "807",
    "809": "809", "811": "804", "812": "807", "904": "9", "110103": "401",
}
"""Ids that 1.1 lacks, and the ids that are sent instead; they apply to child ids as well."""
# fmt: on

KNOWN: Final = frozenset(
    [
        *_KINDS,
        *(f"{field}{kind:02}" for field, kinds in _KINDS.items() for kind in range(1, kinds + 1)),
        *(f"{kind}{place:02}" for kind, many in _CHILDREN.items() for place in range(1, many + 1)),
    ]
)
"""Every id of 1.2."""


class VenueError(ValueError):
    """An id that is no venue type."""


def to_openooh_1_1(venue: str) -> str:
    """The 1.1 id of a site's 1.2 id, or VenueError."""
    if venue not in KNOWN:
        raise VenueError(
            f"venue {venue[:20]!r} is no OpenOOH 1.2 id: use one such as 10502, a subway platform"
        )
    return _SENT_AS.get(venue) or _SENT_AS.get(venue[:-2]) or venue


def lineage(venue: str) -> tuple[str, ...]:
    """Every id that selects a site of that 1.2 id: its own, the 1.1 id that is sent, their parents.

    An id outside of 1.2 has only itself.
    """
    if venue not in KNOWN:
        return (venue,)
    sent = to_openooh_1_1(venue)
    return tuple(dict.fromkeys((venue, *_broader(venue), sent, *_broader(sent))))


def refuse_unknown(asked: Iterable[str], held: Iterable[str]) -> None:
    """Raise VenueError for an id that is neither in 1.2 nor of any of the sites (`held`)."""
    here = {one for venue in held for one in lineage(venue)}
    unknown = [one for one in asked if one not in KNOWN and one not in here]
    if unknown:
        raise VenueError(
            f"venue {unknown[0][:20]!r} is no OpenOOH id: the sites here have "
            f"{', '.join(sorted(here))}"
        )


def _broader(venue: str) -> tuple[str, ...]:
    """The venue type and the category of an id, nearest first."""
    return tuple(part for part in (venue[:-2], venue[:-4]) if part in KNOWN)


def refuse_broad(venue: str) -> None:
    """Raise VenueError for an id that has child ids: a screen is in one kind of venue.

    An unknown id is accepted, since a later version of the taxonomy may have it.
    """
    if venue in _KINDS:
        narrower = [f"{venue}{kind:02}" for kind in range(1, _KINDS[venue] + 1)]
    elif venue in _CHILDREN:
        narrower = [f"{venue}{place:02}" for place in range(1, _CHILDREN[venue] + 1)]
    else:
        return
    raise VenueError(
        f"venue {venue!r} has narrower ids: use the one of the screen, such as "
        f"{', '.join(narrower[:4])}"
    )
