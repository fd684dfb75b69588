"""Who carries the stored reports: oldest first, a bounded number at a time, again until believed.

The link may lose anything it was given, so only an acknowledgement ends a report's journey.
After a new session everything unacknowledged is sent again; after a silence too, but then one
batch only, as a question whether anybody listens, and each time after twice the wait.

Each stream has a lane of its own: reports that nobody acknowledges, as of a location that the
cloud does not know any more, hold up no others. A report travels under the location that it
states. No message is larger than the broker takes (`packet_limit.py`); a single report that is too
large is sent without its splits, and that is told.
"""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final, Protocol, runtime_checkable

import msgspec

from edge_agent.outbox.packet_limit import PacketLimit
from edge_agent.outbox.send_window import SendWindow
from edge_agent.outbox.shortening import shorten_report
from edge_agent.outbox.store import Outbox, StoredReport
from edge_agent.outbox.streams import ReportStream
from edge_agent.settings.transport import LinkSettings
from wire.envelope import MAX_PAYLOAD_BYTES, AckEvent, decode_events, join_events
from wire.scalars import JournalId, LocationId
from wire.topics import Channel

log = logging.getLogger(__name__)

MAX_ALARMS_WAITING: Final = 64  # alarms that wait for a connection; the oldest gives way
TIMEOUTS_BEFORE_ALARM: Final = 4  # unanswered tries of a former location's reports before an alarm


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

    def take_acknowledgements(self) -> list[bytes]:
        """What has come on the acknowledgement channel since the last call."""
        ...

    def stop(self) -> None:
        """Say goodbye and disconnect; starting again is not possible."""
        ...


@runtime_checkable
class ConfirmingLink(Protocol):
    """A link that knows what the broker has, and perhaps how much it takes at once."""

    @property
    def unconfirmed(self) -> int:
        """Messages that were handed over and that the broker has not confirmed."""
        ...

    @property
    def largest_payload_bytes(self) -> int | None:
        """The largest payload that the broker says it takes; None when it does not say."""
        ...


@runtime_checkable
class RelocatingLink(Protocol):
    """A link that can speak for a location where the device stood before."""

    def send_audience(self, location: LocationId, payload: bytes) -> bool:
        """Hand over reports of a location; False when they cannot be taken now."""
        ...


class _Place(msgspec.Struct):
    location: LocationId


class _Placed(msgspec.Struct):
    data: _Place


_placed: Final = msgspec.json.Decoder(_Placed)


