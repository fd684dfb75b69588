"""A live session leaves its broadcaster however it ends, and writes each transport's format."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import HTTPConnection

from cloud.app.broadcaster import Cursor, Event, EventFilter, Subscriber
from cloud.app.live_session import (
    EventStream,
    LiveRequest,
    LiveSession,
    SseEncoder,
    WebSocketEncoder,
)
from tests.cloud.app_context import FRIDAY_NOON

EVERYTHING = EventFilter(frozenset({"window", "alert"}))
EVENTS = [Event("window", ("KX-01", 5), "KX-01", b'{"visits":2}'),
          Event("alert", ("", 1), "KX-01", b'{"alert":1}')]  # fmt: skip


class SingleBroadcaster:
    """Has one subscriber at most, and counts."""

    def __init__(self) -> None:
        self.subscribers: list[Subscriber] = []

    async def subscribe(self, event_filter: EventFilter, since: Cursor | None) -> Subscriber:
        self.subscribers.append(Subscriber(event_filter))
        return self.subscribers[0]

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self.subscribers = [one for one in self.subscribers if one is not subscriber]


def session_of(broadcaster: SingleBroadcaster, since: Cursor | None = None) -> LiveSession:
    context = SimpleNamespace(clock=lambda: FRIDAY_NOON)
    state = SimpleNamespace(
        broadcaster=broadcaster, authenticator=None, reloader=SimpleNamespace(context=context)
    )
    scope = {"type": "http", "headers": [], "app": SimpleNamespace(state=state)}
    return LiveSession(HTTPConnection(scope), LiveRequest(EVERYTHING, since))


async def never() -> Any:
    await asyncio.Event().wait()


def test_a_client_that_is_gone_before_the_first_byte_leaves_no_subscriber() -> None:
    broadcaster = SingleBroadcaster()

    async def scenario() -> None:
        session = session_of(broadcaster)
        await session.open()
        assert len(broadcaster.subscribers) == 1

        async def send(message: Any) -> None:
            raise OSError("the client has gone")

        with pytest.raises(OSError, match="gone"):
            await EventStream(session)({"type": "http"}, never, send)

    asyncio.run(scenario())
    assert broadcaster.subscribers == []


def test_a_socket_that_cannot_be_accepted_leaves_no_subscriber() -> None:
    broadcaster = SingleBroadcaster()

    async def scenario() -> None:
        async with session_of(broadcaster):
            raise RuntimeError("the socket is closed")

    with pytest.raises(RuntimeError):
        asyncio.run(scenario())
    assert broadcaster.subscribers == []


def test_events_are_sent_until_the_final_one_with_the_last_cursor() -> None:
    broadcaster, sent = SingleBroadcaster(), []

    async def send(message: Any) -> None:
        sent.append(message)
        if b"id: 7-1" in message.get("body", b""):
            broadcaster.subscribers[0].disconnect("closing", "the server is stopping")

    async def scenario() -> None:
        session = session_of(broadcaster, Cursor(6, 1))
        await session.open()
        subscriber = broadcaster.subscribers[0]
        subscriber.enqueue({(one.name, one.about): one for one in EVENTS})
        subscriber.advance(Cursor(7, 1))
        await EventStream(session)({"type": "http"}, never, send)

    asyncio.run(scenario())
    body = b"".join(message.get("body", b"") for message in sent)
    assert body == (
        b'event: window\ndata: {"visits":2}\n\nevent: alert\ndata: {"alert":1}\n\nid: 7-1\n\n'
        b"event: closing\nretry: 3000\n"
        b'data: {"reason":"the server is stopping","last_id":"7-1"}\n\n'
    )
    assert sent[-1] == {"type": "http.response.body", "body": b""}
    assert broadcaster.subscribers == []


def test_a_fault_of_the_encoder_is_raised_and_a_lost_client_is_none() -> None:
    async def scenario(fault: Exception) -> None:
        broadcaster = SingleBroadcaster()
        session = session_of(broadcaster)
        await session.open()
        broadcaster.subscribers[0].advance(Cursor(7, 1))

        async def broken(*_: Any) -> None:
            raise fault

        try:
            await session.run(SimpleNamespace(send=broken, close=broken), never)
        finally:
            assert broadcaster.subscribers == []

    asyncio.run(scenario(OSError("reset by peer")))
    asyncio.run(scenario(TimeoutError()))
    with pytest.raises(ZeroDivisionError):
        asyncio.run(scenario(ZeroDivisionError()))


def test_a_heartbeat_is_a_comment_and_nothing_on_a_socket() -> None:
    written: list[Any] = []

    async def send(message: Any) -> None:
        written.append(message["body"])

    async def send_text(text: str) -> None:
        written.append(json.loads(text))

    async def scenario() -> None:
        await SseEncoder(send).send([], None)
        socket = WebSocketEncoder(SimpleNamespace(send_text=send_text))  # type: ignore[arg-type]
        await socket.send([], None)
        await socket.send(EVENTS[:1], Cursor(7, 1))

    asyncio.run(scenario())
    assert written == [
        b": still here\n\n",
        {"event": "window", "data": {"visits": 2}},
        {"event": "cursor", "id": "7-1"},
    ]
