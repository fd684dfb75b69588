"""Sums stay exact, and nobody can be followed: neither a path nor a dwell."""

import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from edge_agent.management.remote_config import ConfigError, apply_desired_config
from edge_agent.metering.interval_sums import IntervalSums
from edge_agent.metering.meter import AudienceMeter, FrameArrivals
from edge_agent.metering.withholding import WithheldSums, Withholding
from edge_agent.perception.attention import Attention
from edge_agent.perception.sightings import Sighting, Visibility
from edge_agent.player.now_playing import PlayerMessage, PlayHistory
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.perception import Zone
from edge_agent.settings.privacy import PrivacySettings
from wire.audience import UNKNOWN_CREATIVE, AudienceReport, Versions
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import DeviceAddress

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HERE = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
VERSIONS = Versions(agent="1", detector="d", attention="a", config="c")
STEP_S = 0.5
AD_S, ADS = 10, 7
ZONES = tuple(f"zone-{number}" for number in range(8))
CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
SEEN = Visibility(observed=True)
SUMS = (
    "observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms", "entries", "visits",
    "onlookers", "dwell_ms",
)  # fmt: skip


class Person:
    """Walks through the zones, one after the other, from `comes_s` to `goes_s`."""

    def __init__(self, track, comes_s, goes_s):
        self.track, self.comes_s, self.goes_s = track, comes_s, goes_s

    def sighting(self, at_s):
        share = (at_s - self.comes_s) / (self.goes_s - self.comes_s)
        zone = ZONES[min(int(share * len(ZONES)), len(ZONES) - 1)]
        attention = Attention.LOOKING if share < 0.3 else Attention.AWAY
        return Sighting(self.track, True, attention, (zone,), 0.95 if share < 0.3 else 0.1)


def measured(
    settings: Settings,
    people: list[Person],
    until_s: float,
    *,
    change_every_s: float = math.inf,
    playing: PlayHistory | None = None,
) -> list[IntervalSums]:
    meter, tallies, ended = AudienceMeter(settings, playing), [], set()
    for step in range(round(until_s / STEP_S)):
        at_s = step * STEP_S
        if playing is not None and at_s % AD_S == 0:
            now = NOON + timedelta(seconds=at_s)
            playing.take(PlayerMessage(creative=ad_at(at_s), started_at=now), now)
        if step and at_s % change_every_s == 0:
            meter.adopt(settings)
        here = [one for one in people if one.comes_s <= at_s <= one.goes_s]
        gone = {one.track for one in people if one.goes_s < at_s} - ended
        ended |= gone
        meter.observe(
            NOON + timedelta(seconds=at_s), at_s, SEEN,
            seen=[one.sighting(at_s) for one in here], ended=gone,
            arrivals=FrameArrivals(captured=1, analysed=min(len(here), 1)),
        )  # fmt: skip
        tallies += meter.close_due()
    return tallies + meter.close()


def ad_at(at_s):
    return f"ad-{int(at_s // AD_S) % ADS}"


def published(tallies, smallest=5) -> list[AudienceReport]:
    withholding = Withholding(smallest)
    told = withholding.take(tallies) + withholding.close()
    return [
        one.tally.report(HERE, VERSIONS, JournalId("0" * 16), SequenceRange(first=n, last=n))
        for n, one in enumerate(told, 1)
        if one.tally is not None
    ]


def crowd(seed, count, until_s):
    dice = random.Random(seed)
    people = []
    for track in range(count):
        comes_s = round(dice.uniform(1, until_s - 60) / STEP_S) * STEP_S
        dwell_s = max(round(dice.expovariate(1 / 15) / STEP_S) * STEP_S, 2.0)
        people.append(Person(track, comes_s, min(comes_s + dwell_s, until_s - 10)))
    return people


def asked_for(interval_s=1):
    return Settings(
        interval_s=interval_s, zones=tuple(Zone(name=name, polygon=CORNERS) for name in ZONES)
    )


