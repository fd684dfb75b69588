"""Sightings of people, second by second, and the reports about them."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.metering.meter import AudienceMeter, FrameArrivals
from edge_agent.perception.attention import Attention
from edge_agent.perception.sightings import Sighting, Visibility
from edge_agent.settings.camera_settings import Settings
from wire.audience import AudienceReport, BandSum, BlindCause, Versions
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import DeviceAddress

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SEES = Visibility(observed=True)
L, F, U, A = Attention.LOOKING, Attention.FACING, Attention.UNSURE, Attention.AWAY


def at(seconds):
    return EIGHT + timedelta(seconds=seconds)


def watch(meter, moments):
    """Each moment: seconds and the tracks in view; the first sighting of a track is unconfirmed."""
    known = set()
    for seconds, people in moments:
        seen = [Sighting(track, track in known, attention) for track, attention in people.items()]
        meter.observe(at(seconds), seconds, SEES, arrivals=FrameArrivals(1, 0, 1), seen=seen)
        known |= set(people)
        yield from meter.close_due()


def to_reports(intervals):
    address = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
    versions = Versions(agent="1", detector="d", attention="a", config="c")
    return [
        interval.report(
            address, versions, JournalId("0" * 16), SequenceRange(first=number, last=number)
        )
        for number, interval in enumerate(intervals, 1)
    ]


def test_intervals_are_cut_on_the_grid_and_the_first_begins_with_the_first_picture():
    #  08:00:12      :30           08:01:00     :11
    #      [----------)[---------------)[--------)
    meter = AudienceMeter(Settings())
    intervals = list(watch(meter, ((12 + n * 0.5, {}) for n in range(119))))
    reports = to_reports(intervals + meter.close())
    assert [(r.starts_at, r.ends_at) for r in reports] == [
        (at(12), at(30)),
        (at(30), at(60)),
        (at(60), at(71)),
    ]
    assert [r.observed_ms for r in reports] == [18_000, 30_000, 11_000]
    assert all(not r.blind_ms for r in reports)
    assert sum(r.frames.captured for r in reports) == 119


def test_an_interval_is_held_until_every_track_in_it_is_confirmed_or_ended():
    meter = AudienceMeter(Settings())
    closed_at = [seconds for seconds in range(40) for _ in watch(meter, [(seconds, {})])]
    assert closed_at == [32]


def test_a_visit_is_counted_from_its_first_sighting_to_its_last():
    meter = AudienceMeter(Settings())
    list(watch(meter, [(n * 0.2, {1: A}) for n in range(26)]))
    meter.observe(at(8), 8.0, SEES, ended=[1])
    (report,) = to_reports(meter.close())
    assert (report.entries, report.visits, report.peak) == (1, 1, 1)
    assert report.person_ms == report.dwell_ms == 5_000
    assert report.dwell_histogram[4] == 1  # 5 to 7 s
    assert report.attention_histogram[0] == 1  # never looked


def test_an_unconfirmed_track_adds_nothing():
    meter = AudienceMeter(Settings())
    for n in range(5):
        meter.observe(at(n), n, SEES, seen=[Sighting(1, False, L)])
    meter.observe(at(6), 6, SEES, ended=[1])
    (report,) = to_reports(meter.close())
    assert (report.entries, report.visits, report.person_ms, report.peak) == (0, 0, 0, 0)


def test_time_is_divided_by_attention():
    meter = AudienceMeter(Settings())
    acts = [A] * 5 + [U] * 5 + [L] * 10 + [F] * 6
    list(watch(meter, [(n * 0.2, {1: act}) for n, act in enumerate(acts)]))
    (report,) = to_reports(meter.close())
    assert report.person_ms == 5_000
    assert report.unsure_ms == 1_000
    assert report.looking_ms == 2_000
    assert report.facing_ms == 3_000
    assert report.onlookers == 1
    assert report.attention_histogram[4] == 1  # 2 to 3 s


def test_time_is_divided_by_probability_and_adds_up_over_an_interval_border():
    #  08:00:28        29        :30        31        32
    #      |-- .95 ----|---- .90 -----|-- .70 --|-- .69 --|
    meter = AudienceMeter(Settings())
    sure = [0.95, 0.90, 0.90, 0.70, 0.69, 0.2]
    moments = [28, 29, 29.5, 30.5, 31.25, 32]
    intervals = []
    for seconds, ratio in zip(moments, sure, strict=True):
        sighting = Sighting(1, seconds > 28, L, looking_ratio=ratio)
        meter.observe(at(seconds), seconds, SEES, seen=[sighting])
        intervals += meter.close_due()
    before, after = to_reports(intervals + meter.close())
    assert before.bands == BandSum(high_ms=1_000, medium_ms=1_000, low_ms=0)
    assert after.bands == BandSum(high_ms=0, medium_ms=1_250, low_ms=750)
    assert (before.person_ms, after.person_ms) == (2_000, 2_000)


def test_without_people_the_probability_bands_are_zero():
    (report,) = to_reports(
        [*watch(meter := AudienceMeter(Settings()), [(1, {}), (2, {})]), *meter.close()]
    )
    assert report.bands == BandSum(high_ms=0, medium_ms=0, low_ms=0)


@pytest.mark.parametrize(
    ("acts", "step_s", "engaged"),
    [
        ([L] * 6, 0.2, 1),  # 1.0 s in a row
        ([L] * 5, 0.2, 0),  # 0.8 s
        ([L, L, L, F] * 5, 0.2, 0),  # three in a row, never for a second
        ([L, L, A], 1.0, 0),  # two pictures, two seconds
        ([L, L, L], 0.5, 1),
    ],
)
def test_a_visit_is_engaged_after_three_pictures_in_a_row_and_one_second(acts, step_s, engaged):
    meter = AudienceMeter(Settings())
    list(watch(meter, [(n * step_s, {1: act}) for n, act in enumerate(acts)]))
    (report,) = to_reports(meter.close())
    assert report.onlookers == engaged


def test_a_visit_over_the_border_enters_before_it_and_ends_after_it():
    #  08:00:29.0      :30        :31.0
    #      |-- entry --|-- visit --|
    meter = AudienceMeter(Settings())
    intervals = list(watch(meter, [(29 + n * 0.25, {1: L}) for n in range(9)]))
    before, after = to_reports(intervals + meter.close())
    assert (before.entries, before.visits, before.person_ms, before.peak) == (1, 0, 1_000, 1)
    assert (after.entries, after.visits, after.person_ms, after.peak) == (0, 1, 1_000, 1)
    assert after.dwell_ms == 2_000
    assert (before.onlookers, after.onlookers) == (0, 1)


def test_a_span_over_the_border_is_split_to_the_millisecond():
    meter = AudienceMeter(Settings())
    intervals = list(watch(meter, [(29.117, {1: A}), (29.717, {1: A}), (30.404, {1: A})]))
    before, after = to_reports(intervals + meter.close())
    assert (before.person_ms, after.person_ms) == (883, 404)


def test_a_track_confirmed_after_the_interval_border_is_counted_where_it_started():
    meter = AudienceMeter(Settings())
    intervals = list(watch(meter, [(29.8, {1: L}), (30.6, {1: L})]))
    before, after = to_reports(intervals + meter.close())
    assert (before.entries, before.person_ms, before.peak) == (1, 200, 1)
    assert (after.entries, after.person_ms, after.peak) == (0, 600, 1)


def test_time_out_of_view_counts_for_a_second_at_most():
    meter = AudienceMeter(Settings())
    list(watch(meter, [(0, {1: A}), (0.5, {1: A}), (1.9, {1: A})]))
    (report,) = to_reports(meter.close())
    assert report.dwell_ms == report.person_ms == 1_500


def test_the_peak_is_of_people_at_one_instant_not_of_people():
    #  1 |-----|
    #  2    |-----|
    #  3           |----|
    meter = AudienceMeter(Settings())
    here = {1: range(5), 2: range(3, 9), 3: range(10, 14)}
    list(
        watch(
            meter,
            [(n * 0.5, {who: A for who, when in here.items() if n in when}) for n in range(14)],
        )
    )
    (report,) = to_reports(meter.close())
    assert (report.peak, report.entries) == (2, 3)


def test_unobserved_time_is_reported_by_cause():
    meter = AudienceMeter(Settings())
    for second in range(31):
        blind = BlindCause.DARK if second < 10 else BlindCause.FROZEN if second < 15 else None
        meter.observe(at(second), second, Visibility(blind is None, blind))
    (report,) = to_reports(meter.close())[:1]
    assert report.observed_ms == 15_000
    assert report.blind_ms == {BlindCause.DARK: 10_000, BlindCause.FROZEN: 5_000}


def test_a_camera_that_sends_nothing_is_offline_after_one_second():
    meter = AudienceMeter(Settings())
    meter.observe(at(0), 0, SEES)
    meter.observe(at(20), 20, SEES)
    meter.observe(at(21), 21, SEES)
    (report,) = to_reports(meter.close())
    assert report.observed_ms == 2_000
    assert report.blind_ms == {BlindCause.OFFLINE: 19_000}


def test_unmeasured_time_is_neither_observed_nor_unobserved():
    meter = AudienceMeter(Settings())
    for second in range(10):
        meter.observe(at(second), second, Visibility(observed=False))
    (report,) = to_reports(meter.close())
    assert (report.observed_ms, report.blind_ms) == (0, {})


def test_a_clock_that_is_set_ends_the_interval_at_the_measured_time():
    #  the clock says 1970 until 40 s after the start, then 08:00:10
    meter = AudienceMeter(Settings())
    for second in range(60):
        civil = datetime(1970, 1, 1, tzinfo=UTC) if second < 40 else at(10 - 40)
        meter.observe(civil + timedelta(seconds=second), second, SEES)
    reports = to_reports(meter.close())
    assert [(r.starts_at.year, r.observed_ms) for r in reports] == [
        (1970, 30_000),
        (1970, 10_000),
        (2026, 19_000),
    ]
    assert reports[2].starts_at == at(10)


def test_a_clock_set_back_loses_no_person():
    meter = AudienceMeter(Settings())
    for n in range(60):
        civil = at(n * 0.5 - (600 if n >= 20 else 0))
        meter.observe(civil, n * 0.5, SEES, seen=[Sighting(1, n > 2, L)])
    reports = to_reports(meter.close())
    assert sum(r.entries for r in reports) == sum(r.visits for r in reports) == 1
    assert sum(r.person_ms for r in reports) == sum(r.dwell_ms for r in reports) == 29_500
    assert sum(r.observed_ms for r in reports) == 29_500


def test_a_timeline_that_steps_backwards_is_held():
    meter = AudienceMeter(Settings())
    meter.observe(at(5), 5.0, SEES)
    meter.observe(at(5), 4.9, SEES)
    meter.observe(at(6), 6.0, SEES)
    (report,) = to_reports(meter.close())
    assert report.observed_ms == 1_000


def test_a_single_picture_is_a_report():
    meter = AudienceMeter(Settings())
    meter.observe(at(30), 0.0, SEES, arrivals=FrameArrivals(1, 0, 1))
    (report,) = to_reports(meter.close())
    assert report.frames.captured == 1
    assert report.ends_at - report.starts_at == timedelta(milliseconds=1)


def test_a_meter_without_frames_reports_nothing():
    assert AudienceMeter(Settings()).close() == []


MOMENTS = st.lists(
    st.tuples(
        st.integers(1, 4_000),
        st.dictionaries(st.integers(1, 4), st.sampled_from(list(Attention)), max_size=4),
        st.sampled_from([SEES, SEES, Visibility(False, BlindCause.DARK), Visibility(False)]),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(MOMENTS, st.integers(0, 60_000))
def test_any_length_of_interval_adds_up_to_the_same(moments, start_ms):
    totals = {length: measured_sums(moments, start_ms, length) for length in (1, 5, 30, 60)}
    assert totals[1] == totals[5] == totals[30] == totals[60]


def measured_sums(moments, start_ms, interval_s):
    """End tracks by the rules of the tracker; returns the sums of all reports."""
    meter = AudienceMeter(Settings(interval_s=interval_s))
    last: dict[int, int] = {}
    first: dict[int, int] = {}
    name: dict[int, int] = {}
    now_ms, names, intervals = start_ms, 0, []
    for passed_ms, people, view in moments:
        now_ms += passed_ms
        ended = [
            who
            for who in last
            if now_ms - last[who] > 1_500
            or (now_ms - first[who] > 2_000 and last[who] - first[who] < 400)
        ]
        ended_tracks = [name.pop(who) for who in ended]
        for who in ended:
            del last[who], first[who]
        for who in people:
            if who not in name:
                names += 1
                name[who], first[who] = names, now_ms
            last[who] = now_ms
        seen = [Sighting(name[who], now_ms - first[who] >= 400, act) for who, act in people.items()]
        meter.observe(
            EIGHT + timedelta(milliseconds=now_ms), now_ms / 1000, view,
            arrivals=FrameArrivals(1, 0, 1), seen=seen, ended=ended_tracks,
        )  # fmt: skip
        intervals += meter.close_due()
    return sum_reports(to_reports(intervals + meter.close()))


def sum_reports(reports: list[AudienceReport]):
    """All sums added, and the maximum of the peaks."""
    sums: Counter[str] = Counter()
    for report in reports:
        for field, value in msgspec.to_builtins(report).items():
            if isinstance(value, int) and field != "peak":
                sums[field] += value
            elif field in ("blind_ms", "frames"):
                sums.update({f"{field}.{key}": part for key, part in value.items()})
            elif field.endswith("histogram"):
                sums.update({f"{field}.{index}": part for index, part in enumerate(value)})
    return {
        **{k: v for k, v in sums.items() if v},
        "peak": max((r.peak for r in reports), default=0),
    }