class ReportSender:
    """Moves reports from the outbox over the link each time `pump` is called."""

    def __init__(self, outbox: Outbox, link: Link, settings: LinkSettings) -> None:
        self._outbox = outbox
        self._link = link
        self._settings = settings
        self._session = 0
        self._lanes: dict[JournalId, SendWindow] = {}
        self._limit = PacketLimit()
        self._told_session = 0  # in which it was said that reports are shortened
        self._notices: deque[tuple[Channel, bytes]] = deque(maxlen=MAX_ALARMS_WAITING)
        self.cloud_time: datetime | None = None  # the cloud's clock in its latest word

    @property
    def alarm_kinds(self) -> set[str]:
        """What somebody should know, as kinds of alarms."""
        kinds = {"link.packet_limit"} if self._limit.is_reduced else set()
        older = [self._lanes.get(stream.id) for stream in self._outbox.streams[:-1]]
        is_heard = any(lane.timeouts == 0 for lane in self._lanes.values())
        if is_heard and any(lane and lane.timeouts >= TIMEOUTS_BEFORE_ALARM for lane in older):
            kinds.add("reports.unclaimed")
        return kinds

    @property
    def packet_limit_bytes(self) -> int | None:
        """The largest message that is sent, where that is less than usual."""
        return self._limit.bytes if self._limit.is_reduced else None

    def pump(self, now_s: float) -> None:
        """Take acknowledgements and send what is due. `now_s` is a steady clock."""
        self._take_acknowledgements(now_s)
        self._watch_connection(now_s)
        if not self._link.connected:
            return
        self.send_alarms()
        for stream in self._outbox.streams:
            lane = self._lanes.setdefault(stream.id, SendWindow.under(self._settings))
            if lane.is_overdue(now_s):
                waited_s = round(lane.patience_s, 1)
                fields = {"reports": len(lane.in_flight), "waited_s": waited_s}
                log.info("courier.unanswered", extra=fields)
                lane.ask_again(now_s)
            if not self._send_reports(stream, lane, now_s):
                return

    def queue_alarm(self, channel: Channel, payload: bytes) -> None:
        """Send an alarm as soon as there is a connection. Lost when the process ends before."""
        self._notices.append((channel, payload))

    def send_alarms(self) -> None:
        """Send alarms that wait; needs no disk."""
        while self._notices and self._link.send(*self._notices[0]):
            self._notices.popleft()

    def _watch_connection(self, now_s: float) -> None:
        is_new = self._link.sessions != self._session
        if self._session and (is_new or not self._link.connected):
            self._limit.ended(now_s)
        if not self._link.connected:
            return
        if is_new:
            self._session = self._link.sessions
            self._begin_again(now_s)
        elif isinstance(self._link, ConfirmingLink) and self._link.unconfirmed == 0:
            self._limit.confirmed(now_s)

    def _begin_again(self, now_s: float) -> None:
        if isinstance(self._link, ConfirmingLink):
            self._limit.state(self._link.largest_payload_bytes)
        current = self._outbox.streams[-1].id
        for name, lane in self._lanes.items():
            if name != current and lane.timeouts:
                continue  # asked again when its time comes: perhaps it is what ends connections
            lane.begin_again(now_s, window=self._settings.in_flight)

    def _take_acknowledgements(self, now_s: float) -> None:
        for payload in self._link.take_acknowledgements():
            for event in decode_events(payload):
                if isinstance(event, AckEvent):
                    self._settle(event, now_s)
                else:
                    log.warning("courier.strange_ack", extra={"bytes": len(payload)})

    def _settle(self, event: AckEvent, now_s: float) -> None:
        self.cloud_time = event.data.at
        journal = event.data.journal
        stream = next((one for one in self._outbox.streams if one.id == journal), None)
        gone = self._outbox.acknowledge(journal, event.data.through)
        lane = self._lanes.get(journal)
        if gone and stream is not None and lane is not None:
            lane.answered(stream.base + event.data.through, now_s)
            self._limit.confirmed(now_s)
        known = {one.id for one in self._outbox.streams}
        self._lanes = {name: lane for name, lane in self._lanes.items() if name in known}

    def _send_reports(self, stream: ReportStream, lane: SendWindow, now_s: float) -> bool:
        """Send what the lane has room for; False when the link takes no more now."""
        while (room := lane.window - len(lane.in_flight)) > 0:
            limit = min(room, self._settings.batch)
            waiting = self._outbox.unacknowledged(limit, after=lane.sent_through, stream=stream)
            if not waiting:
                return True
            location, placed = next(_by_location(waiting))
            batch = select_batch(placed, self._limit.bytes)
            self._outbox.mark_sent(batch[0].first, batch[-1].last)
            if not self._send(location, batch):
                return False
            lane.sent([sealed.last for sealed in batch], now_s)
        return True

    def _send(self, location: LocationId | None, batch: Sequence[StoredReport]) -> bool:
        events = [sealed.event for sealed in batch]
        if len(events) == 1 and len(events[0]) + 2 > self._limit.bytes and self._limit.shortens:
            events = [self._short(batch[0])]
        payload = join_events(events)
        if location is not None and isinstance(self._link, RelocatingLink):
            is_taken = self._link.send_audience(location, payload)
        else:
            is_taken = self._link.send(Channel.AUDIENCE, payload)
        if is_taken and isinstance(self._link, ConfirmingLink):
            self._limit.sent(len(payload))
        return is_taken

    def _short(self, sealed: StoredReport) -> bytes:
        event = shorten_report(sealed.event, self._limit.bytes - 2)
        if self._session != self._told_session:
            self._told_session = self._session
            log.warning(
                "courier.shortened",
                extra={
                    "reason": "one report alone is larger than the broker takes: its splits by "
                    "creative, zone, sensor and group are left out",
                    "bytes": len(sealed.event),
                    "sent_bytes": len(event),
                    "limit_bytes": self._limit.bytes,
                },
            )
        return event


def _by_location(
    waiting: Sequence[StoredReport],
) -> Iterator[tuple[LocationId | None, list[StoredReport]]]:
    for location, group in groupby(waiting, key=_location_of):
        yield location, list(group)


def _location_of(sealed: StoredReport) -> LocationId | None:
    try:
        return _placed.decode(sealed.event).data.location
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def select_batch(
    reports: Sequence[StoredReport], limit_bytes: int = MAX_PAYLOAD_BYTES
) -> list[StoredReport]:
    """As many of the first reports as one message may hold; one at least."""
    size = 2
    for count, report in enumerate(reports):
        size += len(report.event) + 1
        if size > limit_bytes and count:
            return list(reports[:count])
    return list(reports)
