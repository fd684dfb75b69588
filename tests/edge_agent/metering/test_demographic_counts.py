"""Descriptions leave as sums, in groups, and never of more people than a report counts."""

from datetime import UTC, datetime, timedelta

from msgspec import UNSET

from edge_agent.metering.demographic_counts import DemographicCounts
from edge_agent.metering.meter import AudienceMeter
from edge_agent.perception.attention import Attention
from edge_agent.perception.demographics import Demographics
from edge_agent.perception.sightings import Sighting, Visibility
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.privacy import PrivacySettings
from wire.audience import AgeGroup, DemographicCell, Expression, Gender

WOMAN = Demographics(AgeGroup.FROM_25, Gender.FEMALE, Expression.HAPPY)
MAN = Demographics(AgeGroup.FROM_55, Gender.MALE, Expression.NEUTRAL)


def after(people, smallest=3):
    described = DemographicCounts(smallest)
    for index, person in enumerate(people):
        described.add(person, engaged=index % 2 == 0)
    return described


def test_a_large_enough_group_is_reported_and_the_rest_is_withheld():
    described = after([WOMAN] * 4 + [MAN] * 2)
    assert described.cells(6, 3) == (
        DemographicCell(age=AgeGroup.FROM_25, gender=Gender.FEMALE, visits=4, onlookers=2),
    )
    assert described.expressions(6) == {Expression.HAPPY: 4}
    assert described.expressions(6) is UNSET
    described.add(MAN, engaged=False)
    assert described.expressions(3) == {Expression.NEUTRAL: 3}


def test_a_report_describes_no_more_people_than_it_counts():
    described = after([WOMAN] * 5 + [MAN] * 5)
    released = described.expressions(6)
    assert sum(released.values()) <= 6


def test_unknown_people_are_not_described():
    described = after([Demographics()] * 9)
    assert described.cells(9, 5) == ()
    assert described.expressions(9) is UNSET


def test_demographics_are_reported_with_the_visit_that_ended():
    begun, sees = datetime(2026, 3, 2, 8, tzinfo=UTC), Visibility(observed=True)
    settings = Settings(privacy=PrivacySettings(smallest_cell=2))
    meter, tallies = AudienceMeter(settings), []
    for n in range(60):
        seen = [Sighting(track, n > 0, Attention.LOOKING) for track in (1, 2, 3)] if n < 20 else []
        ended, described = ((1, 2, 3), {1: WOMAN, 2: WOMAN, 3: MAN}) if n == 20 else ((), {})
        at = begun + timedelta(seconds=n)
        meter.observe(at, n, sees, seen=seen, ended=ended, demographics=described)
        tallies += meter.close_due()
    [first, *_] = tallies + meter.close()
    assert first.visits == 3
    assert first.cells == (
        DemographicCell(age=AgeGroup.FROM_25, gender=Gender.FEMALE, visits=2, onlookers=2),
    )
    assert first.expressions == {Expression.HAPPY: 2}
