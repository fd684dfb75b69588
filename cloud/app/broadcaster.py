"""One reader of the database for all subscribers: changes are read once per process.

A queue holds one event per subject, so a slow subscriber gets only the newest of each; one whose
queue is full is disconnected. A cursor says up to where all events were sent. Delivery around a
cursor is at least once. Without subscribers nothing is read.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from cloud.database.failures import failure_of
from cloud.windows.audience import Audience
from cloud.windows.change_feed import WindowKey
from cloud.windows.changes import ALERTS_KEPT, ChangeReader, ChangeSet

log = logging.getLogger(__name__)

READ_EVERY_S: Final = 1.0
REST_RATIO: Final = 4.0  # pause after a read over its duration: at most a fifth of one core
OVERLAP: Final = timedelta(minutes=5)  # an alert may be committed so long after its instant
RESET: Final = b'{"reason":"the changes since the cursor are not available"}'
CURSOR_EVERY_S: Final = 10
MAX_SUBSCRIBERS: Final = 1_000
MAX_QUEUED: Final = 20_000
MAX_KEYS: Final = 50_000
NUMBER_SLACK: Final = 10_000  # numbers are stored as they were read, nearly in their own order


class CursorError(ValueError):
    """A cursor that cannot be parsed."""


class TooManySubscribers(RuntimeError):  # noqa: N818 - reads as what happened
    """The limit of subscribers is reached."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to where all events were sent: the number of a report, whole seconds for alerts."""

    report: int
    alerts_s: int

    @classmethod
    def read(cls, written: str) -> "Cursor":
        """Parse the text of a cursor; raises CursorError."""
        first, _, second = written.partition("-")
        parts = (first, second)
        is_valid = len(written) <= 40 and all(part.isascii() and part.isdigit() for part in parts)
        if not is_valid:
            raise CursorError(f"last id {written[:80]!r}: send one that came with the stream")
        return cls(int(first), int(second))

    def __str__(self) -> str:
        return f"{self.report}-{self.alerts_s}"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """The events that a client asked for; None is every location."""

    names: frozenset[str]
    locations: frozenset[str] | None = None

    def matches(self, event: "Event") -> bool:
        """Whether the client asked for an event."""
        is_wanted = self.locations is None or event.location in self.locations
        return is_wanted and event.name in self.names


@dataclass(frozen=True, slots=True)
class Event:
    """A change, which replaces an earlier event with the same name and subject."""

    name: str
    about: WindowKey
    location: str
    data: bytes


