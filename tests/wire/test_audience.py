from datetime import timedelta

import msgspec
import pytest

from wire.audience import (
    BandSum,
    CreativeSum,
    SensorSum,
    SnapshotSum,
    encode_report,
    find_contradictions,
)
from wire.envelope import InvalidEvent, audience_event, decode_events, encode_event

CREATIVE = {
    "plays": 1, "observed_ms": 28_000, "person_ms": 19_500, "facing_ms": 9_000,
    "looking_ms": 6_000, "unsure_ms": 500,
}  # fmt: skip
ZONE = {"entries": 3, "person_ms": 19_500, "looking_ms": 6_000}
SNAPSHOTS = {"taken": 2, "people": 5, "facing": 3, "looking": 1}
CELL = {"age": "25-34", "gender": "female", "visits": 2, "onlookers": 1}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"observed_ms": -1}, "observed_ms"),
        ({"observed_ms": 40_000}, "exceed the interval"),
        ({"observed_ms": 1.5}, "observed_ms"),
        ({"ends_at": "2026-11-23T07:59:00Z"}, "ends_at must come after starts_at"),
        ({"ends_at": "2026-11-23T08:00:30"}, "timezone"),
        ({"ends_at": "2026-11-23T09:30:00Z"}, "longer than"),
        ({"looking_ms": 20_000}, "looking_ms exceeds facing_ms"),
        ({"onlookers": 9}, "more onlookers than visits"),
        ({"dwell_histogram": [9] + [0] * 14}, "dwell_histogram counts 9 visits of 2"),
        ({"dwell_histogram": [0] * 14}, "dwell_histogram"),
        ({"attention_histogram": [9] + [0] * 12}, "attention_histogram counts 9 visits of 2"),
        ({"location": "KX/01"}, "location"),
        ({"device": "#"}, "device"),
        ({"journal": "mine"}, "journal"),
        ({"sequence": {"first": 8, "last": 7}}, "ends (7) before it starts (8)"),
        ({"sequence": {"first": 0, "last": 7}}, "first"),
        ({"blind_ms": {"asleep": 1}}, "asleep"),
        ({"image": "iVBORw0KGgo="}, "image"),
        ({"visits": 2**63}, "visits"),
        ({"bands": {"high_ms": 1, "medium_ms": 2, "low_ms": 3}}, "bands add up to 6 ms, not to"),
        ({"bands": {"high_ms": 19_500, "medium_ms": 0}}, "low_ms"),
        ({"bands": {"high_ms": 20_000, "medium_ms": 0, "low_ms": -500}}, "low_ms"),
        ({"bands": None}, "bands"),
    ],
)
def test_a_report_that_cannot_be_true_is_refused_with_the_reason(changed, fields, reason):
    [refused] = decode_events(changed(**fields))
    assert isinstance(refused, InvalidEvent)
    assert reason in refused.reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"zones": {"door": {**ZONE, "person_ms": 19_501}}}, "zone door: person_ms exceeds"),
        ({"zones": {"door": {**ZONE, "looking_ms": 19_501}}}, "looking_ms exceeds person_ms"),
        ({"snapshots": {**SNAPSHOTS, "looking": 4}}, "more looking than facing"),
        ({"snapshots": {**SNAPSHOTS, "facing": 6}}, "more facing than people"),
        ({"creatives": {"ad": {**CREATIVE, "looking_ms": 1}}}, "looking_ms add up to 1, not to 6"),
        (
            {"creatives": {"ad": CREATIVE, "unknown": CREATIVE}},
            "observed_ms add up to 56000, not to 28",
        ),
        ({"creatives": {"two words": CREATIVE}}, "creatives"),
        ({"creatives": {"ad\n": CREATIVE}}, "creatives"),
        ({"creatives": {"-\n": CREATIVE}}, "creatives"),
        ({"demographics": [{**CELL, "visits": 3}]}, "demographic cells count more visits"),
        ({"demographics": [{**CELL, "onlookers": 2}]}, "demographic cells count more visits"),
        ({"expressions": {"happy": 2, "sad": 1}}, "expressions count more visits"),
        ({"facing_ms": 19_001}, "facing_ms and unsure_ms together exceed person_ms"),
        ({"blind_ms": {"dark": 2_002}}, "observed and blind time (30002 ms) exceed"),
    ],
)
def test_parts_may_not_exceed_the_report(changed, fields, reason):
    [refused] = decode_events(changed(**fields))
    assert isinstance(refused, InvalidEvent)
    assert reason in refused.reason


@pytest.mark.parametrize(
    "fields",
    [
        {"zones": {"door": ZONE, "window": ZONE}},
        {"snapshots": SNAPSHOTS},
        {"creatives": {"ad": CREATIVE}},
        {"creatives": {"unknown": CREATIVE}},
        {"creatives": {"-": CREATIVE}},  # the unknown creative of earlier agents
        {"demographics": [CELL]},
        {"expressions": {"happy": 2}},
        {"blind_ms": {"dark": 2_001}},  # rounded to whole milliseconds
    ],
)
def test_parts_that_equal_the_report_are_accepted(changed, fields):
    [event] = decode_events(changed(**fields))
    assert find_contradictions(event.data) == []


def test_bands_are_sent_and_absent_bands_are_not_zero(report):
    bands = BandSum(high_ms=5_000, medium_ms=1_500, low_ms=13_000)
    [with_bands] = decode_events(
        encode_event(audience_event(msgspec.structs.replace(report, bands=bands)))
    )
    assert with_bands.data.bands == bands
    encoded = encode_event(audience_event(report))
    [without] = decode_events(encoded)
    assert b"bands" not in encoded
    assert without.data.bands is msgspec.UNSET


def test_a_report_of_an_hour_is_the_longest(report):
    hour = msgspec.structs.replace(report, ends_at=report.starts_at + timedelta(hours=1))
    assert hour.ends_at - hour.starts_at == timedelta(hours=1)
    with pytest.raises(ValueError, match="longer than"):
        msgspec.structs.replace(report, ends_at=report.starts_at + timedelta(hours=1, seconds=1))


def test_sums_of_sensors_keep_the_lowest_and_the_highest_reading():
    cold = SensorSum(samples=2, total_milli=-3_000, least_milli=-2_000, most_milli=-1_000)
    warm = SensorSum(samples=1, total_milli=500, least_milli=500, most_milli=500)
    both = SensorSum(samples=3, total_milli=-2_500, least_milli=-2_000, most_milli=500)
    assert cold.combine(warm) == warm.combine(cold) == both


def test_snapshots_and_bands_are_added_field_by_field():
    snapshots = SnapshotSum(taken=1, people=4, facing=3, looking=2)
    assert snapshots.combine(SnapshotSum(taken=2, people=1, facing=1, looking=0)) == SnapshotSum(
        taken=3, people=5, facing=4, looking=2
    )
    bands = BandSum(high_ms=1, medium_ms=2, low_ms=3)
    assert bands.combine(BandSum(high_ms=10, medium_ms=20, low_ms=30)) == BandSum(
        high_ms=11, medium_ms=22, low_ms=33
    )


def test_a_report_without_its_envelope_is_plain_json(report):
    encoded = encode_report(
        msgspec.structs.replace(report, creatives={"ad": CreativeSum(**CREATIVE)})
    )
    assert msgspec.json.decode(encoded, type=type(report)).creatives["ad"].plays == 1
    assert b"specversion" not in encoded
