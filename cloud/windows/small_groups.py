"""Which groups of people may be shown, so that no small one follows by subtraction from a total.

A single small group would be the total less the others. So the next smallest group is hidden with
it, and further ones until those that are hidden have enough people together (complementary
suppression).
"""

from collections.abc import Mapping
from typing import TypeVar

Key = TypeVar("Key")


def choose_shown(counts: Mapping[Key, int], least: int) -> list[Key]:
    """The groups to show beside the total of all, in the order of `counts`; empty ones count not.

    Where the total itself is below `least`, no group is shown, and the total is not to be either.
    """
    present = sorted((count, place) for place, count in enumerate(counts.values()) if count)
    hidden, people = set[int](), 0
    for count, place in present:
        is_enough = not hidden or (len(hidden) > 1 and people >= least)
        if count >= least and is_enough:
            break
        hidden.add(place)
        people += count
    return [
        key for place, (key, count) in enumerate(counts.items()) if count and place not in hidden
    ]


def hide_few(count: int, least: int) -> int | None:
    """A count of people, or None where there are few; zero is no person."""
    return None if 0 < count < least else count