@dataclass(slots=True, eq=False)
class Subscriber:
    """The queue of one client: the events not sent yet, and their cursor."""

    event_filter: EventFilter
    pending: set[WindowKey] = field(default_factory=set)
    final_event: tuple[str, str] | None = None
    cursor_due_s: int = 0
    """When a cursor is due even where nothing changed."""
    _queued: dict[tuple[str, WindowKey], Event] = field(default_factory=dict)
    _cursor: Cursor | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def enqueue(self, events: dict[tuple[str, WindowKey], Event]) -> None:
        """Queue events."""
        if self.final_event is not None or not events:
            return
        self._queued.update(events)
        self._changed.set()
        if len(self._queued) > MAX_QUEUED:
            self.disconnect("dropped", f"more than {MAX_QUEUED} events were waiting")

    def next_pending(self) -> frozenset[WindowKey]:
        """As many pending windows as the queue has room for."""
        free = max(0, MAX_QUEUED // 2 - len(self._queued))
        return frozenset(islice(self.pending, free))

    def advance(self, cursor: Cursor | None) -> None:
        """Set the cursor of the queued events; None withdraws a cursor that was not sent yet."""
        if self.final_event is not None:
            return
        self._cursor = cursor
        self._changed.set()
        if cursor is not None:
            self.cursor_due_s = cursor.alerts_s + CURSOR_EVERY_S

    def disconnect(self, name: str, reason: str) -> None:
        """End the subscription with a final event."""
        if self.final_event is None:
            self._queued, self._cursor = {}, None
            self.final_event = name, reason
            self._changed.set()

    async def take(self, patience_s: float) -> tuple[list[Event], Cursor | None]:
        """The events queued until the timeout, and their cursor."""
        try:
            async with asyncio.timeout(patience_s):
                await self._changed.wait()
        except TimeoutError:
            return [], None
        self._changed.clear()
        taken = list(self._queued.values()), self._cursor
        self._queued, self._cursor = {}, None
        return taken


class Broadcaster:
    """Reads changes while there are subscribers, and publishes them."""

    def __init__(
        self,
        open_reader: Callable[[], ChangeReader],
        *,
        clock: Callable[[], datetime],
        encode_window: Callable[[Audience, datetime], bytes],
        encode_alert: Callable[[Any], bytes],
    ) -> None:
        self._open_reader = open_reader
        self._clock = clock
        self._encode_window = encode_window
        self._encode_alert = encode_alert
        self._subscribers: dict[Subscriber, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._reset()

    def _reset(self) -> None:
        self._latest: OrderedDict[WindowKey, int] = OrderedDict()
        self._oldest: int | None = None
        self._alerts: list[Any] = []
        self._cursor = Cursor(0, 0)
        self._failure: Exception | None = None

    async def subscribe(self, event_filter: EventFilter, since: Cursor | None) -> Subscriber:
        """Add a subscriber, which first gets the changes after `since`.

        A `since` older than the stored changes is answered with `reset`: read the windows again.

        Raises:
            TooManySubscribers: the limit is reached.
            DBAPIError: the database cannot be reached.
        """
        if len(self._subscribers) >= MAX_SUBSCRIBERS:
            raise TooManySubscribers(
                f"{MAX_SUBSCRIBERS} clients are subscribed, the maximum: try again in a minute"
            )
        subscriber = Subscriber(event_filter)
        self._subscribers[subscriber] = None
        try:
            await self._start_reading()
        except BaseException:  # also a cancelled request: it must not occupy a place for ever
            self.unsubscribe(subscriber)
            raise
        if since is None:
            subscriber.advance(self._cursor)
        else:
            self._catch_up(subscriber, since)
        return subscriber

    async def _start_reading(self) -> None:
        """Wait for the first read; raises its failure."""
        if self._task is None or self._task.done():
            self._reset()
            self._started = asyncio.Event()
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.create_task(self._run(self._open_reader(), self._started))
        await self._started.wait()
        if self._failure is not None:
            raise self._failure

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Remove a subscriber; without any the reading ends."""
        self._subscribers.pop(subscriber, None)
        if not self._subscribers and self._task is not None:
            self._task.cancel()
            self._task = None

    def close(self, reason: str) -> None:
        """Disconnect every subscriber; callable from any thread and from a signal handler."""
        if self._task is not None:
            self._loop.call_soon_threadsafe(self._disconnect_all, reason)

    def _disconnect_all(self, reason: str) -> None:
        for subscriber in self._subscribers:
            subscriber.disconnect("closing", reason)

    def _catch_up(self, subscriber: Subscriber, since: Cursor) -> None:
        if (
            self._oldest is None
            or not self._oldest <= since.report <= self._cursor.report + NUMBER_SLACK
        ):
            reset = Event("reset", ("", 0), "", RESET)
            subscriber.enqueue({("reset", ("", 0)): reset})
            subscriber.advance(self._cursor)
            return
        locations = subscriber.event_filter.locations
        for key, number in reversed(self._latest.items()):
            if number <= since.report - NUMBER_SLACK:
                break
            wanted = locations is None or key[0] in locations
            if number > since.report and wanted and "window" in subscriber.event_filter.names:
                subscriber.pending.add(key)
        after_s = since.alerts_s - OVERLAP.total_seconds()
        missed = [row for row in self._alerts if _changed_at(row).timestamp() > after_s]
        subscriber.enqueue(_select(subscriber.event_filter, map(self._alert, missed)))
        subscriber.advance(None if subscriber.pending else self._cursor)

    async def _run(self, reader: ChangeReader, started: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                began_s = loop.time()
                await self._read(reader)
                started.set()
                await asyncio.sleep(max(READ_EVERY_S, REST_RATIO * (loop.time() - began_s)))
        except Exception as fault:
            log.exception("live.failed")
            self._failure = fault
        finally:
            started.set()
            if self._task is asyncio.current_task():  # not one that later subscribers replaced
                self._disconnect_all("reading changes has stopped: connect again")

    async def _read(self, reader: ChangeReader) -> None:
        due = {
            subscriber: subscriber.next_pending()
            for subscriber in self._subscribers
            if subscriber.pending
        }
        due_windows: frozenset[WindowKey] = frozenset().union(*due.values())
        try:
            found = await run_in_threadpool(reader.read, self._wanted_locations(), due_windows)
        except DBAPIError as error:
            if self._failure is None:
                log.warning("live.database_away", extra={"reason": failure_of(error)})
            self._failure = error
        else:
            self._failure = None
            self._publish(found, due)

    def _wanted_locations(self) -> frozenset[str] | None:
        filters = {
            one.event_filter for one in self._subscribers if "window" in one.event_filter.names
        }
        wanted = [one.locations for one in filters]
        if None in wanted:
            return None
        return frozenset(location for some in wanted for location in some or ())

    def _publish(self, changes: ChangeSet, due: Mapping[Subscriber, frozenset[WindowKey]]) -> None:
        is_first = self._oldest is None
        self._remember(changes)
        self._cursor = Cursor(changes.through, int(changes.at.timestamp()))
        now = self._clock()
        windows = {
            key: Event("window", key, key[0], self._encode_window(window, now))
            for key, window in changes.windows.items()
        }
        changed = [windows[key] for key in {one.key for one in changes.counted} & windows.keys()]
        events = changed + [self._alert(row) for row in changes.alerts if not is_first]
        chosen = {
            one: _select(one, events) for one in {one.event_filter for one in self._subscribers}
        }
        for subscriber in list(self._subscribers):
            sent = due.get(subscriber, frozenset())
            newest = {("window", key): windows[key] for key in sent & windows.keys()}
            subscriber.enqueue(newest | chosen[subscriber.event_filter])
            subscriber.pending -= sent
            is_due = (
                sent
                or chosen[subscriber.event_filter]
                or self._cursor.alerts_s >= subscriber.cursor_due_s
            )
            if is_due and not subscriber.pending:
                subscriber.advance(self._cursor)

    def _remember(self, changes: ChangeSet) -> None:
        if self._oldest is None:
            self._oldest = min((one.number - 1 for one in changes.counted), default=changes.through)
        for one in changes.counted:
            self._latest[one.key] = max(one.number, self._latest.get(one.key, 0))
            self._latest.move_to_end(one.key)
        while len(self._latest) > MAX_KEYS:
            _, number = self._latest.popitem(last=False)
            self._oldest = max(self._oldest, number)
        since_at = changes.at - ALERTS_KEPT
        self._alerts = [row for row in self._alerts if _changed_at(row) > since_at] + changes.alerts

    def _alert(self, row: Any) -> Event:
        return Event("alert", ("", row.id), row.location, self._encode_alert(row))


def _select(
    event_filter: EventFilter, events: Iterable[Event]
) -> dict[tuple[str, WindowKey], Event]:
    return {(one.name, one.about): one for one in events if event_filter.matches(one)}


def _changed_at(row: Any) -> datetime:
    changed_at: datetime = row.cleared_at or row.raised_at
    return changed_at
