"""Differences of zones do not reveal the time of one person."""

import pytest

from edge_agent.metering.withholding import Withholding
from tests.edge_agent.metering.audience_simulation import (
    StandingPerson,
    measure,
    publish,
    settings_with_zones,
    standing_group,
    zone_counts,
)


def test_a_report_minus_a_zone_is_not_the_time_of_one_person():
    inside, alone = standing_group(0, 6, "zone-0"), StandingPerson(9, 3.0, 10.5)
    reports = publish(measure(settings_with_zones(60), [*inside, alone], 120.0))
    assert sum(report.visits for report in reports) == 7
    assert not any(zone.person_ms for zone in zone_counts(reports, "zone-0"))


def test_a_zone_is_withheld_until_enough_people_were_outside_it():
    people = [
        *standing_group(0, 6, "zone-0"),
        *standing_group(10, 1),
        *standing_group(20, 6, enters_s=60.0),
    ]
    reports = publish(measure(settings_with_zones(30), people, 300.0))
    assert sum(zone.entries for zone in zone_counts(reports, "zone-0")) == 6


def test_a_zone_that_contains_everyone_is_reported():
    reports = publish(measure(settings_with_zones(60), standing_group(0, 6, "zone-0"), 120.0))
    assert sum(zone.entries for zone in zone_counts(reports, "zone-0")) == 6


def test_overlapping_zones_reported_in_turn_do_not_reveal_one_person():
    both, alone = standing_group(0, 6, "zone-0", "zone-1"), StandingPerson(9, 3.0, 10.5, "zone-0")
    later = standing_group(20, 6, "zone-1", enters_s=130.0)  # zone-0 is empty by then
    outside = [*standing_group(10, 6), *standing_group(30, 6, enters_s=130.0)]
    reports = publish(measure(settings_with_zones(60), [*both, alone, *later, *outside], 300.0))
    wide, narrow = zone_counts(reports, "zone-0"), zone_counts(reports, "zone-1")
    assert sum(zone.entries for zone in wide) == 7
    assert sum(zone.entries for zone in narrow) == 12  # five and more than in zone-0
    few = standing_group(40, 6, "zone-0", "zone-1"), standing_group(50, 6, enters_s=130.0)
    reports = publish(measure(settings_with_zones(60), [*few[0], alone, *outside, *few[1]], 300.0))
    assert sum(zone.entries for zone in zone_counts(reports, "zone-0")) == 7
    assert sum(zone.entries for zone in zone_counts(reports, "zone-1")) == 0


def test_zones_reported_separately_are_compared_after_a_restart():
    both, alone = standing_group(0, 6, "zone-0", "zone-1"), StandingPerson(9, 3.0, 10.5, "zone-0")
    outside = [*standing_group(10, 6), *standing_group(30, 6, enters_s=130.0)]
    intervals = measure(settings_with_zones(60), [*both, alone, *outside], 300.0)
    reports, state = [], b""
    for interval in intervals:
        withholding = Withholding(5, state)
        for one in withholding.release([interval]):
            state = one.withheld or state
            if one.interval is not None:
                reports.append(one.interval)
    assert sum(one.zones["zone-0"].entries for one in reports if "zone-0" in one.zones) == 7
    assert not any(one.zones["zone-1"].entries for one in reports if "zone-1" in one.zones)


@pytest.mark.parametrize("narrow", [5, 6])
def test_a_zone_minus_a_zone_inside_it_is_not_the_time_of_one_person(narrow):
    both = standing_group(0, narrow, "zone-0", "zone-1")
    alone, outside = StandingPerson(9, 3.0, 10.5, "zone-0"), standing_group(10, 6)
    reports = publish(measure(settings_with_zones(60), [*both, alone, *outside], 120.0))
    assert any(zone.person_ms for zone in zone_counts(reports, "zone-0"))
    assert not any(zone.person_ms for zone in zone_counts(reports, "zone-1"))
