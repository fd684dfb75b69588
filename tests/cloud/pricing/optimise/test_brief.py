"""Which briefs and offers are valid, and which are refused."""

import math
from datetime import date, datetime

import numpy as np
import pytest

from cloud.pricing.optimise.brief import (
    AudienceGroup,
    BriefError,
    Caps,
    Daypart,
    Minimum,
    Objective,
)
from cloud.pricing.optimise.search import optimise
from tests.cloud.pricing.optimise.random_briefs import MONDAY, YOUNG, brief, offer
from wire.audience import AgeGroup, Gender


def test_dayparts_go_by_the_local_clock_and_over_midnight():
    night = Daypart(22, 2, frozenset({4}))
    assert night.holds(datetime(2026, 11, 27, 23))  # noqa: DTZ001 - a local clock's hour
    assert night.holds(datetime(2026, 11, 27, 1))  # noqa: DTZ001
    assert not night.holds(datetime(2026, 11, 27, 2))  # noqa: DTZ001
    assert not night.holds(datetime(2026, 11, 28, 1))  # noqa: DTZ001


def test_a_brief_covers_its_days_half_open():
    asked = brief(1000, dayparts=(Daypart(7, 9), Daypart(17, 19)))
    assert asked.covers(datetime(2026, 11, 23, 8))  # noqa: DTZ001
    assert not asked.covers(datetime(2026, 11, 23, 9))  # noqa: DTZ001
    assert not asked.covers(datetime(2026, 11, 30, 8))  # noqa: DTZ001


def test_groups_hold_people_by_age_and_gender():
    women = AudienceGroup(ages=frozenset({AgeGroup.FROM_25}), genders=frozenset({Gender.FEMALE}))
    assert women.holds("25-34", "female")
    assert not women.holds("25-34", "male")
    assert not women.holds("unknown", "female")
    assert AudienceGroup().holds("unknown", "unknown")
    assert women.name == "25-34, female"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"budget_minor": 0}, "a budget of GBP 0.00: expected 0.01 to"),
        ({"budget_minor": -5}, "a budget of GBP -0.05: expected 0.01 to"),
        ({"budget_minor": 10**13}, "a budget of"),
        ({"until_on": MONDAY}, "is not after its first day 2026-11-23"),
        ({"until_on": date(2027, 11, 23)}, "is 365 days"),
        ({"first_on": date(2026, 12, 1)}, "is not after its first day 2026-12-01"),
        ({"dayparts": (Daypart(7, 9),) * 21}, "21 dayparts"),
        ({"locations": frozenset(map(str, range(1001)))}, "1001 locations"),
        ({"objective": Objective.ROI}, "set value_per_impression above 0"),
        ({"objective": Objective.ROI, "value_minor": math.nan}, "worth GBP nan each"),
        ({"min_roi": math.nan}, "a min_roi of nan"),
        ({"min_roi": 0.2}, "needs the objective 'roi'"),
    ],
)
def test_senseless_briefs_are_refused(wrong, sentence):
    with pytest.raises(BriefError, match=sentence):
        brief(**{"budget_minor": 1000, **wrong})


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Minimum(YOUNG, "reach", math.nan), "a minimum of nan"),
        (lambda: Minimum(YOUNG, "reach", 0), "a minimum of 0"),
        (lambda: Minimum(YOUNG, "reach", math.inf), "a minimum of inf"),
        (lambda: Caps(max_spots=0), "the cap max_spots of 0"),
        (lambda: Caps(max_positions_per_slot=-1), "the cap max_positions_per_slot of -1"),
        (lambda: Daypart(24, 24), "expected hours from 0 to 24"),
        (lambda: Daypart(5, 5), "write 0 to 24 for the whole day"),
        (lambda: Daypart(0, 0), "write 0 to 24 for the whole day"),
        (lambda: Daypart(7, 9, frozenset({7})), "expected 0 .Monday"),
        (lambda: Daypart(7, 9, frozenset()), "expected 0 .Monday"),
        (lambda: AudienceGroup(genders=frozenset({Gender.UNKNOWN})), "leave the age or gender out"),
    ],
)
def test_senseless_parts_are_refused(make, sentence):
    with pytest.raises(BriefError, match=sentence):
        make()


def test_a_minimum_of_a_group_without_data_is_rejected():
    old = AudienceGroup(ages=frozenset({AgeGroup.FROM_55}))
    with pytest.raises(BriefError, match="leave that minimum out"):
        optimise(brief(1000, minimums=(Minimum(old, "reach", 5),)), offer(np.random.default_rng(1)))
