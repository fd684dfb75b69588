import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_an_encoded_report_is_read_back_equal(report):
    [event] = decode_events(encode_event(audience_event(report)))
    assert isinstance(event, AudienceEvent)
    assert event.data == report


def test_an_encoded_report_is_a_cloudevent(report):
    event = json.loads(encode_event(audience_event(report)))
    assert event["specversion"] == "1.0"
    assert event["type"] == "onlooker.audience.v1"
    assert event["source"] == "/onlooker/v1/KX-01/kx-01-cam-1"
    assert event["id"] == f"{report.journal}:7-7"


def test_a_batch_gives_each_event_in_order(report):
    encoded = encode_event(audience_event(report))
    assert [event.data for event in decode_events(join_events([encoded, encoded]))] == [
        report,
        report,
    ]


def test_one_bad_event_in_a_batch_affects_no_other(report, changed):
    good, bad = encode_event(audience_event(report)), changed(visits=-1)
    first, refused, last = decode_events(join_events([good, bad, good]))
    assert first.data == last.data == report
    assert isinstance(refused, InvalidEvent)
    assert "visits" in refused.reason


def test_a_refusal_keeps_the_identity_it_can_read(report, changed):
    [refused] = decode_events(changed(person_ms="many"))
    assert refused.journal == report.journal
    assert refused.sequence == report.sequence


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


def test_an_empty_batch_holds_nothing():
    assert list(decode_events(b"[]")) == []


def test_a_report_cut_short_anywhere_is_refused(report):
    encoded = encode_event(audience_event(report))
    for length in range(len(encoded)):
        [refused] = decode_events(encoded[:length])
        assert isinstance(refused, InvalidEvent)


@given(payload=st.binary(max_size=400))
def test_any_bytes_are_answered(payload):
    assert all(isinstance(read, InvalidEvent) for read in decode_events(payload))
