"""Reports of a camera that arrive while a journey runs: all of one minute, one after another."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from tests.report_builder import build_report
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange

DEVICE, LOCATION = DeviceId("ba-01-cam-1"), LocationId("BA-01")
TOPIC = f"onlooker/v1/{LOCATION}/{DEVICE}/audience"
STREAM = JournalId("00000000000000b1")
ENTRIES = 5
INTERVAL = timedelta(seconds=10)


@dataclass
class LateReports:
    """Each call of `send` stores one more report, in which five people came into view."""

    engine: Engine
    clock: Callable[[], datetime]
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _starts_at: datetime | None = None

    def send(self) -> int:
        """Store the next report as ingest does; returns its number."""
        number = next(self._numbers)
        now = self.clock()
        if self._starts_at is None:
            self._starts_at = now.replace(second=0, microsecond=0) - timedelta(minutes=2)
        sent = encode_event(audience_event(self._build(number)))
        source = MemorySource([(TOPIC, sent)])
        Consumer(source, self.engine, is_listed=lambda *_: True, clock=lambda: now).step()
        return number

    def _build(self, number: int) -> AudienceReport:
        assert self._starts_at is not None
        starts_at = self._starts_at + (number - 1) * INTERVAL
        return build_report(
            location=LOCATION, device=DEVICE, journal=STREAM,
            sequence=SequenceRange(first=number, last=number), starts_at=starts_at,
            ends_at=starts_at + INTERVAL, observed_ms=10_000, entries=ENTRIES, peak=ENTRIES,
        )  # fmt: skip
