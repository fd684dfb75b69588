import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.audience import BandSum
from wire.envelope import (
    MAX_BATCH,
    MAX_PAYLOAD_BYTES,
    AudienceEvent,
    InvalidEvent,
    audience_event,
    decode_events,
    encode_event,
    join_events,
)


def changed(report, **fields):
    event = json.loads(encode_event(audience_event(report)))
    event["data"].update(fields)
    return json.dumps(event).encode()


def test_a_sealed_report_is_read_back_equal(report):
    [event] = decode_events(encode_event(audience_event(report)))
    assert isinstance(event, AudienceEvent)
    assert event.data == report


def test_a_sealed_report_is_a_cloudevent(report):
    event = json.loads(encode_event(audience_event(report)))
    assert event["specversion"] == "1.0"
    assert event["type"] == "onlooker.audience.v1"
    assert event["source"] == "/onlooker/v1/KX-01/kx-01-cam-1"
    assert event["id"] == f"{report.journal}:7-7"


def test_a_batch_gives_each_event_in_order(report):
    sealed = encode_event(audience_event(report))
    assert [event.data for event in decode_events(join_events([sealed, sealed]))] == [
        report,
        report,
    ]


def test_one_bad_event_in_a_batch_disturbs_no_other(report):
    good, bad = encode_event(audience_event(report)), changed(report, visits=-1)
    first, refused, last = decode_events(join_events([good, bad, good]))
    assert first.data == last.data == report
    assert isinstance(refused, InvalidEvent)
    assert "visits" in refused.reason


def test_a_refusal_keeps_the_identity_it_can_read(report):
    [refused] = decode_events(changed(report, person_ms="many"))
    assert refused.journal == report.journal
    assert refused.sequence == report.sequence


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
def test_what_cannot_be_true_is_refused_with_the_reason(report, fields, reason):
    [refused] = decode_events(changed(report, **fields))
    assert isinstance(refused, InvalidEvent)
    assert reason in refused.reason


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[",
        b"{}",
        b"\xff\xfe\x00",
        b'"onlooker"',
        b"[" * 100_000,
        b'{"type":"onlooker.audience.v1","data":' + b"[" * 50_000,
        b'{"type":"onlooker.audience.v9","id":"1","source":"x","time":"2026-11-23T08:00:00Z"}',
        b" " * (MAX_PAYLOAD_BYTES + 1),
        b"[" + b",".join([b"{}"] * (MAX_BATCH + 1)) + b"]",
    ],
    ids=lambda payload: repr(payload[:12]),
)
def test_garbage_gives_one_refusal_and_no_error(payload):
    [refused] = decode_events(payload)
    assert isinstance(refused, InvalidEvent)
    assert refused.reason
    assert len(refused.payload) <= MAX_PAYLOAD_BYTES


def test_bands_travel_and_their_absence_is_no_zero(report):
    bands = BandSum(high_ms=5_000, medium_ms=1_500, low_ms=13_000)
    [told] = decode_events(
        encode_event(audience_event(msgspec.structs.replace(report, bands=bands)))
    )
    assert told.data.bands == bands
    sealed = encode_event(audience_event(report))
    [untold] = decode_events(sealed)
    assert b"bands" not in sealed
    assert untold.data.bands is msgspec.UNSET


def test_an_empty_batch_holds_nothing():
    assert list(decode_events(b"[]")) == []


def test_a_report_cut_short_anywhere_is_refused(report):
    sealed = encode_event(audience_event(report))
    for length in range(len(sealed)):
        [refused] = decode_events(sealed[:length])
        assert isinstance(refused, InvalidEvent)


@given(payload=st.binary(max_size=400))
def test_any_bytes_are_answered(payload):
    assert all(isinstance(read, InvalidEvent) for read in decode_events(payload))


def test_a_report_of_an_hour_is_the_longest(report):
    hour = msgspec.structs.replace(report, ends_at=report.starts_at + timedelta(hours=1))
    assert hour.ends_at - hour.starts_at == timedelta(hours=1)
    with pytest.raises(ValueError, match="longer than"):
        msgspec.structs.replace(report, ends_at=report.starts_at + timedelta(hours=1, seconds=1))
