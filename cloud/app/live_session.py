"""The live events of one client: from its subscription to its end, over one of two transports.

A session ends when the client disconnects, reads nothing for a minute, shows a key that was
revoked or a session that has ended, or when the broadcaster disconnects it.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

import msgspec
from fastapi import WebSocket, WebSocketDisconnect
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cloud.app.broadcaster import Broadcaster, Cursor, Event, EventFilter
from cloud.app.context import Clock
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import AccessError, Authenticator, read_credentials

HEARTBEAT_S: Final = 15.0
SEND_TIMEOUT_S: Final = 60.0  # for a client that reads nothing
CHECK_KEY_EVERY: Final = timedelta(minutes=1)
RETRY_MS: Final = 3_000
EVENTS_PER_WRITE: Final = 100
CLOSE_CODES: Final = {"dropped": 1013, "refused": 1008, "closing": 1012}
DISCONNECTED: Final = (TimeoutError, OSError, WebSocketDisconnect)
"""The client does not read, or has disconnected."""


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """Which events a client asks for, and from which cursor on."""

    event_filter: EventFilter
    since: Cursor | None


async def require_valid_caller(connection: HTTPConnection) -> None:
    """Raise AccessError where the key or session of a connection is no longer valid."""
    authenticator: Authenticator | None = connection.app.state.authenticator
    if authenticator is not None:
        shown = read_credentials(connection)
        await authenticator.identify(shown, get_context(connection).clock())


class Encoder(Protocol):
    """Writes events in the format of one transport."""

    async def send(self, events: list[Event], cursor: Cursor | None) -> None:
        """Send events, then their cursor; with neither, a heartbeat."""

    async def close(self, name: str, data: dict[str, str]) -> None:
        """Send the final event."""


class LiveSession:
    """The events of one client, from its subscription to its end."""

    def __init__(self, connection: HTTPConnection, question: LiveRequest) -> None:
        self._connection = connection
        self._question = question
        self._broadcaster: Broadcaster = connection.app.state.broadcaster
        self._clock: Clock = get_context(connection).clock
        self._reached = question.since

    async def open(self) -> None:
        """Subscribe, or raise why it is not possible."""
        self._subscriber = await self._broadcaster.subscribe(
            self._question.event_filter, self._question.since
        )

    def close(self) -> None:
        """Unsubscribe; again without effect."""
        self._broadcaster.unsubscribe(self._subscriber)

    async def __aenter__(self) -> "LiveSession":
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    async def run(self, encoder: Encoder, receive: Receive) -> None:
        """Send events until the client disconnects, stops reading, or is disconnected."""
        gone = asyncio.create_task(_wait_for_disconnect(receive))
        sending = asyncio.create_task(self._send_events(encoder))
        try:
            await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.close()
            for task in (gone, sending):
                task.cancel()
            _, ending = await asyncio.gather(gone, sending, return_exceptions=True)
        if isinstance(ending, Exception) and not isinstance(ending, DISCONNECTED):
            raise ending

    async def _send_events(self, encoder: Encoder) -> None:
        again_at = self._clock() + CHECK_KEY_EVERY
        while self._subscriber.final_event is None:
            events, cursor = await self._subscriber.take(HEARTBEAT_S)
            for start in range(0, max(1, len(events)), EVENTS_PER_WRITE):
                some = events[start : start + EVENTS_PER_WRITE]
                is_all = start + EVENTS_PER_WRITE >= len(events)
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await encoder.send(some, cursor if is_all else None)
            self._reached = cursor or self._reached
            if self._clock() >= again_at:
                again_at = self._clock() + CHECK_KEY_EVERY
                await self._check_key()
        name, reason = self._subscriber.final_event
        last = {"reason": reason} | ({"last_id": str(self._reached)} if self._reached else {})
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await encoder.close(name, last)

    async def _check_key(self) -> None:
        """Disconnect the client where its key was revoked, or its session has ended."""
        try:
            await require_valid_caller(self._connection)
        except AccessError as error:
            self._subscriber.disconnect("refused", str(error))


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
        pass


class EventStream(Response):
    """Server-sent events; ends when the client disconnects."""

    def __init__(self, session: LiveSession) -> None:
        super().__init__(media_type="text/event-stream", headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        try:
            await send(start)
            await self._session.run(SseEncoder(send), receive)
        finally:
            self._session.close()
        await send({"type": "http.response.body", "body": b""})


class SseEncoder:
    """Events as text; a separate `id` confirms all events before it."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def send(self, events: list[Event], cursor: Cursor | None) -> None:
        blocks = [b"event: %b\ndata: %b\n\n" % (one.name.encode(), one.data) for one in events]
        if cursor is not None:
            blocks.append(b"id: %b\n\n" % str(cursor).encode())
        await self._write(b"".join(blocks) or b": still here\n\n")

    async def close(self, name: str, data: dict[str, str]) -> None:
        encoded = msgspec.json.encode(data)
        await self._write(
            b"event: %b\nretry: %d\ndata: %b\n\n" % (name.encode(), RETRY_MS, encoded)
        )

    async def _write(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})


class WebSocketEncoder:
    """Events as JSON objects; the pings of the server are the heartbeat."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def send(self, events: list[Event], cursor: Cursor | None) -> None:
        for one in events:
            await self._send(one.name, data=msgspec.Raw(one.data))
        if cursor is not None:
            await self._send("cursor", id=str(cursor))

    async def close(self, name: str, data: dict[str, str]) -> None:
        await self._send(name, data=data)
        await self._socket.close(CLOSE_CODES[name], name)

    async def _send(self, name: str, **fields: Any) -> None:
        await self._socket.send_text(msgspec.json.encode({"event": name, **fields}).decode())
