"""Withheld sums stay exact: what is reported and what is withheld add up to what was measured."""

from collections import Counter
from copy import deepcopy
from datetime import timedelta

import pytest

from edge_agent.metering.withholding import Withholding
from edge_agent.perception.attention import Attention
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.privacy import PrivacySettings
from tests.edge_agent.metering.audience_simulation import (
    ADDRESS,
    SUMS,
    VERSIONS,
    ZONES,
    WalkingPerson,
    measure,
    publish,
    publish_unlimited,
    random_people,
    settings_with_zones,
    sum_fields,
)
from wire.scalars import JournalId, SequenceRange


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("interval_s", [1, 30])
def test_reported_and_withheld_sums_add_up_to_the_measured_sums(seed, interval_s):
    intervals = measure(settings_with_zones(interval_s), random_people(seed, 60, 1_500.0), 1_500.0)
    exact = publish(deepcopy(intervals), smallest=1)
    truth = sum_fields(exact)
    withholding = Withholding(5)
    released = withholding.release(intervals) + withholding.close()
    reports = [
        one.interval.report(ADDRESS, VERSIONS, JournalId("0" * 16), SequenceRange(first=1, last=1))
        for one in released
        if one.interval is not None
    ]
    withheld = withholding._withheld
    left = Counter(withheld.people.attention_ms)
    found = sum_fields(reports)
    assert found["observed_ms"] == truth["observed_ms"]
    for name in ("entries", "visits", "onlookers"):
        assert found[name] == truth[name]
    assert found["person_ms"] + left.total() == truth["person_ms"]
    assert found["looking_ms"] + left[Attention.LOOKING] == truth["looking_ms"]
    assert found["dwell_ms"] + withheld.people.dwell_ms == truth["dwell_ms"]
    assert max(left.values(), default=0) < 60_000
    dwells = sum(sum(report.dwell_histogram) for report in reports)
    assert dwells + sum(withheld.cells.dwell) == truth["visits"]
    zones = Counter()
    for report in reports:
        for name, zone in (report.zones or {}).items():
            zones[name] += zone.entries
    for name, zone in withheld.cells.zones.items():
        zones[name] += zone.entries
    assert zones.total() == sum(
        zone.entries for report in exact for zone in (report.zones or {}).values()
    )


def test_intervals_are_reported_in_order_without_gaps_and_none_crosses_five_minutes():
    reports = publish(measure(settings_with_zones(10), random_people(3, 30, 1_800.0), 1_800.0))
    assert [one.starts_at for one in reports[1:]] == [one.ends_at for one in reports[:-1]]
    for report in reports:
        last = report.ends_at - timedelta(milliseconds=1)
        assert last.minute // 5 == report.starts_at.minute // 5


def test_an_empty_street_is_reported_at_once():
    reports = publish(measure(settings_with_zones(30), [], 300.0))
    assert [(one.ends_at - one.starts_at).seconds for one in reports] == [30] * 9 + [29]
    assert all(set(report.zones) == set(ZONES) for report in reports)


def test_a_busy_street_is_reported_interval_by_interval():
    people = [WalkingPerson(n, 2.0 + n, 6.0 + n) for n in range(280)]
    reports = publish(measure(settings_with_zones(10), people, 300.0))
    assert len(reports) >= 29  # in the first, fewer than five visits ended


def test_a_restart_neither_loses_nor_repeats_withheld_sums():
    settings, people = settings_with_zones(30), random_people(5, 30, 1_800.0)
    intervals = measure(settings, people, 1_800.0)
    truth = sum_fields(publish_unlimited(settings, people, 1_800.0))
    found: Counter[str] = Counter()
    withholding, state = Withholding(5), b""
    for number, interval in enumerate(intervals):
        if number % 7 == 0:
            withholding = Withholding(5, state)
        for released in withholding.release([interval]):
            if released.withheld is not None:
                state = released.withheld
            if released.interval is not None:
                numbers = SequenceRange(first=1, last=1)
                report = released.interval.report(ADDRESS, VERSIONS, JournalId("0" * 16), numbers)
                found.update({name: getattr(report, name) for name in SUMS})
    last = Withholding(5, state)
    people = last._withheld.people
    assert found["visits"] + people.visits == truth["visits"]
    assert found["entries"] + people.entries == truth["entries"]
    assert found["person_ms"] + people.person_ms == truth["person_ms"]
    assert found["dwell_ms"] + people.dwell_ms == truth["dwell_ms"]


def test_withheld_sums_of_another_location_are_discarded(caplog):
    withholding = Withholding(5, b"", "KX-01")
    intervals = measure(settings_with_zones(30), [WalkingPerson(1, 20.0, 41.5)], 120.0)[:2]
    state = [released.withheld for released in withholding.release(intervals) if released.withheld][
        -1
    ]
    elsewhere = Withholding(5, state, "KX-02")
    assert elsewhere._withheld.people.visits == 0
    assert "withheld.discarded" in [record.message for record in caplog.records]


def test_without_a_threshold_everything_is_reported_as_measured():
    settings = Settings(interval_s=30, privacy=PrivacySettings(smallest_cell=1))
    (first, *_) = publish(measure(settings, [WalkingPerson(1, 20.0, 25.5)], 60.0), smallest=1)
    assert (first.visits, first.dwell_ms, sum(first.dwell_histogram)) == (1, 5_500, 1)
