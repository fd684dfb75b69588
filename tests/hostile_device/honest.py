"""An honest device: it sends a report every two seconds until the cloud acknowledges it."""

import time
from datetime import UTC, datetime, timedelta

from tests.report_builder import build_report
from wire.audience import FrameCounts
from wire.envelope import AckEvent, audience_event, decode_events, encode_event
from wire.scalars import SequenceRange
from wire.topics import Channel

EVERY_S = 2.0
RESEND_AFTER_S = 3.0


def read_clock():
    return datetime.now(UTC)


def build_device_report(address, journal, sequence, ends_at):
    """A report of two seconds in which one person entered."""
    return build_report(
        location=address.location,
        device=address.device,
        journal=journal,
        sequence=SequenceRange(first=sequence, last=sequence),
        starts_at=ends_at - timedelta(seconds=EVERY_S),
        ends_at=ends_at,
        frames=FrameCounts(captured=20, dropped=0, analysed=10),
        observed_ms=round(EVERY_S * 1000),
        entries=1,
        peak=1,
    )


class HonestDevice:
    """One device with its unacknowledged reports; `freshness_s` has one value a report."""

    def __init__(self, link, address, number):
        self.link, self.address = link, address
        self.journal = f"{number:016x}"
        self.sequence = 0
        self.pending: dict[int, tuple[datetime, bytes, float]] = {}
        self.freshness_s: list[float] = []

    def produce(self, ends_at):
        self.sequence += 1
        event = audience_event(
            build_device_report(self.address, self.journal, self.sequence, ends_at)
        )
        self.pending[self.sequence] = (ends_at, encode_event(event), 0.0)

    def exchange(self):
        """Send the reports that are due, and take acknowledgements."""
        now_s = time.monotonic()
        for number, (ends_at, payload, sent_s) in list(self.pending.items()):
            is_due = now_s - sent_s > RESEND_AFTER_S
            if is_due and self.link.send(Channel.AUDIENCE, payload):
                self.pending[number] = (ends_at, payload, now_s)
        for payload in self.link.take_acknowledgements():
            for event in decode_events(payload):
                if isinstance(event, AckEvent) and event.data.journal == self.journal:
                    self._acknowledge(event.data.through)

    def _acknowledge(self, through):
        at = read_clock()
        for number in [one for one in self.pending if one <= through]:
            ends_at, _, _ = self.pending.pop(number)
            self.freshness_s.append((at - ends_at).total_seconds())
