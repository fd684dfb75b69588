"""Who carries the stored reports: oldest first, a bounded number at a time, again until believed.

The link may lose anything it was given, so only an acknowledgement ends a report's journey.
After a new session everything unacknowledged is sent again; after a silence too, but then one
batch only, as a question whether anybody listens, and each time after twice the wait.
"""

import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from edge_agent.outbox.store import Outbox, Sealed
from edge_agent.settings import LinkSettings
from wire.envelope import MAX_PAYLOAD_BYTES, AckEvent, seal_batch, unseal
from wire.topics import Channel

log = logging.getLogger(__name__)

NOTICES_KEPT: Final = 64  # alarms that wait for a connection; the oldest gives way


class Link(Protocol):
    """A way to the cloud that never blocks and may lose what it carries."""

    @property
    def sessions(self) -> int:
        """How often a connection was made; a new number means that the old one's sends are lost."""
        ...

    @property
    def connected(self) -> bool: ...

    def start(self) -> None:
        """Begin to connect, in the background, for as long as it takes."""
        ...

    def send(self, channel: Channel, payload: bytes) -> bool:
        """Hand over a payload; False when it cannot be taken now."""
        ...

    def received(self) -> list[bytes]:
        """What has come on the acknowledgement channel since the last call."""
        ...

    def stop(self) -> None:
        """Say goodbye and disconnect; starting again is not possible."""
        ...


class Courier:
    """Moves reports from the outbox over the link each time `pump` is called."""

    def __init__(self, outbox: Outbox, link: Link, settings: LinkSettings) -> None:
        self._outbox = outbox
        self._link = link
        self._settings = settings
        self._session = 0
        self._sent_through = 0
        self._in_flight: deque[int] = deque()
        self._quiet_since_s = 0.0
        self._patience_s = settings.resend_after_s
        self._window = settings.in_flight
        self._notices: deque[tuple[Channel, bytes]] = deque(maxlen=NOTICES_KEPT)
        self.cloud_said_at: datetime | None = None  # the cloud's clock in its latest word

    def pump(self, now_s: float) -> None:
        """Take acknowledgements and send what is due. `now_s` is a steady clock."""
        self._take_acknowledgements(now_s)
        if not self._link.connected:
            return
        if self._link.sessions != self._session:
            self._session = self._link.sessions
            self._begin_again(now_s, window=self._settings.in_flight)
        if self._in_flight and now_s - self._quiet_since_s >= self._patience_s:
            self._ask_again(now_s)
        self._send_notices()
        self._send_reports(now_s)

    def notice(self, channel: Channel, payload: bytes) -> None:
        """Send an alarm as soon as there is a connection. Lost when the process ends before."""
        self._notices.append((channel, payload))

    def _take_acknowledgements(self, now_s: float) -> None:
        for payload in self._link.received():
            for event in unseal(payload):
                if isinstance(event, AckEvent):
                    self._settle(event, now_s)
                else:
                    log.warning("courier.strange_ack", extra={"bytes": len(payload)})

    def _settle(self, event: AckEvent, now_s: float) -> None:
        self.cloud_said_at = event.data.at
        if not self._outbox.acknowledge(event.data.journal, event.data.through):
            return
        while self._in_flight and self._in_flight[0] <= event.data.through:
            self._in_flight.popleft()
        self._quiet_since_s = now_s
        self._patience_s = self._settings.resend_after_s
        self._window = self._settings.in_flight

    def _ask_again(self, now_s: float) -> None:
        log.info(
            "courier.unanswered",
            extra={"reports": len(self._in_flight), "waited_s": round(self._patience_s, 1)},
        )
        self._patience_s = min(self._patience_s * 2, self._settings.longest_resend_s)
        self._begin_again(now_s, window=self._settings.batch)

    def _begin_again(self, now_s: float, *, window: int) -> None:
        self._sent_through = 0
        self._in_flight.clear()
        self._quiet_since_s = now_s
        self._window = window

    def _send_notices(self) -> None:
        while self._notices and self._link.send(*self._notices[0]):
            self._notices.popleft()

    def _send_reports(self, now_s: float) -> None:
        while (room := self._window - len(self._in_flight)) > 0:
            limit = min(room, self._settings.batch)
            batch = fitting(self._outbox.unacknowledged(limit, after=self._sent_through))
            if not batch:
                return
            self._outbox.mark_sent(batch[0].first, batch[-1].last)
            if not self._link.send(Channel.AUDIENCE, seal_batch([one.event for one in batch])):
                return
            if not self._in_flight:
                self._quiet_since_s = now_s
            self._in_flight.extend(sealed.last for sealed in batch)
            self._sent_through = batch[-1].last


def fitting(reports: Sequence[Sealed]) -> list[Sealed]:
    """As many of the first reports as one message may hold; one at least."""
    size = 2
    for count, report in enumerate(reports):
        size += len(report.event) + 1
        if size > MAX_PAYLOAD_BYTES and count:
            return list(reports[:count])
    return list(reports)
