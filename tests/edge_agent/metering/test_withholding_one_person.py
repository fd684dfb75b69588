"""Reports do not reveal the path or the dwell time of one person."""

import math
from datetime import timedelta

import pytest

from edge_agent.management.remote_config import ConfigError, apply_desired_config
from edge_agent.settings.camera_settings import Settings
from tests.edge_agent.metering.audience_simulation import (
    CORNERS,
    NOON,
    ZONES,
    WalkingPerson,
    measure,
    publish,
    random_people,
    settings_with_zones,
    sum_fields,
)


def visible_path(reports):
    """What an attacker learns of a path, in order: each zone with time or entries in it."""
    return [
        (report.starts_at, name)
        for report in reports
        for name, zone in (report.zones or {}).items()
        if zone.person_ms or zone.entries
    ]


def sums_of_every_range(reports, name):
    """What an attacker gets by adding the reports of each period."""
    values = [getattr(report, name) for report in reports]
    totals = [0]
    for value in values:
        totals.append(totals[-1] + value)
    return {later - before for n, before in enumerate(totals) for later in totals[n + 1 :]}


def test_remote_config_cannot_set_intervals_of_one_second_with_eight_zones():
    zones = [{"name": name, "polygon": CORNERS} for name in ZONES]
    with pytest.raises(ConfigError, match="10000 ms or more"):
        apply_desired_config(Settings(), {"report_interval_ms": 1_000, "zones": zones})


@pytest.mark.parametrize("interval_s", [1, 10, 30])
def test_the_path_and_the_dwell_of_one_person_cannot_be_reconstructed(interval_s):
    #  even if the local settings had asked for one second and eight zones
    walker = WalkingPerson(1, 20.0, 61.5)
    reports = publish(measure(settings_with_zones(interval_s), [walker], 1_200.0))
    assert visible_path(reports) == []
    assert 41_500 not in sums_of_every_range(reports, "person_ms")
    assert 41_500 not in sums_of_every_range(reports, "dwell_ms")
    for name in ("person_ms", "looking_ms", "facing_ms", "unsure_ms", "dwell_ms"):
        assert all(getattr(report, name) % 60_000 == 0 for report in reports)
    assert not any(sum(report.dwell_histogram) for report in reports)
    assert not any(sum(report.attention_histogram) for report in reports)
    with_people = [report for report in reports if report.visits or report.entries]
    assert all(report.ends_at.minute % 5 == 0 for report in with_people)
    assert sum(report.visits for report in reports) == 1


@pytest.mark.parametrize("seed", range(4))
def test_reports_of_fewer_than_five_people_contain_counts_only(seed):
    people = random_people(seed, count=60 if seed % 2 else 8, until_s=1_800.0)
    intervals = measure(settings_with_zones(), people, 1_800.0)
    reports = publish(intervals)
    for report in reports:
        cells = (*report.dwell_histogram, *report.attention_histogram)
        assert all(cell == 0 or cell >= 5 for cell in cells)
        assert all(
            zone.entries >= 5 or (zone.entries, zone.person_ms) == (0, 0)
            for zone in (report.zones or {}).values()
        )
        if report.visits < 5:
            assert report.person_ms % 60_000 == report.dwell_ms % 60_000 == 0
            assert all(zone.entries == 0 for zone in (report.zones or {}).values())
    dwells = {round((one.leaves_s - one.enters_s) * 1000) for one in people}
    few = [report for report in reports if 0 < report.visits < 5]
    assert not dwells & {report.dwell_ms for report in few}


@pytest.mark.parametrize("change_every_s", [10.0, 20.0, 45.0])
def test_changes_of_settings_do_not_reveal_when_one_person_was_in_view(change_every_s):
    walker = WalkingPerson(1, 20.0, 61.5)
    intervals = measure(settings_with_zones(10), [walker], 700.0, change_every_s=change_every_s)
    reports = publish(intervals)
    with_people = [one for one in reports if one.entries or one.visits or one.peak]
    assert [one.ends_at for one in with_people] == [NOON + timedelta(seconds=300)]
    assert sum(one.visits for one in reports) == sum(one.entries for one in reports) == 1
    whole = publish(measure(settings_with_zones(10), [walker], 700.0))
    assert sum_fields(reports)["observed_ms"] == sum_fields(whole)["observed_ms"]


@pytest.mark.parametrize("change_every_s", [20.0, math.inf])
def test_frame_counts_do_not_reveal_how_long_one_person_was_tracked(change_every_s):
    walker = WalkingPerson(1, 20.0, 61.5)
    intervals = measure(settings_with_zones(10), [walker], 700.0, change_every_s=change_every_s)
    frames = sum(interval.analysed for interval in intervals)
    reports = publish(intervals)
    assert frames == 84
    assert {report.frames.analysed for report in reports} == {0}
    assert sum(report.frames.captured for report in reports) == 1_400
