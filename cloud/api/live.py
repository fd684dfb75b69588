"""`/api/live`: five-minute windows and alerts as they change, as server-sent events or WebSocket.

A window is sent again whenever a report was counted into it, also days late. Each event holds the
whole window, so the latest event of a window is valid. An `id` says up to where all events were
sent: a client that connects again with it (`Last-Event-ID`, or `last_id`) misses no event.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request, WebSocket, WebSocketDisconnect
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cloud.api.alerts import describe_alert
from cloud.api.audience import describe_coverage, describe_figures
from cloud.app.broadcaster import Broadcaster, Cursor, Event, EventFilter
from cloud.app.context import AppContext, Clock
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import ContextReloader, get_context
from cloud.app.site_selection import select_by_venue
from cloud.auth.access import AccessError, Authenticator, allow_roles, read_key, require_role
from cloud.auth.keys import Role
from cloud.windows.audience import Audience
from cloud.windows.changes import ChangeReader

HEARTBEAT_S: Final = 15.0
SEND_TIMEOUT_S: Final = 60.0  # for a client that takes nothing
CHECK_KEY_EVERY: Final = timedelta(minutes=1)
RETRY_MS: Final = 3_000
EVENTS_PER_WRITE: Final = 100
CLOSE_CODES: Final = {"dropped": 1013, "refused": 1008, "closing": 1012}
NO_HISTOGRAM: Final = ("dwell_p50_s", "dwell_p90_s")
DISCONNECTED: Final = (
    TimeoutError,
    OSError,
    WebSocketDisconnect,
)  # it takes nothing, or is not there
ROLES: Final = (Role.SALES, Role.OPERATIONS)
ALLOWED_ROLES: Final = frozenset({*ROLES, Role.ADMIN})
SUBPROTOCOL: Final = "onlooker"
STREAM: Final[dict[str, Any]] = {
    "description": "Events `window`, `alert`, `reset`, `dropped`, `closing` and `refused`, each "
    "with JSON as its data; an `id` after what it stands for",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}

router = APIRouter(tags=["live"])


def new_broadcaster(reloader: ContextReloader) -> Broadcaster:
    """The one broadcaster of a process."""
    context = reloader.context
    return Broadcaster(
        lambda: ChangeReader(context.engine, context.clock, lambda: reloader.context.sites),
        clock=context.clock,
        encode_window=encode_window,
        encode_alert=encode_alert,
    )


def encode_window(found: Audience, now: datetime) -> bytes:
    """A window as it is sent, like those of `/api/audience/{location}` without dwell quantiles."""
    figures = describe_figures(found)
    for name in NO_HISTOGRAM:
        del figures[name]
    return msgspec.json.encode(
        {
            "location": found.location,
            "starts_at": found.starts_at,
            "ends_at": found.ends_at,
            "complete": found.ends_at <= now,
            **describe_coverage(found),
            **figures,
        }
    )


def encode_alert(row: Any) -> bytes:
    """An alert as `/api/alerts` shows it."""
    return msgspec.json.encode(describe_alert(row))


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """Which events a client asks for, and from which cursor on."""

    event_filter: EventFilter
    since: Cursor | None


def read_request(
    connection: HTTPConnection,
    location: Annotated[list[str] | None, Query(max_length=1_000)] = None,
    venue_type: Annotated[list[str] | None, Query(max_length=100)] = None,
    what: Annotated[list[Literal["window", "alert"]] | None, Query(max_length=2)] = None,
    last_id: Annotated[
        str | None, Query(max_length=100, description="where to go on; as Last-Event-ID")
    ] = None,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> LiveRequest:
    """Parse the request; raises UnknownLocation or CursorError."""
    context: AppContext = get_context(connection)
    places: set[str] | None = None
    if location is not None or venue_type is not None:
        named = {context.sites.location(one).id for one in location or ()}
        of_type = {site.id for site in select_by_venue(context.sites, venue_type or ())}
        places = {*map(str, named | of_type)}
    came = last_event_id or last_id
    event_filter = EventFilter(
        frozenset(what or ("window", "alert")), None if places is None else frozenset(places)
    )
    return LiveRequest(event_filter, Cursor.read(came) if came else None)


LiveRequestOf = Annotated[LiveRequest, Depends(read_request)]


@router.get(
    "/api/live",
    dependencies=[allow_roles(*ROLES)],
    response_class=Response,
    responses={200: STREAM, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def stream_live(request: Request, question: LiveRequestOf) -> Response:
    """Stream windows and alerts as they change: of all places, some, or those of a venue type."""
    session = Session(request, question)
    await session.open()
    return _EventStream(session)


def require_socket_role(socket: WebSocket) -> None:
    """Refuse other roles before the request is parsed."""
    require_role(socket, ALLOWED_ROLES)


@router.websocket("/api/live", dependencies=[Depends(require_socket_role)])
async def stream_live_socket(socket: WebSocket, question: LiveRequestOf) -> None:
    """The same over a WebSocket: one JSON object for each event."""
    session = Session(socket, question)
    await session.open()
    await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
    await session.run(_WebSocketEncoder(socket), socket.receive)


async def require_valid_key(connection: HTTPConnection) -> None:
    """Raise AccessError where the key of a connection is not in force any more."""
    authenticator: Authenticator | None = connection.app.state.authenticator
    if authenticator is not None:
        await authenticator.require_valid_key(read_key(connection), get_context(connection).clock())


class Encoder(Protocol):
    """Writes events in the format of one transport."""

    async def send(self, events: list[Event], cursor: Cursor | None) -> None:
        """Send events, then their cursor; with neither, a heartbeat."""

    async def close(self, name: str, word: dict[str, str]) -> None:
        """Send the final event."""


class Session:
    """The events of one client, from its subscription to its end."""

    def __init__(self, connection: HTTPConnection, question: LiveRequest) -> None:
        self._connection = connection
        self._question = question
        self._broadcaster: Broadcaster = connection.app.state.broadcaster
        self._clock: Clock = get_context(connection).clock
        self._reached = question.since

    async def open(self) -> None:
        """Subscribe, or raise why it is not possible."""
        self._listener = await self._broadcaster.subscribe(
            self._question.event_filter, self._question.since
        )

    async def run(self, encoder: Encoder, receive: Receive) -> None:
        """Send events until the client disconnects, stops reading, or is disconnected."""
        gone = asyncio.create_task(_wait_for_disconnect(receive))
        sending = asyncio.create_task(self._send_events(encoder))
        try:
            await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._broadcaster.unsubscribe(self._listener)
            for task in (gone, sending):
                task.cancel()
            _, ending = await asyncio.gather(gone, sending, return_exceptions=True)
        if isinstance(ending, Exception) and not isinstance(ending, DISCONNECTED):
            raise ending

    async def _send_events(self, encoder: Encoder) -> None:
        again_at = self._clock() + CHECK_KEY_EVERY
        while self._listener.final_event is None:
            events, cursor = await self._listener.take(HEARTBEAT_S)
            for start in range(0, max(1, len(events)), EVENTS_PER_WRITE):
                some = events[start : start + EVENTS_PER_WRITE]
                is_all = start + EVENTS_PER_WRITE >= len(events)
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await encoder.send(some, cursor if is_all else None)
            self._reached = cursor or self._reached
            if self._clock() >= again_at:
                again_at = self._clock() + CHECK_KEY_EVERY
                await self._check_key()
        name, reason = self._listener.final_event
        word = {"reason": reason} | ({"last_id": str(self._reached)} if self._reached else {})
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await encoder.close(name, word)

    async def _check_key(self) -> None:
        """Disconnect the client where its key has been revoked meanwhile."""
        try:
            await require_valid_key(self._connection)
        except AccessError as error:
            self._listener.disconnect("refused", str(error))


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
        pass


class _EventStream(Response):
    """Server-sent events; ends when the client goes."""

    def __init__(self, session: Session) -> None:
        super().__init__(media_type="text/event-stream", headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        await self._session.run(_SseEncoder(send), receive)
        await send({"type": "http.response.body", "body": b""})


class _SseEncoder:
    """Events as text; an `id` of its own stands for all before it."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def send(self, events: list[Event], cursor: Cursor | None) -> None:
        blocks = [b"event: %b\ndata: %b\n\n" % (one.name.encode(), one.data) for one in events]
        if cursor is not None:
            blocks.append(b"id: %b\n\n" % str(cursor).encode())
        await self._write(b"".join(blocks) or b": still here\n\n")

    async def close(self, name: str, word: dict[str, str]) -> None:
        data = msgspec.json.encode(word)
        await self._write(b"event: %b\nretry: %d\ndata: %b\n\n" % (name.encode(), RETRY_MS, data))

    async def _write(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})


class _WebSocketEncoder:
    """Events as JSON objects; the pings of the server are the heartbeat."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def send(self, events: list[Event], cursor: Cursor | None) -> None:
        for one in events:
            await self._say(one.name, data=msgspec.Raw(one.data))
        if cursor is not None:
            await self._say("cursor", id=str(cursor))

    async def close(self, name: str, word: dict[str, str]) -> None:
        await self._say(name, data=word)
        await self._socket.close(CLOSE_CODES[name], name)

    async def _say(self, name: str, **fields: Any) -> None:
        await self._socket.send_text(msgspec.json.encode({"event": name, **fields}).decode())