def sums(reports):
    return {name: sum(getattr(one, name) for one in reports) for name in SUMS}


def test_neither_one_second_nor_eight_zones_can_be_had_to_follow_somebody_remotely():
    zones = [{"name": name, "polygon": CORNERS} for name in ZONES]
    with pytest.raises(ConfigError, match="10000 ms or more"):
        apply_desired_config(Settings(), {"report_interval_ms": 1_000, "zones": zones})


@pytest.mark.parametrize("interval_s", [1, 10, 30])
def test_the_path_and_the_dwell_of_a_person_alone_cannot_be_reconstructed(interval_s):
    #  even if the local settings had asked for one second and eight zones
    walker = Person(1, 20.0, 61.5)
    reports = published(measured(asked_for(interval_s), [walker], 1_200.0))
    assert path_of(reports) == []
    assert 41_500 not in sums_of_any_run(reports, "person_ms")
    assert 41_500 not in sums_of_any_run(reports, "dwell_ms")
    for name in ("person_ms", "looking_ms", "facing_ms", "unsure_ms", "dwell_ms"):
        assert all(getattr(report, name) % 60_000 == 0 for report in reports)
    assert not any(sum(report.dwell_histogram) for report in reports)
    assert not any(sum(report.attention_histogram) for report in reports)
    with_people = [report for report in reports if report.visits or report.entries]
    assert all(report.ends_at.minute % 5 == 0 for report in with_people)
    assert sum(report.visits for report in reports) == 1


@pytest.mark.parametrize("seed", range(4))
def test_no_report_tells_of_fewer_than_five_people_more_than_counts(seed):
    people = crowd(seed, count=60 if seed % 2 else 8, until_s=1_800.0)
    tallies = measured(asked_for(), people, 1_800.0)
    reports = published(tallies)
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
    dwells = {round((one.goes_s - one.comes_s) * 1000) for one in people}
    few = [report for report in reports if 0 < report.visits < 5]
    assert not dwells & {report.dwell_ms for report in few}


def path_of(reports):
    """Where an attacker sees anybody, in order: each zone with time or entries in it."""
    return [
        (report.starts_at, name)
        for report in reports
        for name, zone in (report.zones or {}).items()
        if zone.person_ms or zone.entries
    ]


def sums_of_any_run(reports, name):
    """What an attacker gets who adds the reports of any stretch of time."""
    values = [getattr(report, name) for report in reports]
    totals = [0]
    for value in values:
        totals.append(totals[-1] + value)
    return {later - before for n, before in enumerate(totals) for later in totals[n + 1 :]}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("interval_s", [1, 30])
def test_what_is_told_and_what_waits_is_what_was_measured(seed, interval_s):
    tallies = measured(asked_for(interval_s), crowd(seed, 60, 1_500.0), 1_500.0)
    truth = sums(published_as_measured(asked_for(interval_s), crowd(seed, 60, 1_500.0), 1_500.0))
    withholding = Withholding(5)
    told = withholding.take(tallies) + withholding.close()
    reports = [
        one.tally.report(HERE, VERSIONS, JournalId("0" * 16), SequenceRange(first=1, last=1))
        for one in told
        if one.tally is not None
    ]
    waits = withholding._waits
    left = Counter(waits.people.attention_ms)
    found = sums(reports)
    assert found["observed_ms"] == truth["observed_ms"]
    for name in ("entries", "visits", "onlookers"):
        assert found[name] == truth[name]
    assert found["person_ms"] + left.total() == truth["person_ms"]
    assert found["looking_ms"] + left[Attention.LOOKING] == truth["looking_ms"]
    assert found["dwell_ms"] + waits.people.dwell_ms == truth["dwell_ms"]
    assert max(left.values(), default=0) < 60_000
    dwells = sum(sum(report.dwell_histogram) for report in reports)
    assert dwells + sum(waits.cells.dwell) == truth["visits"]
    zones = Counter()
    for report in reports:
        for name, zone in (report.zones or {}).items():
            zones[name] += zone.entries
    for name, zone in waits.cells.zones.items():
        zones[name] += zone.entries
    assert zones.total() == sum(
        zone.entries
        for report in published_as_measured(
            asked_for(interval_s), crowd(seed, 60, 1_500.0), 1_500.0
        )
        for zone in (report.zones or {}).values()
    )


