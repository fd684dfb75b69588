"""No small group is shown, nor follows from the total of all."""

import random

import pytest

from cloud.windows.small_groups import choose_shown, hide_few


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({}, ""),
        ({"a": 10, "b": 40}, "ab"),
        ({"a": 10, "b": 40, "c": 0}, "ab"),
        ({"a": 40, "b": 2, "c": 20}, "a"),  # c too: b is not 62 less the others
        ({"a": 40, "b": 2, "c": 3, "d": 20}, "a"),  # b and c together are five
        ({"a": 40, "b": 6, "c": 4}, "a"),
        ({"a": 40, "b": 2}, ""),
        ({"a": 3, "b": 2}, ""),
    ],
)
def test_groups_are_hidden_until_no_small_one_follows(counts: dict[str, int], shown: str):
    assert "".join(choose_shown(counts, 10)) == shown


def test_what_is_hidden_is_of_several_groups_and_enough_people():
    generator = random.Random(7)
    for _ in range(500):
        counts = {place: generator.choice((0, 1, 5, 9, 10, 30)) for place in range(6)}
        shown = choose_shown(counts, 10)
        hidden = {key: count for key, count in counts.items() if count and key not in shown}
        assert all(counts[key] >= 10 for key in shown)
        assert not shown or not hidden or (len(hidden) > 1 and sum(hidden.values()) >= 10)


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, None), (9, None), (10, 10)])
def test_a_count_of_few_is_hidden(count: int, shown: int | None):
    assert hide_few(count, 10) == shown
