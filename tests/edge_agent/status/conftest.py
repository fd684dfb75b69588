"""The last state of a camera, and a board with it."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from edge_agent.state_board import StateBoard, StateSnapshot
from wire.audience import BlindCause, Versions
from wire.health import CaptureState, Connection, DeviceFigures, GateCounts, Heartbeat
from wire.scalars import DeviceId, JournalId, LocationId

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def now():
    return NOON


@pytest.fixture
def snapshot():
    """A camera that has worked for an hour; `changed` are other fields of its heartbeat."""

    def create(*, source="rtsp://10.0.0.7/main", totals=None, connected=True, **changed):
        figures = DeviceFigures(
            connection=changed.pop("connection", Connection.EXCELLENT),
            frames_milli_hz=24_800, frames_dropped=7, stalls=1, model_faults=2,
            outbox_bytes=4_096, outbox_merges=30, egress_refusals=1, disk_free_bytes=5 * 2**30,
            clock_kept=changed.pop("clock_kept", True), clock_ahead_ms=250,
            temperature_milli_c=51_500, alarms=changed.pop("alarms", ()),
        )  # fmt: skip
        beat = Heartbeat(
            location=LocationId("KX-01"), device=DeviceId("kx-01-cam-1"),
            journal=JournalId("0" * 16), boot="b", sent_at=NOON, uptime_ms=3_600_000,
            capture=CaptureState.STREAMING, frames_captured=90_000, frames_analysed=1_800,
            reconnects=0, outbox_reports=12, outbox_oldest_at=NOON - timedelta(minutes=6),
            next_sequence=121, rss_bytes=180 * 2**20, figures=figures,
            gate=GateCounts(sampled=18_000, by_track=900, by_motion=500, by_heartbeat=400,
                            missed=3),
            versions=Versions(agent="0.1.0", detector="f:1", attention="a:1", config="3f2a"),
        )  # fmt: skip
        sums = {
            "reports": 120, "entries": 1_234, "visits": 1_230, "onlookers": 321,
            "person_ms": 9_000_000, "looking_ms": 754_000, "observed_ms": 3_590_000,
            "blind_ms": {BlindCause.DARK: 10_000},
        }  # fmt: skip
        return StateSnapshot(source, structs.replace(beat, **changed), totals or sums, connected)

    return create


@pytest.fixture
def board(snapshot):
    one = StateBoard()
    one.publish(DeviceId("kx-01-cam-1"), snapshot())
    return one