def published_as_measured(settings, people, until_s):
    return published(measured(settings, people, until_s), smallest=1)


def test_intervals_are_told_in_order_without_a_gap_and_none_crosses_five_minutes():
    reports = published(measured(asked_for(10), crowd(3, 30, 1_800.0), 1_800.0))
    assert [one.starts_at for one in reports[1:]] == [one.ends_at for one in reports[:-1]]
    for report in reports:
        last = report.ends_at - timedelta(milliseconds=1)
        assert last.minute // 5 == report.starts_at.minute // 5


def test_an_empty_street_is_told_at_once():
    reports = published(measured(asked_for(30), [], 300.0))
    assert [(one.ends_at - one.starts_at).seconds for one in reports] == [30] * 9 + [29]
    assert all(set(report.zones) == set(ZONES) for report in reports)


def test_a_busy_street_is_told_interval_by_interval():
    people = [Person(n, 2.0 + n, 6.0 + n) for n in range(280)]
    reports = published(measured(asked_for(10), people, 300.0))
    assert len(reports) >= 29  # in the first, fewer than five visits ended


def test_a_restart_neither_loses_nor_doubles_what_waits():
    settings, people = asked_for(30), crowd(5, 30, 1_800.0)
    tallies = measured(settings, people, 1_800.0)
    truth = sums(published_as_measured(settings, people, 1_800.0))
    found: Counter[str] = Counter()
    withholding, state = Withholding(5), b""
    for number, tally in enumerate(tallies):
        if number % 7 == 0:
            withholding = Withholding(5, state)
        for told in withholding.take([tally]):
            if told.withheld is not None:
                state = told.withheld
            if told.tally is not None:
                numbers = SequenceRange(first=1, last=1)
                report = told.tally.report(HERE, VERSIONS, JournalId("0" * 16), numbers)
                found.update({name: getattr(report, name) for name in SUMS})
    last = Withholding(5, state)
    people = last._waits.people
    assert found["visits"] + people.visits == truth["visits"]
    assert found["entries"] + people.entries == truth["entries"]
    assert found["person_ms"] + people.person_ms == truth["person_ms"]
    assert found["dwell_ms"] + people.dwell_ms == truth["dwell_ms"]


def test_what_waits_of_another_location_is_not_told_here(caplog):
    withholding = Withholding(5, b"", "KX-01")
    tallies = measured(asked_for(30), [Person(1, 20.0, 41.5)], 120.0)[:2]
    state = [told.withheld for told in withholding.take(tallies) if told.withheld][-1]
    elsewhere = Withholding(5, state, "KX-02")
    assert elsewhere._waits.people.visits == 0
    assert "withheld.discarded" in [record.message for record in caplog.records]


def test_without_a_threshold_everything_is_told_as_measured():
    settings = Settings(interval_s=30, privacy=PrivacySettings(smallest_cell=1))
    (first, *_) = published(measured(settings, [Person(1, 20.0, 25.5)], 60.0), smallest=1)
    assert (first.visits, first.dwell_ms, sum(first.dwell_histogram)) == (1, 5_500, 1)


