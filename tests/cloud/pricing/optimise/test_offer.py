"""An offer: sums by screen, reach of a group, and which columns are refused."""

import math
from dataclasses import replace

import numpy as np
import pytest

from cloud.pricing.optimise.brief import MOST_SLOTS, BriefError
from cloud.pricing.optimise.offer import GroupAudience
from tests.cloud.pricing.optimise.random_briefs import YOUNG, offer
from tests.cloud.pricing.optimise.small_offer import small_offer


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("price_minor", np.array([1, 1, 0, 1])),
        ("low", np.array([1, 1, np.nan, 1])),
        ("high", np.array([1, 1, -1.0, 1])),
        ("free", np.array([1, 1, 1])),
    ],
)
def test_offers_with_holes_are_refused(column, values):
    sold = offer(np.random.default_rng(1), locations=1)
    with pytest.raises(BriefError, match="offer"):
        replace(sold, **{column: values})


def test_an_empty_offer_says_so():
    sold = offer(np.random.default_rng(1))
    with pytest.raises(BriefError, match="0 slots match the brief"):
        sold.select(np.zeros(len(sold), dtype=bool))


def test_a_free_slot_and_too_many_slots_are_refused():
    with pytest.raises(BriefError, match="free of charge: expected a price from 1 on"):
        small_offer(price_minor=np.array([100, 0, 300, 400]))
    many = np.zeros(MOST_SLOTS + 1)
    with pytest.raises(BriefError, match=f"{MOST_SLOTS + 1} slots match the brief: expected 1 to"):
        small_offer(key=many)


def test_a_group_with_a_negative_count_is_refused_by_name():
    wrong = {"55+": GroupAudience(np.array([1.0, -1, 1, 1]), np.array([9.0, 9]))}
    with pytest.raises(BriefError, match=r"the column 55\+ of the offer"):
        small_offer(groups=wrong)


def test_sums_are_by_screen_and_zero_for_a_screen_without_slots():
    sold = small_offer(names=("A", "B", "C"))
    assert sold.by_location(np.array([1.0, 2, 3, 4])).tolist() == [6, 4, 0]


def test_selected_slots_keep_their_columns_and_the_people_of_every_screen():
    sold = small_offer()
    some = sold.select(np.array([False, True, False, True]))
    assert (len(some), some.key.tolist(), some.names) == (2, ["A/2", "B/1"], sold.names)
    assert (some.price_minor.tolist(), some.free.tolist()) == ([100, 400], [2, 1])
    assert (some.low.tolist(), some.high.tolist()) == ([10, 20], [40, 80])
    young = some.groups[YOUNG.name]
    assert (young.contacts.tolist(), young.people.tolist()) == ([3, 2], [10, 20])


def test_contacts_that_fall_evenly_reach_ever_fewer_new_people():
    group = GroupAudience(np.zeros(1), np.array([100.0]))
    reached = [group.reach(np.array([contacts]))[0] for contacts in (0.0, 100.0, 1e6)]
    assert reached == [0, pytest.approx(100 * (1 - 1 / math.e)), pytest.approx(100)]


def test_a_screen_without_people_of_the_group_reaches_nobody():
    group = GroupAudience(np.zeros(2), np.array([0.0, 10.0]))
    assert group.reach(np.array([50.0, 0.0])).tolist() == [0, 0]
