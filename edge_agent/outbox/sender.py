"""Sends stored reports: oldest first, a bounded number at a time, until they are acknowledged.

The link may lose any message, so only an acknowledgement completes a report. A new session sends
every pending report again. Without an answer in time the sender retries with one batch only, and
doubles the time to wait.

Each stream has a send window of its own: reports that are never acknowledged, as those of a
location that the cloud no longer knows, delay no others. A report is sent under the location in
it. No message exceeds the packet size that the broker accepts (`packet_limit.py`); a single larger
report is sent without its breakdowns, and this is logged.
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

MAX_ALARMS_WAITING: Final = 64  # for a connection; a newer one replaces the oldest
TIMEOUTS_BEFORE_ALARM: Final = 4  # unanswered attempts of an older stream before an alarm


class Link(Protocol):
    """A connection to the cloud. It never blocks and may lose messages."""

    @property
    def sessions(self) -> int:
        """Number of connections so far; messages sent in an earlier one may be lost."""
        ...

    @property
    def connected(self) -> bool: ...

    def start(self) -> None:
        """Connect in the background, and retry until connected."""
        ...

    def send(self, channel: Channel, payload: bytes) -> bool:
        """Send a payload; False when the link cannot accept it now."""
        ...

    def take_acknowledgements(self) -> list[bytes]:
        """Payloads received on the acknowledgement channel since the last call."""
        ...

    def stop(self) -> None:
        """Disconnect in order. The link cannot be started again."""
        ...


@runtime_checkable
class ConfirmingLink(Protocol):
    """A link that reports what the broker has confirmed, and its packet limit if stated."""

    @property
    def unconfirmed(self) -> int:
        """Messages sent that the broker has not confirmed."""
        ...

    @property
    def largest_payload_bytes(self) -> int | None:
        """The largest payload that the broker accepts; None when it does not state one."""
        ...


@runtime_checkable
class RelocatingLink(Protocol):
    """A link that can send reports of a former location of the device."""

    def send_audience(self, location: LocationId, payload: bytes) -> bool:
        """Send reports of a location; False when the link cannot accept them now."""
        ...


class _ReportLocation(msgspec.Struct):
    location: LocationId


class _Located(msgspec.Struct):
    data: _ReportLocation


_location_decoder: Final = msgspec.json.Decoder(_Located)


class ReportSender:
    """Sends pending reports over the link each time `pump` is called."""

    def __init__(self, outbox: Outbox, link: Link, settings: LinkSettings) -> None:
        self._outbox = outbox
        self._link = link
        self._confirming = link if isinstance(link, ConfirmingLink) else None
        self._settings = settings
        self._session = 0
        self._windows: dict[JournalId, SendWindow] = {}
        self._limit = PacketLimit()
        self._logged_session = 0  # in which shortening was last logged
        self._alarms: deque[tuple[Channel, bytes]] = deque(maxlen=MAX_ALARMS_WAITING)
        self.cloud_time: datetime | None = None  # in its latest acknowledgement

    @property
    def alarm_kinds(self) -> set[str]:
        """Kinds of alarms that hold now."""
        kinds = {"link.packet_limit"} if self._limit.is_reduced else set()
        older = [self._windows.get(stream.id) for stream in self._outbox.streams[:-1]]
        is_answered = any(window.timeouts == 0 for window in self._windows.values())
        if is_answered and any(
            window and window.timeouts >= TIMEOUTS_BEFORE_ALARM for window in older
        ):
            kinds.add("reports.unclaimed")
        return kinds

    @property
    def packet_limit_bytes(self) -> int | None:
        """The largest message to send, when it is below the default; else None."""
        return self._limit.bytes if self._limit.is_reduced else None

    def pump(self, now_s: float) -> None:
        """Process acknowledgements, then send what is due. `now_s` is a steady clock."""
        self._take_acknowledgements(now_s)
        self._check_connection(now_s)
        if not self._link.connected:
            return
        self.send_alarms()
        for stream in self._outbox.streams:
            window = self._windows.setdefault(stream.id, SendWindow.from_settings(self._settings))
            if window.is_overdue(now_s):
                waited_s = round(window.timeout_s, 1)
                fields = {"reports": len(window.in_flight), "waited_s": waited_s}
                log.info("sender.timeout", extra=fields)
                window.retry(now_s)
            if not self._send_reports(stream, window, now_s):
                return

    def queue_alarm(self, channel: Channel, payload: bytes) -> None:
        """Send an alarm at the next connection. It is lost if the process ends before."""
        self._alarms.append((channel, payload))

    def send_alarms(self) -> None:
        """Send queued alarms; needs no disk."""
        while self._alarms and self._link.send(*self._alarms[0]):
            self._alarms.popleft()

    def _check_connection(self, now_s: float) -> None:
        is_new = self._link.sessions != self._session
        if self._session and (is_new or not self._link.connected):
            self._limit.record_disconnect(now_s)
        if not self._link.connected:
            return
        if is_new:
            self._session = self._link.sessions
            self._restart_windows(now_s)
        elif self._confirming is not None and self._confirming.unconfirmed == 0:
            self._limit.record_confirmed(now_s)

    def _restart_windows(self, now_s: float) -> None:
        if self._confirming is not None:
            self._limit.set_stated(self._confirming.largest_payload_bytes)
        current = self._outbox.streams[-1].id
        for name, window in self._windows.items():
            if name != current and window.timeouts:
                continue  # retried when its timeout ends: its messages may be what ends connections
            window.reset(now_s, size=self._settings.in_flight)

    def _take_acknowledgements(self, now_s: float) -> None:
        for payload in self._link.take_acknowledgements():
            for event in decode_events(payload):
                if isinstance(event, AckEvent):
                    self._process_acknowledgement(event, now_s)
                else:
                    log.warning("sender.unexpected_message", extra={"bytes": len(payload)})

    def _process_acknowledgement(self, event: AckEvent, now_s: float) -> None:
        self.cloud_time = event.data.at
        stream_id = event.data.journal
        stream = next((one for one in self._outbox.streams if one.id == stream_id), None)
        deleted = self._outbox.acknowledge(stream_id, event.data.through)
        window = self._windows.get(stream_id)
        if deleted and stream is not None and window is not None:
            window.record_acknowledged(stream.base + event.data.through, now_s)
            self._limit.record_confirmed(now_s)
        pending_ids = {one.id for one in self._outbox.streams}
        self._windows = {
            name: window for name, window in self._windows.items() if name in pending_ids
        }

    def _send_reports(self, stream: ReportStream, window: SendWindow, now_s: float) -> bool:
        """Fill the send window; False when the link accepts no more now."""
        while (room := window.size - len(window.in_flight)) > 0:
            limit = min(room, self._settings.batch)
            pending = self._outbox.unacknowledged(limit, after=window.sent_through, stream=stream)
            if not pending:
                return True
            location, of_location = next(_by_location(pending))
            batch = select_batch(of_location, self._limit.bytes)
            self._outbox.mark_sent(batch[0].first, batch[-1].last)
            if not self._send(location, batch):
                return False
            window.record_sent([report.last for report in batch], now_s)
        return True

    def _send(self, location: LocationId | None, batch: Sequence[StoredReport]) -> bool:
        events = [report.event for report in batch]
        if (
            len(events) == 1
            and len(events[0]) + 2 > self._limit.bytes
            and self._limit.allows_shortening
        ):
            events = [self._shorten(batch[0])]
        payload = join_events(events)
        if location is not None and isinstance(self._link, RelocatingLink):
            is_accepted = self._link.send_audience(location, payload)
        else:
            is_accepted = self._link.send(Channel.AUDIENCE, payload)
        if is_accepted and self._confirming is not None:
            self._limit.record_sent(len(payload))
        return is_accepted

    def _shorten(self, report: StoredReport) -> bytes:
        event = shorten_report(report.event, self._limit.bytes - 2)
        if self._session != self._logged_session:
            self._logged_session = self._session
            log.warning(
                "sender.report_shortened",
                extra={
                    "reason": "the report exceeds the broker's packet limit: it is sent without "
                    "its breakdowns by creative, zone, sensor and group",
                    "bytes": len(report.event),
                    "sent_bytes": len(event),
                    "limit_bytes": self._limit.bytes,
                },
            )
        return event


def _by_location(
    pending: Sequence[StoredReport],
) -> Iterator[tuple[LocationId | None, list[StoredReport]]]:
    for location, group in groupby(pending, key=_location_of):
        yield location, list(group)


def _location_of(report: StoredReport) -> LocationId | None:
    try:
        return _location_decoder.decode(report.event).data.location
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def select_batch(
    reports: Sequence[StoredReport], limit_bytes: int = MAX_PAYLOAD_BYTES
) -> list[StoredReport]:
    """The first reports that fit into one message; at least one."""
    size = 2
    for count, report in enumerate(reports):
        size += len(report.event) + 1
        if size > limit_bytes and count:
            return list(reports[:count])
    return list(reports)