@pytest.mark.parametrize("change_every_s", [10.0, 20.0, 45.0])
def test_changes_of_settings_do_not_tell_when_somebody_was_in_view(change_every_s):
    walker = Person(1, 20.0, 61.5)
    tallies = measured(asked_for(10), [walker], 700.0, change_every_s=change_every_s)
    reports = published(tallies)
    with_people = [one for one in reports if one.entries or one.visits or one.peak]
    assert [one.ends_at for one in with_people] == [NOON + timedelta(seconds=300)]
    assert sum(one.visits for one in reports) == sum(one.entries for one in reports) == 1
    whole = published(measured(asked_for(10), [walker], 700.0))
    assert sums(reports)["observed_ms"] == sums(whole)["observed_ms"]


def seen_by(people, report, creatives):
    """The people who were in view in the report's time while one of these was on the screen."""
    first_s, last_s = ((at - NOON).total_seconds() for at in (report.starts_at, report.ends_at))
    steps = [step * STEP_S for step in range(round(first_s / STEP_S), round(last_s / STEP_S))]
    on_screen = [at_s for at_s in steps if ad_at(at_s) in creatives]
    return {
        one.track for one in people if any(one.comes_s <= at_s < one.goes_s for at_s in on_screen)
    }


def one_after_another(count):
    return [Person(n, 2.0 + 8 * n, 9.5 + 8 * n) for n in range(count)]


@pytest.mark.parametrize("interval_s", [1, 10])
@pytest.mark.parametrize(
    "people",
    [one_after_another(6), one_after_another(30), *(crowd(n, 40, 600.0) for n in range(4))],
)
def test_what_was_on_the_screen_does_not_divide_people_into_small_groups(people, interval_s):
    reports = published(measured(asked_for(interval_s), people, 900.0, playing=PlayHistory()))
    for report in reports:
        told = {name for name, one in report.creatives.items() if one.person_ms}
        named = told - {UNKNOWN_CREATIVE}
        assert not named or report.visits >= 5
        for name in named:
            assert len(seen_by(people, report, {name})) >= 5
        others = {f"ad-{number}" for number in range(ADS)} - named
        if (
            named and UNKNOWN_CREATIVE in told
        ):  # what an attacker has who subtracts those with names
            assert len(seen_by(people, report, others)) >= 5


def test_a_visit_of_before_is_not_told_as_what_no_creative_is_known_of():
    alone = Person(1, 20.0, 61.5)
    group = [Person(n, 302.0 + n / 2, 307.0 + n / 2) for n in range(2, 8)]
    reports = published(measured(asked_for(10), [alone, *group], 900.0, playing=PlayHistory()))
    told = [one for report in reports for one in report.creatives.values() if one.person_ms]
    assert told
    assert 41_500 not in {one.person_ms for one in told}


def test_enough_visits_during_each_creative_tell_of_it_by_name():
    people = [Person(n, 2.0 + n / 2, 40.0 + n / 2) for n in range(8)]
    reports = published(measured(asked_for(60), people, 120.0, playing=PlayHistory()))
    (report,) = (report for report in reports if report.visits)
    named = {name for name, one in report.creatives.items() if one.person_ms}
    assert named == {f"ad-{number}" for number in range(5)}


def test_what_waits_does_not_say_what_somebody_saw():
    tallies = measured(asked_for(10), one_after_another(3), 40.0, playing=PlayHistory())
    stored = [one.withheld for one in Withholding(5).take(tallies) if one.withheld]
    assert stored
    assert all(msgspec.json.decode(one, type=WithheldSums).people.creatives == {} for one in stored)


@pytest.mark.parametrize("change_every_s", [20.0, math.inf])
def test_frames_do_not_tell_how_long_somebody_alone_was_followed(change_every_s):
    walker = Person(1, 20.0, 61.5)
    tallies = measured(asked_for(10), [walker], 700.0, change_every_s=change_every_s)
    frames = sum(tally.analysed for tally in tallies)
    reports = published(tallies)
    assert frames == 84
    assert {report.frames.analysed for report in reports} == {0}
    assert sum(report.frames.captured for report in reports) == 1_400


