"""A long outage on a small disk: everything still adds up, every number is accounted for."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, structs

from edge_agent.outbox import Outbox
from edge_agent.outbox.downsampling import downsample_reports, group_reports
from tests.report_builder import build_report
from wire.audience import (
    AgeGroup,
    BandSum,
    BlindCause,
    CreativeSum,
    DemographicCell,
    Expression,
    FrameCounts,
    Gender,
    SensorSum,
    SnapshotSum,
    Versions,
    ZoneSum,
    find_contradictions,
)
from wire.envelope import AudienceEvent, decode_events
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS, tally
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def half_minute(number, *, starts_at=None, visits=0, versions="c"):
    """The report of one busy or quiet half minute; its figures follow from its number."""
    starts_at = starts_at or EIGHT + timedelta(seconds=30 * (number - 1))
    dwells = [1_500 * (number % 5 + 1)] * visits
    return build_report(
        location=LocationId("KX-01"),
        device=DeviceId("kx-01-cam-1"),
        journal=JournalId("0" * 16),
        sequence=SequenceRange(first=number, last=number),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=30),
        frames=FrameCounts(captured=300, dropped=number % 3, analysed=150),
        observed_ms=30_000 - number % 7 * 1000,
        blind_ms={BlindCause.DARK: number % 7 * 1000} if number % 7 else {},
        person_ms=sum(dwells),
        facing_ms=sum(dwells) // 2,
        looking_ms=sum(dwells) // 3,
        entries=visits,
        visits=visits,
        onlookers=visits // 2,
        peak=visits,
        dwell_ms=sum(dwells),
        dwell_histogram=tally(dwells, DWELL_EDGES_MS),
        attention_histogram=tally([d // 3 for d in dwells], ATTENTION_EDGES_MS),
        sensors={
            "lux": SensorSum(samples=1, total_milli=number, least_milli=number, most_milli=number)
        },
        versions=Versions(agent="1", detector="d", attention="a", config=versions),
    )


def totals(reports):
    sums: Counter[str] = Counter()
    for report in reports:
        plain = msgspec.to_builtins(report)
        sums.update({k: v for k, v in plain.items() if isinstance(v, int) and k != "peak"})
        for name in ("frames", "blind_ms"):
            sums.update({f"{name}.{k}": v for k, v in plain[name].items()})
        for name in ("dwell_histogram", "attention_histogram"):
            sums.update({f"{name}.{k}": v for k, v in enumerate(plain[name])})
        sums["lux"] += plain["sensors"]["lux"]["total_milli"]
    return {name: value for name, value in sums.items() if value}


@pytest.mark.parametrize(
    ("length", "ranges"),
    [
        # numbers  1 2 | 3 4 | 5 6 ...; a quarter of an hour holds thirty
        (timedelta(minutes=1), [(1, 2), (3, 4), (5, 6)]),
        (timedelta(minutes=15), [(1, 6)]),
    ],
)
def test_runs_are_cut_on_the_grid(length, ranges):
    runs = group_reports([half_minute(n) for n in range(1, 7)], length)
    assert [(run[0].sequence.first, run[-1].sequence.last) for run in runs] == ranges


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(half_minute(3, starts_at=EIGHT + timedelta(seconds=30)), id="a number lacks"),
        pytest.param(half_minute(2, versions="other"), id="other settings"),
        pytest.param(half_minute(2, starts_at=EIGHT - timedelta(hours=1)), id="clock set back"),
        pytest.param(half_minute(2, starts_at=EIGHT + timedelta(seconds=15)), id="they overlap"),
        pytest.param(half_minute(2, starts_at=EIGHT + timedelta(seconds=45)), id="over the border"),
    ],
)
def test_reports_that_do_not_belong_together_are_not_merged(second):
    assert list(group_reports([half_minute(1), second], timedelta(minutes=1))) == []


def test_an_hour_has_the_sums_of_its_half_minutes():
    reports = [half_minute(n, visits=n % 4) for n in range(1, 121)]
    (run,) = group_reports(reports, timedelta(hours=1))
    hour = downsample_reports(run)
    assert totals([hour]) == totals(reports)
    assert hour.peak == 3
    assert (hour.starts_at, hour.ends_at) == (EIGHT, EIGHT + timedelta(hours=1))
    assert hour.sequence == SequenceRange(first=1, last=120)
    assert hour.sensors["lux"] == SensorSum(
        samples=120, total_milli=7260, least_milli=1, most_milli=120
    )
    assert find_contradictions(hour) == []


def test_described_visits_are_added_cell_by_cell():
    cell = DemographicCell(age=AgeGroup.FROM_25, gender=Gender.UNKNOWN, visits=2, onlookers=1)
    other = structs.replace(cell, age=AgeGroup.FROM_35)
    one = structs.replace(half_minute(1, visits=4), demographics=(cell, other))
    two = structs.replace(half_minute(2, visits=4), demographics=(cell,))
    assert downsample_reports([one, two]).demographics == (
        structs.replace(cell, visits=4, onlookers=2),
        other,
    )


def banded(number, high_ms):
    report = half_minute(number, visits=4)
    rest_ms = report.person_ms - high_ms
    return structs.replace(report, bands=BandSum(high_ms=high_ms, medium_ms=rest_ms, low_ms=0))


def test_bands_are_added():
    one, two = banded(1, 700), banded(2, 1_100)
    (run,) = group_reports([one, two], timedelta(minutes=1))
    bands = downsample_reports(run).bands
    assert (bands.high_ms, bands.medium_ms) == (1_800, one.person_ms + two.person_ms - 1_800)


def test_reports_with_and_without_bands_are_not_merged():
    assert list(group_reports([half_minute(1, visits=4), banded(2, 5)], timedelta(minutes=1))) == []


def test_expressions_are_added_and_their_absence_is_kept():
    plain, sad = half_minute(1, visits=4), {Expression.SAD: 2}
    one = structs.replace(half_minute(2, visits=4), expressions=sad)
    two = structs.replace(half_minute(3, visits=4), expressions=sad | {Expression.HAPPY: 1})
    assert downsample_reports([plain, one, two]).expressions == {
        Expression.SAD: 4,
        Expression.HAPPY: 1,
    }
    assert downsample_reports([plain]).expressions is UNSET


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=60),
    st.sampled_from([timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1)]),
)
def test_merging_never_changes_a_sum(days, length):
    at, reports = EIGHT, []
    for number, (pause, visits) in enumerate(days, 1):
        at += timedelta(seconds=30 * pause)
        reports.append(half_minute(number, starts_at=at, visits=visits))
        at += timedelta(seconds=30)
    short = [downsample_reports(run) for run in group_reports(reports, length)]
    alone = {n for report in reports for n in [report.sequence.first]} - {
        n for report in short for n in range(report.sequence.first, report.sequence.last + 1)
    }
    kept = [report for report in reports if report.sequence.first in alone]
    assert totals(short + kept) == totals(reports)
    assert all(find_contradictions(report) == [] for report in short)


def stored(outbox):
    return [
        event.data
        for sealed in outbox.unacknowledged(100_000)
        for event in decode_events(sealed.event)
        if isinstance(event, AudienceEvent)
    ]


def renumbered(number, **others):
    def report_for(journal, sequence):
        return structs.replace(half_minute(number, **others), journal=journal, sequence=sequence)

    return report_for


@pytest.fixture
def small(tmp_path):
    """Room for about fifty reports."""
    outbox = Outbox(tmp_path / "outbox.sqlite3", budget_bytes=60_000)
    yield outbox
    outbox.close()


def test_over_its_budget_the_outbox_keeps_every_sum_and_every_number(small):
    for number in range(1, 601):
        small.put(renumbered(number, visits=number % 3))
    reports = stored(small)
    assert totals(reports) == totals([half_minute(n, visits=n % 3) for n in range(1, 601)])
    numbers = [n for r in reports for n in range(r.sequence.first, r.sequence.last + 1)]
    assert numbers == list(range(1, 601))
    assert sum(len(sealed.event) for sealed in small.unacknowledged(10_000)) <= 60_000
    assert max(r.ends_at - r.starts_at for r in reports) <= timedelta(hours=1)
    assert reports[-1].ends_at - reports[-1].starts_at == timedelta(seconds=30)


def test_what_was_sent_is_never_merged(small):
    for number in range(1, 21):
        small.put(renumbered(number))
    small.mark_sent(5, 8)
    for number in range(21, 400):
        small.put(renumbered(number))
    ranges = {(r.sequence.first, r.sequence.last) for r in stored(small)}
    assert {(5, 5), (6, 6), (7, 7), (8, 8)} <= ranges
    assert len(ranges) < 200


def test_that_it_was_sent_is_remembered_over_a_restart(tmp_path):
    path = tmp_path / "outbox.sqlite3"
    first = Outbox(path, budget_bytes=10_000)
    for number in range(1, 6):
        first.put(renumbered(number))
    first.mark_sent(1, 5)
    first.close()
    again = Outbox(path, budget_bytes=10_000)
    for number in range(6, 60):
        again.put(renumbered(number))
    assert {(n, n) for n in range(1, 6)} <= {
        (r.sequence.first, r.sequence.last) for r in stored(again)
    }
    again.close()


def test_when_nothing_may_be_merged_it_grows_and_loses_nothing(small, caplog):
    for number in range(1, 120):
        small.put(renumbered(number))
        small.mark_sent(number, number)
    assert small.depth == 119
    complaints = [r for r in caplog.records if r.message == "outbox.over_budget"]
    assert 0 < len(complaints) < 30


def test_an_acknowledgement_frees_space(small):
    for number in range(1, 100):
        small.put(renumbered(number))
    through = stored(small)[-1].sequence.last
    small.acknowledge(small.stream_id, through)
    assert (small.depth, small.oldest_at) == (0, None)
    small.put(renumbered(100))
    assert stored(small)[0].sequence == SequenceRange(first=100, last=100)


def test_zones_and_snapshots_are_added_too():
    plain, first, second = (half_minute(n, visits=3) for n in (1, 2, 3))
    door = ZoneSum(entries=2, person_ms=900, looking_ms=300)
    taken = SnapshotSum(taken=1, people=4, facing=2, looking=1)
    first = structs.replace(first, zones={"door": door}, snapshots=taken)
    second = structs.replace(second, zones={"door": door, "stairs": door}, snapshots=taken)
    both = downsample_reports([plain, first, second])
    assert both.zones == {"door": ZoneSum(entries=4, person_ms=1_800, looking_ms=600),
                          "stairs": door}  # fmt: skip
    assert both.snapshots == SnapshotSum(taken=2, people=8, facing=4, looking=2)
    none = downsample_reports([plain, half_minute(2)])
    assert (none.zones, none.snapshots) == (UNSET, UNSET)


def test_the_unknown_creative_of_an_earlier_agent_is_added_to_the_present_one():
    some, rest = (half_minute(n, visits=3) for n in (1, 2))
    names = ("observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms")
    first, second = (
        CreativeSum(plays=1, **{name: getattr(one, name) for name in names}) for one in (some, rest)
    )
    both = downsample_reports(
        [
            structs.replace(some, creatives={"-": first}),
            structs.replace(rest, creatives={"unknown": second}),
        ]
    )
    assert set(both.creatives) == {"unknown"}
    assert both.creatives["unknown"].plays == 2
    assert both.creatives["unknown"].observed_ms == both.observed_ms
