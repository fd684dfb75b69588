import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.report_builder import build_report
from wire.audience import BlindCause, FrameCounts, Versions
from wire.envelope import audience_event, encode_event
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS, tally
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange


@pytest.fixture
def report():
    """Half a minute at King's Cross: two visits ended, one of them engaged."""
    starts_at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    return build_report(
        location=LocationId("KX-01"),
        device=DeviceId("kx-01-cam-1"),
        journal=JournalId("00c0ffee00c0ffee"),
        sequence=SequenceRange(first=7, last=7),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=30),
        frames=FrameCounts(captured=450, dropped=0, analysed=150),
        observed_ms=28_000,
        blind_ms={BlindCause.DARK: 2_000},
        person_ms=19_500,
        facing_ms=9_000,
        looking_ms=6_000,
        unsure_ms=500,
        entries=3,
        visits=2,
        onlookers=1,
        peak=2,
        dwell_ms=16_200,
        dwell_histogram=tally([4_200, 12_000], DWELL_EDGES_MS),
        attention_histogram=tally([0, 6_000], ATTENTION_EDGES_MS),
        versions=Versions(agent="0.1.0", detector="d/1", attention="a/1", config="abcd"),
    )


@pytest.fixture
def changed(report):
    """Encodes the report with other fields, as a device with a fault would send it."""

    def encode(**fields):
        event = json.loads(encode_event(audience_event(report)))
        event["data"].update(fields)
        return json.dumps(event).encode()

    return encode
