"""A link within the process: for replay into a file, and for tests.

It passes every event to a callable and acknowledges accepted reports cumulatively, as the cloud
does: a report that is not accepted delays the acknowledgement of all later ones.
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
    """`deliver` returns True when the event is accepted and may be acknowledged."""

    def __init__(
        self, address: DeviceAddress, deliver: Deliver, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._address = address
        self._deliver = deliver
        self._clock = clock
        self._acks: list[bytes] = []
        self._accepted: dict[tuple[JournalId, int], int] = {}  # last sequence by first
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
                raise ValueError(f"the agent sent an invalid event: {event.reason}")
            if isinstance(event, AudienceEvent):  # the first sent report is the oldest pending one
                self._through.setdefault(event.data.journal, event.data.sequence.first - 1)
            if self._deliver(event) and isinstance(event, AudienceEvent):
                self._acknowledge(event.data)
        return True

    def take_acknowledgements(self) -> list[bytes]:
        acks, self._acks = self._acks, []
        return acks

    def stop(self) -> None:
        self.connected = False

    def _acknowledge(self, report: AudienceReport) -> None:
        stream_id, sequence = report.journal, report.sequence
        through = self._through[stream_id]
        self._accepted[stream_id, sequence.first] = sequence.last
        while (stream_id, through + 1) in self._accepted:
            through = self._accepted.pop((stream_id, through + 1))
        self._through[stream_id] = through
        ack = Ack(device=report.device, journal=stream_id, through=through, at=self._clock())
        self._acks.append(encode_event(ack_event(ack, self._address)))
