"""Subscribers get the newest event of each subject, after their cursor, up to their limit."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cloud.app import broadcaster
from cloud.app.broadcaster import (
    Broadcaster,
    Cursor,
    CursorError,
    Event,
    EventFilter,
    Subscriber,
    TooManySubscribers,
)
from cloud.windows.change_feed import CountedReport
from cloud.windows.changes import ChangeSet

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT_S = int(AT.timestamp())
EVERYTHING = EventFilter(frozenset({"window", "alert"}))
KX, LB = ("KX-01", 5), ("LB-01", 5)


def event(location: str, minute: int = 5, data: bytes = b"") -> Event:
    return Event("window", (location, minute), location, data)


def changes(*numbered: tuple[int, tuple[str, int]], alerts: tuple[Any, ...] = ()) -> ChangeSet:
    """Counted reports as numbers and windows; the data of a window is the last of its numbers."""
    counted = [CountedReport(number, key) for number, key in numbered]
    windows = {key: str(number).encode() for number, key in numbered}
    return ChangeSet(counted, windows, list(alerts), counted[-1].number if counted else 0, AT)


def alert(number: int, location: str) -> Any:
    return SimpleNamespace(id=number, location=location, raised_at=AT, cleared_at=None)


@dataclass
class Reader:
    """Returns prepared changes, then none; an exception among them is raised.

    Like `ChangeReader`, it reads no windows the first time.
    """

    results: list[ChangeSet | Exception]
    asked: list[tuple[Any, Any]] = field(default_factory=list)
    last: int = 0

    def read(self, wanted: Any, pending: Any) -> ChangeSet:
        is_first = not self.asked
        self.asked.append((wanted, pending))
        result = self.results.pop(0) if self.results else changes()
        if isinstance(result, Exception):
            raise result
        self.last = max(self.last, result.through)
        windows = {} if is_first else result.windows
        return ChangeSet(result.counted, windows, result.alerts, self.last, AT)


def new_broadcaster(*readers: Reader) -> Broadcaster:
    unopened = list(readers)
    return Broadcaster(
        lambda: unopened.pop(0),  # type: ignore[arg-type, return-value]
        clock=lambda: AT,
        encode_window=lambda window, now: window,  # type: ignore[arg-type, return-value]
        encode_alert=lambda row: b"alert",
    )


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcaster, "READ_EVERY_S", 0.0)
    monkeypatch.setattr(broadcaster, "REST_RATIO", 0.0)


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def within_time() -> None:
        async with asyncio.timeout(10):
            await scenario()

    asyncio.run(within_time())


@pytest.mark.parametrize(
    ("written", "cursor"), [("0-0", Cursor(0, 0)), ("17-1763640000", Cursor(17, 1763640000))]
)
def test_a_cursor_is_read_as_it_was_written(written: str, cursor: Cursor) -> None:
    assert Cursor.read(written) == cursor
    assert str(cursor) == written


@pytest.mark.parametrize(
    "written", ["", "-", "1", "1-", "-1", "1-2-3", "a-1", "1- 2", "٣-1", "9" * 40 + "-1", "\x00-1"]
)
def test_another_text_is_no_cursor(written: str) -> None:
    with pytest.raises(CursorError, match="send one that came with the stream"):
        Cursor.read(written)


def test_a_filter_matches_by_name_and_location() -> None:
    assert EVERYTHING.matches(event("KX-01"))
    assert not EventFilter(frozenset({"alert"})).matches(event("KX-01"))
    assert not EventFilter(frozenset({"window"}), frozenset({"LB-01"})).matches(event("KX-01"))
    assert not EventFilter(frozenset({"window"}), frozenset()).matches(event("KX-01"))


def test_of_one_subject_the_newest_event_is_taken_and_only_once() -> None:
    async def scenario() -> None:
        subscriber = Subscriber(EVERYTHING)
        for data in (b"old", b"new"):
            subscriber.enqueue({("window", KX): event("KX-01", data=data)})
        subscriber.advance(Cursor(3, AT_S))
        assert await subscriber.take(1) == ([event("KX-01", data=b"new")], Cursor(3, AT_S))
        assert await subscriber.take(0) == ([], None)

    run(scenario)


def test_a_full_queue_disconnects_and_nothing_is_queued_after_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broadcaster, "MAX_QUEUED", 2)

    async def scenario() -> None:
        subscriber = Subscriber(EVERYTHING)
        many = [event("KX-01", minute) for minute in range(3)]
        subscriber.enqueue({("window", one.about): one for one in many})
        subscriber.enqueue({("window", KX): event("KX-01")})
        subscriber.disconnect("closing", "the first reason stays")
        assert subscriber.final_event == ("dropped", "more than 2 events were waiting")
        assert await subscriber.take(1) == ([], None)

    run(scenario)


def test_pending_windows_are_taken_as_far_as_the_queue_has_space(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broadcaster, "MAX_QUEUED", 8)
    subscriber = Subscriber(EVERYTHING, pending={("KX-01", minute) for minute in range(9)})
    assert len(subscriber.next_pending()) == 4
    subscriber.enqueue({("window", KX): event("KX-01"), ("window", LB): event("LB-01")})
    assert len(subscriber.next_pending()) == 2


def test_a_new_subscriber_gets_the_present_cursor_and_then_what_it_asked_for() -> None:
    wanted = EventFilter(frozenset({"window"}), frozenset({"KX-01"}))
    later = changes((8, KX), (9, LB), alerts=(alert(1, "KX-01"),))
    reader = Reader([changes((7, KX)), later])

    async def scenario() -> None:
        live = new_broadcaster(reader)
        subscriber = await live.subscribe(wanted, None)
        events, cursor = await subscriber.take(5)
        assert (events, cursor) == ([], Cursor(7, AT_S))
        events, cursor = await subscriber.take(5)
        assert [(one.location, one.data) for one in events] == [("KX-01", b"8")]
        assert cursor == Cursor(9, AT_S)
        live.unsubscribe(subscriber)

    run(scenario)
    assert reader.asked[0] == (frozenset({"KX-01"}), frozenset())


def test_a_cursor_brings_the_windows_and_alerts_after_it() -> None:
    first = changes((6, LB), (7, KX), alerts=(alert(1, "KX-01"),))
    reader = Reader([first, changes((7, KX))])

    async def scenario() -> None:
        live = new_broadcaster(reader)
        subscriber = await live.subscribe(EVERYTHING, Cursor(6, AT_S))
        received: list[Event] = []
        cursor = None
        while cursor is None:
            events, cursor = await subscriber.take(5)
            received += events
        assert sorted((one.name, one.location) for one in received) == [
            ("alert", "KX-01"),
            ("window", "KX-01"),
        ]
        live.unsubscribe(subscriber)

    run(scenario)
    assert (None, frozenset({KX})) in reader.asked  # the pending window was read again


@pytest.mark.parametrize("since", [Cursor(2, 0), Cursor(10**9, 0)])
def test_a_cursor_outside_the_stored_changes_is_answered_with_a_reset(since: Cursor) -> None:
    async def scenario() -> None:
        live = new_broadcaster(Reader([changes((7, KX))]))
        subscriber = await live.subscribe(EVERYTHING, since)
        (reset,), cursor = await subscriber.take(5)
        assert (reset.name, cursor) == ("reset", Cursor(7, AT_S))
        live.unsubscribe(subscriber)

    run(scenario)


def test_one_subscriber_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcaster, "MAX_SUBSCRIBERS", 1)

    async def scenario() -> None:
        live = new_broadcaster(Reader([]), Reader([]))
        first = await live.subscribe(EVERYTHING, None)
        with pytest.raises(TooManySubscribers, match="try again in a minute"):
            await live.subscribe(EVERYTHING, None)
        live.unsubscribe(first)
        live.unsubscribe(await live.subscribe(EVERYTHING, None))

    run(scenario)


def test_a_cancelled_subscription_occupies_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcaster, "MAX_SUBSCRIBERS", 1)

    async def scenario() -> None:
        live = new_broadcaster(Reader([]), Reader([]))
        waiting = asyncio.create_task(live.subscribe(EVERYTHING, None))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        live.unsubscribe(await live.subscribe(EVERYTHING, None))

    run(scenario)


def test_a_first_read_that_fails_is_raised_and_the_next_subscription_starts_again() -> None:
    async def scenario() -> None:
        live = new_broadcaster(Reader([ZeroDivisionError("a fault")]), Reader([changes((7, KX))]))
        with pytest.raises(ZeroDivisionError):
            await live.subscribe(EVERYTHING, None)
        subscriber = await live.subscribe(EVERYTHING, None)
        assert await subscriber.take(5) == ([], Cursor(7, AT_S))
        live.unsubscribe(subscriber)

    run(scenario)


def test_a_later_fault_disconnects_and_a_new_subscriber_is_served() -> None:
    async def scenario() -> None:
        broken = Reader([changes((7, KX)), ZeroDivisionError("a fault")])
        live = new_broadcaster(broken, Reader([changes((8, KX))]))
        first = await live.subscribe(EVERYTHING, None)
        while first.final_event is None:
            await first.take(5)
        assert first.final_event == ("closing", "reading changes has stopped: connect again")
        second = await live.subscribe(EVERYTHING, None)  # before the first has unsubscribed
        assert await second.take(5) == ([], Cursor(8, AT_S))
        assert second.final_event is None
        live.unsubscribe(first)
        live.unsubscribe(second)

    run(scenario)


def test_closing_disconnects_every_subscriber_with_the_reason() -> None:
    async def scenario() -> None:
        live = new_broadcaster(Reader([]))
        live.close("nobody is subscribed yet")
        both = [await live.subscribe(EVERYTHING, None) for _ in range(2)]
        live.close("the server is stopping")
        await asyncio.sleep(0)
        assert [one.final_event for one in both] == [("closing", "the server is stopping")] * 2
        for one in both:
            live.unsubscribe(one)
            live.unsubscribe(one)

    run(scenario)
