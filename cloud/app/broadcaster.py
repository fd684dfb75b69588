"""One reader of the database, many listeners: what changes is read once, whoever wants to hear it.

What a listener has not taken yet is kept by subject, so that a slow one gets the newest of each,
and one that takes nothing fills up and is let go. Marks say how far everything was told: around a
mark an event may come twice, none is missed. While nobody listens nothing is read.
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

EVERY_S: Final = 1.0
REST: Final = 4.0  # times as long as a look took, so that looking takes a fifth of one core at most
OVERLAP: Final = timedelta(minutes=5)  # an alert may be committed so long after its instant
MARK_EVERY_S: Final = 10
MOST_LISTENERS: Final = 1_000
MOST_WAITING: Final = 20_000
MOST_KEYS: Final = 50_000
SLACK: Final = 10_000  # numbers are remembered in the order in which they appeared, nearly theirs


class LiveError(ValueError):
    """A place to go on from that cannot be read."""


class LiveFull(RuntimeError):  # noqa: N818 - reads as what happened
    """As many listen as can be served."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far everything was told: reports by number, alerts by instant in whole seconds."""

    report: int
    alerts_s: int

    @classmethod
    def read(cls, written: str) -> "Mark":
        """From its text, or LiveError."""
        first, _, second = written.partition("-")
        sound = len(written) <= 40 and all(part.isascii() and part.isdigit()
                                           for part in (first, second))  # fmt: skip
        if not sound:
            raise LiveError(f"last id {written[:80]!r}: send one that came with the stream")
        return cls(int(first), int(second))

    def __str__(self) -> str:
        return f"{self.report}-{self.alerts_s}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to hear; None is every place."""

    names: frozenset[str]
    locations: frozenset[str] | None = None

    def holds(self, event: "Event") -> bool:
        """Whether that event is meant."""
        here = self.locations is None or event.location in self.locations
        return here and event.name in self.names


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to tell, which takes the place of an earlier one about the same."""

    name: str
    about: WindowKey
    location: str
    data: bytes


@dataclass(slots=True, eq=False)
class Listener:
    """One client's ear: what it has not taken yet, and how far that reaches."""

    wish: Wish
    owed: set[WindowKey] = field(default_factory=set)
    last_word: tuple[str, str] | None = None
    again_s: int = 0
    """When it is due to be told how far it is, though nothing happened."""
    _waiting: dict[tuple[str, WindowKey], Event] = field(default_factory=dict)
    _mark: Mark | None = None
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, events: dict[tuple[str, WindowKey], Event]) -> None:
        """Keep events for it."""
        if self.last_word is not None or not events:
            return
        self._waiting.update(events)
        self._stirred.set()
        if len(self._waiting) > MOST_WAITING:
            self.let_go("dropped", f"more than {MOST_WAITING} events were waiting to be taken")

    def due(self) -> frozenset[WindowKey]:
        """As much of what it is owed as it has room for."""
        room = max(0, MOST_WAITING // 2 - len(self._waiting))
        return frozenset(islice(self.owed, room))

    def reach(self, mark: Mark | None) -> None:
        """All up to the mark has been heard; None takes back what was not taken yet."""
        if self.last_word is not None:
            return
        self._mark = mark
        self._stirred.set()
        if mark is not None:
            self.again_s = mark.alerts_s + MARK_EVERY_S

    def let_go(self, name: str, reason: str) -> None:
        """Nothing will come any more but this."""
        if self.last_word is None:
            self._waiting, self._mark = {}, None
            self.last_word = name, reason
            self._stirred.set()

    async def take(self, patience_s: float) -> tuple[list[Event], Mark | None]:
        """What has come by then, and how far that reaches."""
        try:
            async with asyncio.timeout(patience_s):
                await self._stirred.wait()
        except TimeoutError:
            return [], None
        self._stirred.clear()
        taken = list(self._waiting.values()), self._mark
        self._waiting, self._mark = {}, None
        return taken


class Hub:
    """Reads while somebody listens, and hands on."""

    def __init__(
        self,
        news: Callable[[], ChangeReader],
        *,
        clock: Callable[[], datetime],
        window_told: Callable[[Audience, datetime], bytes],
        alert_told: Callable[[Any], bytes],
    ) -> None:
        self._news = news
        self._clock = clock
        self._window_told = window_told
        self._alert_told = alert_told
        self._listeners: dict[Listener, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._forget()

    def _forget(self) -> None:
        self._latest: OrderedDict[WindowKey, int] = OrderedDict()
        self._oldest: int | None = None
        self._alerts: list[Any] = []
        self._mark = Mark(0, 0)
        self._trouble: Exception | None = None

    async def join(self, wish: Wish, since: Mark | None) -> Listener:
        """A new listener, told first what changed after `since`.

        What cannot be told any more is said with a `reset`: read the windows again.

        Raises:
            LiveFull: too many listen.
            DBAPIError: the database cannot be reached.
        """
        if len(self._listeners) >= MOST_LISTENERS:
            raise LiveFull(f"{MOST_LISTENERS} listen already: come back in a minute")
        listener = Listener(wish)
        self._listeners[listener] = None
        if self._task is None:
            self._forget()
            self._begun = asyncio.Event()
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.create_task(self._run(self._news()))
        await self._begun.wait()
        if self._trouble is not None:
            self.leave(listener)
            raise self._trouble
        if since is None:
            listener.reach(self._mark)
        else:
            self._catch_up(listener, since)
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener; the last one ends the reading."""
        self._listeners.pop(listener, None)
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    def close(self, reason: str) -> None:
        """Let everybody go; from any thread and from a signal."""
        if self._task is not None:
            self._loop.call_soon_threadsafe(self._let_all_go, reason)

    def _let_all_go(self, reason: str) -> None:
        for listener in self._listeners:
            listener.let_go("closing", reason)

    def _catch_up(self, listener: Listener, since: Mark) -> None:
        if self._oldest is None or not self._oldest <= since.report <= self._mark.report + SLACK:
            word = Event("reset", ("", 0), "", b'{"reason":"what has changed since is not known"}')
            listener.hear({("reset", ("", 0)): word})
            listener.reach(self._mark)
            return
        places = listener.wish.locations
        for key, number in reversed(self._latest.items()):
            if number <= since.report - SLACK:
                break
            wanted = places is None or key[0] in places
            if number > since.report and wanted and "window" in listener.wish.names:
                listener.owed.add(key)
        after_s = since.alerts_s - OVERLAP.total_seconds()
        missed = [row for row in self._alerts if _changed_at(row).timestamp() > after_s]
        listener.hear(_chosen(listener.wish, map(self._alert, missed)))
        listener.reach(None if listener.owed else self._mark)

    async def _run(self, news: ChangeReader) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                began_s = loop.time()
                await self._look(news)
                self._begun.set()
                await asyncio.sleep(max(EVERY_S, REST * (loop.time() - began_s)))
        finally:
            self._let_all_go("the reading has ended: come back")

    async def _look(self, news: ChangeReader) -> None:
        due = {listener: listener.due() for listener in self._listeners if listener.owed}
        owed: frozenset[WindowKey] = frozenset().union(*due.values())
        try:
            seen = await run_in_threadpool(news.read, self._wanted(), owed)
        except DBAPIError as error:
            if self._trouble is None:
                log.warning("live.database_away", extra={"reason": failure_of(error)})
            self._trouble = error
        else:
            self._trouble = None
            self._tell(seen, due)

    def _wanted(self) -> frozenset[str] | None:
        wished = {one.wish for one in self._listeners if "window" in one.wish.names}
        places = [wish.locations for wish in wished]
        if None in places:
            return None
        return frozenset(place for some in places for place in some or ())

    def _tell(self, seen: ChangeSet, due: Mapping[Listener, frozenset[WindowKey]]) -> None:
        is_first = self._oldest is None
        self._remember(seen)
        self._mark = Mark(seen.through, int(seen.at.timestamp()))
        now = self._clock()
        windows = {
            key: Event("window", key, key[0], self._window_told(found, now))
            for key, found in seen.windows.items()
        }
        changed = [windows[key] for key in {one.key for one in seen.counted} & windows.keys()]
        events = changed + [self._alert(row) for row in seen.alerts if not is_first]
        chosen = {wish: _chosen(wish, events) for wish in {one.wish for one in self._listeners}}
        for listener in list(self._listeners):
            told = due.get(listener, frozenset())
            owed = {("window", key): windows[key] for key in told & windows.keys()}
            listener.hear(owed | chosen[listener.wish])
            listener.owed -= told
            is_news = told or chosen[listener.wish] or self._mark.alerts_s >= listener.again_s
            if is_news and not listener.owed:
                listener.reach(self._mark)

    def _remember(self, seen: ChangeSet) -> None:
        if self._oldest is None:
            self._oldest = min((one.number - 1 for one in seen.counted), default=seen.through)
        for one in seen.counted:
            self._latest[one.key] = max(one.number, self._latest.get(one.key, 0))
            self._latest.move_to_end(one.key)
        while len(self._latest) > MOST_KEYS:
            _, number = self._latest.popitem(last=False)
            self._oldest = max(self._oldest, number)
        since_at = seen.at - ALERTS_KEPT
        self._alerts = [row for row in self._alerts if _changed_at(row) > since_at] + seen.alerts

    def _alert(self, row: Any) -> Event:
        return Event("alert", ("", row.id), row.location, self._alert_told(row))


def _chosen(wish: Wish, events: Iterable[Event]) -> dict[tuple[str, WindowKey], Event]:
    return {(one.name, one.about): one for one in events if wish.holds(one)}


def _changed_at(row: Any) -> datetime:
    changed_at: datetime = row.cleared_at or row.raised_at
    return changed_at
