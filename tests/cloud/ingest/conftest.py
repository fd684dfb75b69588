"""The messages of one camera, and the consumer that counts them."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud.database import dead_letters, lost_sequences, minute_tallies, reading
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AckEvent, audience_event, encode_event, heartbeat_event
from wire.health import CaptureState, Heartbeat

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1"
INTERVAL = timedelta(seconds=15)
HUGE = 2**53 - 1

Reports = Callable[..., AudienceReport]


class IngestStream:
    """A consumer on a clock that the test sets."""

    def __init__(self, engine: Engine) -> None:
        self.now = NINE
        self.engine = engine
        self.source = MemorySource()
        self.consumer = Consumer(
            self.source, engine, is_listed=lambda *_: True, clock=lambda: self.now
        )

    def take(self, *payloads: bytes, channel: str = "audience") -> int:
        """Consume messages; the last number acknowledged, 0 without an acknowledgement."""
        self.source.sent.clear()
        for payload in payloads:
            self.source.put(f"{TOPIC}/{channel}", payload)
        self.consumer.step()
        self.consumer._send_acks(self.now)
        acks = [
            event.data.through
            for _, payload in self.source.sent
            for event in envelope.decode_events(payload)
            if isinstance(event, AckEvent)
        ]
        return max(acks, default=0)

    @property
    def visits(self) -> int:
        with reading(self.engine) as connection:
            return sum(connection.execute(select(minute_tallies.c.visits)).scalars())

    def dead_letters(self) -> list[str]:
        with reading(self.engine) as connection:
            return sorted(connection.execute(select(dead_letters.c.kind)).scalars())

    def lost(self) -> list[tuple[int, int]]:
        with reading(self.engine) as connection:
            numbers = select(lost_sequences.c.first_sequence, lost_sequences.c.last_sequence)
            return sorted((first, last) for first, last in connection.execute(numbers))


@pytest.fixture
def stream(engine: Engine) -> IngestStream:
    return IngestStream(engine)


def encode_report(report: AudienceReport) -> bytes:
    return encode_event(audience_event(report))


def encode_heartbeat(report: AudienceReport, **more: Any) -> bytes:
    values: dict[str, Any] = {
        "location": report.location, "device": report.device, "journal": report.journal,
        "boot": "b1", "sent_at": NINE, "uptime_ms": 1, "capture": CaptureState.STREAMING,
        "frames_captured": 1, "frames_analysed": 1, "reconnects": 0, "outbox_reports": 0,
        "outbox_oldest_at": None, "next_sequence": 5, "rss_bytes": 1,
        "versions": report.versions,
    }  # fmt: skip
    return encode_event(heartbeat_event(Heartbeat(**(values | more))))


class IotData:
    """IoT Core, which records the topics of what is published to the devices."""

    def __init__(self) -> None:
        self.topics: list[str] = []

    def publish(self, *, topic: str, qos: int, payload: bytes) -> None:
        self.topics.append(topic)


def kinesis_record(payload: bytes) -> bytes:
    """A record of the stream as the IoT rule writes it."""
    topic, encoded = f"{TOPIC}/audience", base64.b64encode(payload).decode()
    return json.dumps({"topic": topic, "payload": encoded}).encode()
