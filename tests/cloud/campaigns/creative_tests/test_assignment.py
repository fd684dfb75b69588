"""The assignment of screen-hours is even, repeatable, and nobody can foresee it without the key."""

import itertools
from collections import Counter

from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.creative_tests.assignment import (
    assign_arm,
    assign_creative,
    new_assignment_key,
)


def test_each_creative_gets_its_share_of_screens_and_of_hours() -> None:
    key = "11" * 32
    hours = [HourKey(f"S-{screen}", 3_600 * hour) for screen in range(30) for hour in range(100)]
    counts = Counter(assign_creative(key, hour, ("a", "b", "c")) for hour in hours)
    assert sorted(counts) == ["a", "b", "c"]
    assert all(900 < count < 1_100 for count in counts.values())  # 3.9 standard deviations
    pairs = itertools.pairwise(hours)
    runs = sum(assign_arm(key, one, 2) != assign_arm(key, other, 2) for one, other in pairs)
    assert 1_390 < runs < 1_610  # neighbouring hours are independent


def test_the_key_decides() -> None:
    hours = [HourKey("KX-01", 3_600 * hour) for hour in range(64)]
    keys = [new_assignment_key(), new_assignment_key()]
    assert keys[0] != keys[1]
    schedules = [[assign_arm(key, hour, 2) for hour in hours] for key in (*keys, keys[0])]
    assert schedules[0] == schedules[2] != schedules[1]
