"""A cloud for tests of simulated cameras: it counts and acknowledges their reports."""

from datetime import UTC, datetime, timedelta

from simulators.synthetic.cameras import Period
from wire.ack import Ack
from wire.envelope import AudienceEvent, ack_event, decode_events

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
HOURS_2 = Period(NOON - timedelta(hours=2), NOON, timedelta(seconds=30))


class AcknowledgingCloud:
    """Counts each report once and acknowledges each stream up to its first gap."""

    def __init__(self):
        self.visits, self.received, self.acknowledgements, self.counted = 0, {}, [], set()

    def subscribe(self, address):
        pass

    def has_reconnected(self):
        return False

    def send(self, address, payload):
        for event in decode_events(payload):
            if isinstance(event, AudienceEvent) and event.data.journal[:3] != "bad":
                self._count(event.data, address)

    def _count(self, report, address):
        first, last = report.sequence.first, report.sequence.last
        if (report.journal, first) not in self.counted:
            self.counted.add((report.journal, first))
            self.visits += report.visits
            self.received.setdefault(report.journal, {})[first] = last
        through = 0
        while through + 1 in self.received[report.journal]:
            through = self.received[report.journal][through + 1]
        ack = Ack(device=report.device, journal=report.journal, through=through, at=NOON)
        self.acknowledgements.append(ack_event(ack, address))

    def read_acknowledgements(self, *, wait_s):
        acknowledgements, self.acknowledgements = self.acknowledgements, []
        return iter(acknowledgements)
