"""Sums by creative do not reveal what one person saw."""

import msgspec
import pytest

from edge_agent.metering.withholding import WithheldSums, Withholding
from edge_agent.player.now_playing import PlayHistory
from tests.edge_agent.metering.audience_simulation import (
    ADS,
    NOON,
    STEP_S,
    WalkingPerson,
    creative_at,
    measure,
    publish,
    random_people,
    settings_with_zones,
)
from wire.audience import UNKNOWN_CREATIVE


def viewers_of(people, report, creatives):
    """The people who were in view in the report's time while one of these was on the screen."""
    first_s, last_s = ((at - NOON).total_seconds() for at in (report.starts_at, report.ends_at))
    steps = [step * STEP_S for step in range(round(first_s / STEP_S), round(last_s / STEP_S))]
    on_screen = [at_s for at_s in steps if creative_at(at_s) in creatives]
    return {
        one.track
        for one in people
        if any(one.enters_s <= at_s < one.leaves_s for at_s in on_screen)
    }


def people_in_turn(count):
    return [WalkingPerson(n, 2.0 + 8 * n, 9.5 + 8 * n) for n in range(count)]


@pytest.mark.parametrize("interval_s", [1, 10])
@pytest.mark.parametrize(
    "people",
    [people_in_turn(6), people_in_turn(30), *(random_people(n, 40, 600.0) for n in range(4))],
)
def test_creatives_do_not_divide_people_into_small_groups(people, interval_s):
    reports = publish(
        measure(settings_with_zones(interval_s), people, 900.0, playing=PlayHistory())
    )
    for report in reports:
        known = {name for name, one in report.creatives.items() if one.person_ms}
        named = known - {UNKNOWN_CREATIVE}
        assert not named or report.visits >= 5
        for name in named:
            assert len(viewers_of(people, report, {name})) >= 5
        others = {f"ad-{number}" for number in range(ADS)} - named
        if named and UNKNOWN_CREATIVE in known:  # an attacker may subtract those with names
            assert len(viewers_of(people, report, others)) >= 5


def test_an_earlier_visit_is_not_reported_as_time_without_a_known_creative():
    alone = WalkingPerson(1, 20.0, 61.5)
    group = [WalkingPerson(n, 302.0 + n / 2, 307.0 + n / 2) for n in range(2, 8)]
    reports = publish(
        measure(settings_with_zones(10), [alone, *group], 900.0, playing=PlayHistory())
    )
    released = [one for report in reports for one in report.creatives.values() if one.person_ms]
    assert released
    assert 41_500 not in {one.person_ms for one in released}


def test_a_creative_with_enough_visits_is_reported_by_name():
    people = [WalkingPerson(n, 2.0 + n / 2, 40.0 + n / 2) for n in range(8)]
    reports = publish(measure(settings_with_zones(60), people, 120.0, playing=PlayHistory()))
    (report,) = (report for report in reports if report.visits)
    named = {name for name, one in report.creatives.items() if one.person_ms}
    assert named == {f"ad-{number}" for number in range(5)}


def test_stored_withheld_sums_contain_no_creatives():
    intervals = measure(settings_with_zones(10), people_in_turn(3), 40.0, playing=PlayHistory())
    stored = [one.withheld for one in Withholding(5).release(intervals) if one.withheld]
    assert stored
    assert all(msgspec.json.decode(one, type=WithheldSums).people.creatives == {} for one in stored)
