"""A link that ends in this process: for a replay into a file, and for tests.

It hands every event to a callable and acknowledges what that settles, cumulatively, as the cloud
does: a report that is not settled holds back the acknowledgement of all after it.
"""

from collections.abc import Callable
from datetime import datetime

from wire.ack import Ack
from wire.audience import AudienceReport
from wire.clock import utc_now
from wire.envelope import AudienceEvent, Event, InvalidEvent, ack_event, decode_events, encode_event
from wire.scalars import JournalId
from wire.topics import Channel, DeviceAddress

Deliver = Callable[[Event], bool]


class LoopbackLink:
    """`deliver` returns True when the event is settled and may be acknowledged."""

    def __init__(
        self, address: DeviceAddress, deliver: Deliver, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._address = address
        self._deliver = deliver
        self._clock = clock
        self._acks: list[bytes] = []
        self._settled: dict[tuple[JournalId, int], int] = {}  # last sequence by first
        self._through: dict[JournalId, int] = {}
        self.connected = False
        self.sessions = 0

    def start(self) -> None:
        self.connected = True
        self.sessions += 1

    def send(self, channel: Channel, payload: bytes) -> bool:
        if not self.connected:
            return False
        for event in decode_events(payload):
            if isinstance(event, InvalidEvent):
                raise ValueError(f"the agent sent what the contract refuses: {event.reason}")
            if isinstance(event, AudienceEvent):  # the first that is sent is the oldest that waits
                self._through.setdefault(event.data.journal, event.data.sequence.first - 1)
            if self._deliver(event) and isinstance(event, AudienceEvent):
                self._settle(event.data)
        return True

    def take_acknowledgements(self) -> list[bytes]:
        acks, self._acks = self._acks, []
        return acks

    def stop(self) -> None:
        self.connected = False

    def _settle(self, report: AudienceReport) -> None:
        journal, sequence = report.journal, report.sequence
        through = self._through[journal]
        self._settled[journal, sequence.first] = sequence.last
        while (journal, through + 1) in self._settled:
            through = self._settled.pop((journal, through + 1))
        self._through[journal] = through
        ack = Ack(device=report.device, journal=journal, through=through, at=self._clock())
        self._acks.append(encode_event(ack_event(ack, self._address)))
