"""Reports whose figures follow from their number, and the real ingest that counts them.

The totals of the device are therefore known without the device.
"""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import func, select

from cloud.database import connect, create, minute_tallies, reading, report_streams, reports
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from tests.report_builder import build_report
from wire.audience import BlindCause, FrameCounts
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS, tally
from wire.scalars import DeviceId, LocationId
from wire.topics import Channel, DeviceAddress

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
HALF_MINUTE = timedelta(seconds=30)
RECEIVED_AT = MONDAY + timedelta(days=40)
HERE = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
SUMS = (
    "observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms",
    "entries", "visits", "onlookers", "dwell_ms",
)  # fmt: skip


def half_minute(number, journal="0" * 16, sequence=None):
    """The report of the `number`th half minute."""
    values = random.Random(number)
    dwells = [values.randrange(300, 30_000) for _ in range(values.choice((0, 0, 1, 2, 7)))]
    looks = [dwell // values.randint(2, 9) for dwell in dwells]
    dark_ms = values.choice((0, 0, 0, values.randrange(30_000)))
    starts_at = MONDAY + HALF_MINUTE * (number - 1)
    return build_report(
        location=HERE.location, device=HERE.device, journal=journal, sequence=sequence,
        starts_at=starts_at, ends_at=starts_at + HALF_MINUTE,
        frames=FrameCounts(captured=150, dropped=values.randrange(3),
                           analysed=values.randrange(150)),
        observed_ms=30_000 - dark_ms, blind_ms={BlindCause.DARK: dark_ms} if dark_ms else {},
        person_ms=sum(dwells), facing_ms=sum(looks), looking_ms=sum(looks),
        entries=len(dwells), visits=len(dwells), onlookers=sum(look >= 1_000 for look in looks),
        peak=len(dwells), dwell_ms=sum(dwells),
        dwell_histogram=tally(dwells, DWELL_EDGES_MS),
        attention_histogram=tally(looks, ATTENTION_EDGES_MS),
    )  # fmt: skip


def report_factory(number):
    """Creates the report of the `number`th half minute in a stream."""
    return lambda journal, sequence: half_minute(number, journal, sequence)


@cache
def device_sums(last):
    """The sums of the first `last` half minutes."""
    sums: Counter[str] = Counter()
    for number in range(1, last + 1):
        report = half_minute(number)
        for name in SUMS:
            sums[name] += getattr(report, name)
    return sums


class IngestedReports:
    """The consumer of the cloud over its own database."""

    def __init__(self, folder: Path) -> None:
        self._engine = connect(f"sqlite:///{folder / 'cloud.db'}")
        create(self._engine)
        self._source = MemorySource()
        self._consumer = Consumer(
            self._source, self._engine, is_listed=lambda *_: True, clock=lambda: RECEIVED_AT
        )

    def close(self):
        self._engine.dispose()

    def ingest(self, channel, payload):
        """Process a message; returns the acknowledgements of the cloud."""
        self._source.put(HERE.topic(Channel(channel)), payload)
        self._consumer.step()
        sent = [payload for _, payload in self._source.sent]
        self._source.sent.clear()
        return sent

    def sums(self):
        """The sums of all minutes."""
        columns = [func.sum(minute_tallies.c[name]).label(name) for name in SUMS]
        with reading(self._engine) as connection:
            return Counter(dict(connection.execute(select(*columns)).mappings().one()))

    def ranges(self):
        """First and last half minute of each stored report, in order."""
        columns = reports.c.starts_at, reports.c.first_sequence, reports.c.last_sequence
        with reading(self._engine) as connection:
            rows = connection.execute(select(*columns)).all()
        firsts = [((at - MONDAY) // HALF_MINUTE + 1, last - first) for at, first, last in rows]
        return sorted((first, first + length) for first, length in firsts)

    def streams(self):
        """The last number without a gap of each stream, and the ranges beyond it."""
        columns = report_streams.c.through, report_streams.c.received_ranges
        with reading(self._engine) as connection:
            return [tuple(row) for row in connection.execute(select(*columns))]
