from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from edge_agent.metering.creative_shares import TimedSpan
from edge_agent.metering.interval_sums import IntervalSums, ZoneCounts
from edge_agent.perception.attention import Attention, AttentionBand
from edge_agent.player.now_playing import PlayerMessage, PlayHistory
from tests.edge_agent.metering.audience_simulation import ADDRESS, VERSIONS
from wire.audience import (
    MAX_CREATIVES,
    MAX_SENSORS,
    UNKNOWN_CREATIVE,
    BandSum,
    BlindCause,
    SensorSum,
    SnapshotSum,
    ZoneSum,
)
from wire.scalars import JournalId, SequenceRange

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)


@pytest.fixture
def interval():
    """Half a minute from noon."""
    return IntervalSums(NOON_MS, NOON_MS + 30_000)


def report_of(interval):
    return interval.report(ADDRESS, VERSIONS, JournalId("0" * 16), SequenceRange(first=4, last=4))


def test_an_interval_without_people_is_a_report_of_zeros(interval):
    report = report_of(interval)
    assert (report.starts_at, report.ends_at) == (NOON, NOON + timedelta(seconds=30))
    assert (report.device, report.location) == (ADDRESS.device, ADDRESS.location)
    assert (report.person_ms, report.entries, report.visits, report.peak) == (0, 0, 0, 0)
    assert report.blind_ms == {}
    assert report.bands == BandSum(high_ms=0, medium_ms=0, low_ms=0)
    for name in ("zones", "snapshots", "creatives", "expressions"):
        assert getattr(report, name) is msgspec.UNSET


def test_looking_is_part_of_facing_and_all_attention_is_time_in_view(interval):
    interval.attention_ms.update(
        {Attention.LOOKING: 5, Attention.FACING: 7, Attention.UNSURE: 11, Attention.AWAY: 13}
    )
    interval.band_ms.update({AttentionBand.HIGH: 6, AttentionBand.LOW: 30})
    report = report_of(interval)
    assert (report.looking_ms, report.facing_ms, report.unsure_ms) == (5, 12, 11)
    assert report.person_ms == 36
    assert report.bands == BandSum(high_ms=6, medium_ms=0, low_ms=30)


def test_causes_without_time_are_left_out(interval):
    interval.blind_ms[BlindCause.DARK] = 1_000
    assert report_of(interval).blind_ms == {BlindCause.DARK: 1_000}


@pytest.mark.parametrize(
    ("presence", "peak"),
    [
        ({}, 0),
        ({1: (0, 10)}, 1),
        ({1: (0, 10), 2: (10, 20)}, 2),  # one leaves as the other enters
        ({1: (0, 10), 2: (11, 20)}, 1),
        ({1: (0, 30), 2: (5, 6), 3: (6, 7), 4: (20, 30)}, 3),
        ({1: (5, 5), 2: (5, 5)}, 2),
    ],
)
def test_the_peak_is_the_largest_number_of_people_at_one_instant(interval, presence, peak):
    interval.presence = presence
    assert interval.peak == peak


def test_an_earlier_peak_stays_when_presence_is_no_longer_stored(interval):
    interval.presence, interval.highest = {1: (0, 10)}, 4
    assert interval.peak == 4


def test_snapshots_are_added(interval):
    interval.add_snapshot(people=3, facing=2, looking=1)
    interval.add_snapshot(people=0, facing=0, looking=0)
    assert interval.snapshots == SnapshotSum(taken=2, people=3, facing=2, looking=1)


def test_readings_are_added_by_sensor_and_further_sensors_are_discarded(interval):
    for number in range(MAX_SENSORS + 1):
        interval.add_reading(f"lux_{number}", 1_000)
    interval.add_reading("lux_0", -250)
    assert len(interval.sensors) == MAX_SENSORS
    assert f"lux_{MAX_SENSORS}" not in interval.sensors
    assert interval.sensors["lux_0"] == SensorSum(
        samples=2, total_milli=750, least_milli=-250, most_milli=1_000
    )


def test_sums_of_an_unknown_zone_are_discarded(interval):
    interval.zones = {"door": ZoneCounts()}
    interval.zone("door").entries += 2
    interval.zone("window").entries += 5
    assert report_of(interval).zones == {"door": ZoneSum(entries=2, person_ms=0, looking_ms=0)}


def test_moving_an_interval_keeps_its_length(interval):
    interval.move(timedelta(milliseconds=-1_500))
    assert interval.starts_at == NOON - timedelta(seconds=1.5)
    assert interval.ends_at - interval.starts_at == timedelta(seconds=30)


def play(*starts):
    playing = PlayHistory()
    for seconds, creative in starts:
        at = NOON + timedelta(seconds=seconds)
        playing.add_message(PlayerMessage(creative=creative, started_at=at), at)
    return playing


def test_time_is_split_by_creative_with_the_offset_of_the_monotonic_clock(interval):
    offset_ms = NOON_MS - 100_000  # the monotonic clock shows 100 s at noon
    interval.spans = [
        TimedSpan(100_000, 130_000, None),
        TimedSpan(105_000, 115_000, Attention.LOOKING, track=1),
    ]
    interval.split_by_creative(play((-5, "tea"), (12, "coffee")), offset_ms)
    tea, coffee = interval.creatives["tea"], interval.creatives["coffee"]
    assert (tea.plays, tea.observed_ms, tea.attention_ms[Attention.LOOKING]) == (0, 12_000, 7_000)
    assert (coffee.plays, coffee.observed_ms) == (1, 18_000)
    assert coffee.attention_ms[Attention.LOOKING] == 3_000
    assert tea.visits == coffee.visits == {1}


def test_creatives_beyond_the_limit_count_as_unknown(interval):
    interval.spans = [TimedSpan(NOON_MS, NOON_MS + 30_000, None)]
    interval.split_by_creative(
        play(*((n / 5, f"ad-{n}") for n in range(MAX_CREATIVES + 10))), offset_ms=0
    )
    assert len(interval.creatives) == MAX_CREATIVES
    assert sum(one.observed_ms for one in interval.creatives.values()) == 30_000
    #  63 of 0.2 s are named; the rest of 30 s is unknown
    assert interval.creatives[UNKNOWN_CREATIVE].observed_ms == 30_000 - 63 * 200