class Standing(Person):
    """Stays in the same zones."""

    def __init__(self, track, comes_s, goes_s, *zones):
        super().__init__(track, comes_s, goes_s)
        self.zones = zones

    def sighting(self, at_s):
        return Sighting(self.track, True, Attention.AWAY, self.zones)


def group(first, count, *zones, comes_s=2.0):
    return [
        Standing(n, comes_s + n / 2, comes_s + 9.5 + n / 2, *zones)
        for n in range(first, first + count)
    ]


def told_of(reports, name):
    return [report.zones[name] for report in reports if name in (report.zones or {})]


def test_the_report_less_a_zone_is_not_the_time_of_one_person():
    inside, alone = group(0, 6, "zone-0"), Standing(9, 3.0, 10.5)
    reports = published(measured(asked_for(60), [*inside, alone], 120.0))
    assert sum(report.visits for report in reports) == 7
    assert not any(zone.person_ms for zone in told_of(reports, "zone-0"))


def test_a_zone_waits_until_enough_were_outside_of_it_as_well():
    people = [*group(0, 6, "zone-0"), *group(10, 1), *group(20, 6, comes_s=60.0)]
    reports = published(measured(asked_for(30), people, 300.0))
    assert sum(zone.entries for zone in told_of(reports, "zone-0")) == 6


def test_a_zone_that_everybody_is_in_is_told():
    reports = published(measured(asked_for(60), group(0, 6, "zone-0"), 120.0))
    assert sum(zone.entries for zone in told_of(reports, "zone-0")) == 6


def test_overlapping_zones_reported_in_turns_do_not_give_the_time_of_one_person():
    both, alone = group(0, 6, "zone-0", "zone-1"), Standing(9, 3.0, 10.5, "zone-0")
    later = group(20, 6, "zone-1", comes_s=130.0)  # zone-0 is empty by then
    outside = [*group(10, 6), *group(30, 6, comes_s=130.0)]
    reports = published(measured(asked_for(60), [*both, alone, *later, *outside], 300.0))
    wide, narrow = told_of(reports, "zone-0"), told_of(reports, "zone-1")
    assert sum(zone.entries for zone in wide) == 7
    assert sum(zone.entries for zone in narrow) == 12  # five and more than in zone-0
    few = group(40, 6, "zone-0", "zone-1"), group(50, 6, comes_s=130.0)
    reports = published(measured(asked_for(60), [*few[0], alone, *outside, *few[1]], 300.0))
    assert sum(zone.entries for zone in told_of(reports, "zone-0")) == 7
    assert sum(zone.entries for zone in told_of(reports, "zone-1")) == 0


def test_zones_reported_apart_are_compared_after_a_restart_too():
    both, alone = group(0, 6, "zone-0", "zone-1"), Standing(9, 3.0, 10.5, "zone-0")
    outside = [*group(10, 6), *group(30, 6, comes_s=130.0)]
    tallies = measured(asked_for(60), [*both, alone, *outside], 300.0)
    reports, state = [], b""
    for tally in tallies:
        withholding = Withholding(5, state)
        for one in withholding.take([tally]):
            state = one.withheld or state
            if one.tally is not None:
                reports.append(one.tally)
    assert sum(one.zones["zone-0"].entries for one in reports if "zone-0" in one.zones) == 7
    assert not any(one.zones["zone-1"].entries for one in reports if "zone-1" in one.zones)


@pytest.mark.parametrize("narrow", [5, 6])
def test_a_zone_less_one_inside_of_it_is_not_the_time_of_one_person(narrow):
    both = group(0, narrow, "zone-0", "zone-1")
    alone, outside = Standing(9, 3.0, 10.5, "zone-0"), group(10, 6)
    reports = published(measured(asked_for(60), [*both, alone, *outside], 120.0))
    assert any(zone.person_ms for zone in told_of(reports, "zone-0"))
    assert not any(zone.person_ms for zone in told_of(reports, "zone-1"))
