"""`/api/live`: five-minute windows and alerts as they change, as server-sent events or WebSocket.

Hard truth: a window is told again whenever a report was counted into it, days late or not; what is
told is always the whole of it, so the latest word about a window is the truth. An `id` says how far
everything was told: come back with it (`Last-Event-ID`, or `last_id`) and nothing is missed.
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

from cloud.api.alerts import described
from cloud.api.audience import coverage, figures
from cloud.app.broadcaster import Event, Hub, Mark, Wish
from cloud.app.context import Clock, Desk
from cloud.app.problem import REFUSALS, documented
from cloud.app.rate_card_reload import InForce, desk_of
from cloud.app.site_selection import of_venues
from cloud.auth.access import AccessError, Gate, key_of, opened_to, require
from cloud.auth.keys import Role
from cloud.windows.audience import Audience
from cloud.windows.changes import ChangeReader

HEARTBEAT_S: Final = 15.0
PATIENCE_S: Final = 60.0  # for a client that takes nothing
KEY_AGAIN: Final = timedelta(minutes=1)
COME_BACK_MS: Final = 3_000
AT_ONCE: Final = 100
CLOSED_WITH: Final = {"dropped": 1013, "refused": 1008, "closing": 1012}
NO_HISTOGRAM: Final = ("dwell_p50_s", "dwell_p90_s")
GONE: Final = (TimeoutError, OSError, WebSocketDisconnect)  # it takes nothing, or is not there
ROLES: Final = (Role.SALES, Role.OPERATIONS)
OPEN_TO: Final = frozenset({*ROLES, Role.ADMIN})
SUBPROTOCOL: Final = "onlooker"
STREAM: Final[dict[str, Any]] = {
    "description": "Events `window`, `alert`, `reset`, `dropped`, `closing` and `refused`, each "
    "with JSON as its data; an `id` after what it stands for",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}

router = APIRouter(tags=["live"])


def hub(in_force: InForce) -> Hub:
    """The one hub of a process."""
    desk = in_force.desk
    return Hub(
        lambda: ChangeReader(desk.engine, desk.clock, lambda: in_force.desk.estate),
        clock=desk.clock,
        window_told=window_told,
        alert_told=alert_told,
    )


def window_told(found: Audience, now: datetime) -> bytes:
    """A window as it is told, like those of `/api/audience/{location}` without dwell quantiles."""
    told = figures(found)
    for name in NO_HISTOGRAM:
        del told[name]
    return msgspec.json.encode(
        {
            "location": found.location,
            "starts_at": found.starts_at,
            "ends_at": found.ends_at,
            "complete": found.ends_at <= now,
            **coverage(found),
            **told,
        }
    )


def alert_told(row: Any) -> bytes:
    """An alert as `/api/alerts` shows it."""
    return msgspec.json.encode(described(row))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client wants to hear, and from where on."""

    wish: Wish
    since: Mark | None


def asked(
    connection: HTTPConnection,
    location: Annotated[list[str] | None, Query(max_length=1_000)] = None,
    venue_type: Annotated[list[str] | None, Query(max_length=100)] = None,
    what: Annotated[list[Literal["window", "alert"]] | None, Query(max_length=2)] = None,
    last_id: Annotated[
        str | None, Query(max_length=100, description="where to go on; as Last-Event-ID")
    ] = None,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> Asked:
    """The question, or UnknownLocation or LiveError."""
    desk: Desk = desk_of(connection)
    places: set[str] | None = None
    if location is not None or venue_type is not None:
        named = {desk.estate.location(one).id for one in location or ()}
        of_type = {site.id for site in of_venues(desk.estate, venue_type or ())}
        places = {*map(str, named | of_type)}
    came = last_event_id or last_id
    wish = Wish(
        frozenset(what or ("window", "alert")), None if places is None else frozenset(places)
    )
    return Asked(wish, Mark.read(came) if came else None)


Question = Annotated[Asked, Depends(asked)]


@router.get(
    "/api/live",
    dependencies=[opened_to(*ROLES)],
    response_class=Response,
    responses={200: STREAM, **documented(*REFUSALS, 404, 422, 500, 503)},
)
async def live(request: Request, question: Question) -> Response:
    """Hear of windows and alerts as they change: of all places, some, or those of a venue type."""
    speech = Speech(request, question)
    await speech.begin()
    return _Stream(speech)


def admitted_socket(socket: WebSocket) -> None:
    """Let only its roles listen; before the question is looked at."""
    require(socket, OPEN_TO)


@router.websocket("/api/live", dependencies=[Depends(admitted_socket)])
async def live_socket(socket: WebSocket, question: Question) -> None:
    """The same over a WebSocket: one JSON object for each event."""
    speech = Speech(socket, question)
    await speech.begin()
    await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
    await speech.give(_Socket(socket), socket.receive)


async def refuse_revoked(connection: HTTPConnection) -> None:
    """Raise AccessError where the key of a connection is not in force any more."""
    gate: Gate | None = connection.app.state.gate
    if gate is not None:
        await gate.known(key_of(connection), desk_of(connection).clock())


class Tongue(Protocol):
    """A way to say it."""

    async def tell(self, events: list[Event], mark: Mark | None) -> None:
        """Events, then how far they reach; neither is a sign of life."""

    async def part(self, name: str, word: dict[str, str]) -> None:
        """The last word."""


class Speech:
    """All that one client is told, from joining to leaving."""

    def __init__(self, connection: HTTPConnection, question: Asked) -> None:
        self._connection = connection
        self._question = question
        self._hub: Hub = connection.app.state.hub
        self._clock: Clock = desk_of(connection).clock
        self._reached = question.since

    async def begin(self) -> None:
        """Join, or raise what stands in the way."""
        self._listener = await self._hub.join(self._question.wish, self._question.since)

    async def give(self, tongue: Tongue, receive: Receive) -> None:
        """Tell until the client goes, takes nothing any more, or has to go."""
        gone = asyncio.create_task(_until_gone(receive))
        telling = asyncio.create_task(self._tell(tongue))
        try:
            await asyncio.wait({gone, telling}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.leave(self._listener)
            for task in (gone, telling):
                task.cancel()
            _, ending = await asyncio.gather(gone, telling, return_exceptions=True)
        if isinstance(ending, Exception) and not isinstance(ending, GONE):
            raise ending

    async def _tell(self, tongue: Tongue) -> None:
        again_at = self._clock() + KEY_AGAIN
        while self._listener.last_word is None:
            events, mark = await self._listener.take(HEARTBEAT_S)
            for start in range(0, max(1, len(events)), AT_ONCE):
                some = events[start : start + AT_ONCE]
                is_all = start + AT_ONCE >= len(events)
                async with asyncio.timeout(PATIENCE_S):
                    await tongue.tell(some, mark if is_all else None)
            self._reached = mark or self._reached
            if self._clock() >= again_at:
                again_at = self._clock() + KEY_AGAIN
                await self._ask_again()
        name, reason = self._listener.last_word
        word = {"reason": reason} | ({"last_id": str(self._reached)} if self._reached else {})
        async with asyncio.timeout(PATIENCE_S):
            await tongue.part(name, word)

    async def _ask_again(self) -> None:
        """A key that was revoked meanwhile opens nothing any more."""
        try:
            await refuse_revoked(self._connection)
        except AccessError as error:
            self._listener.let_go("refused", str(error))


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
        pass


class _Stream(Response):
    """Server-sent events; ends when the client goes."""

    def __init__(self, speech: Speech) -> None:
        super().__init__(media_type="text/event-stream", headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._speech = speech

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        await self._speech.give(_Sse(send), receive)
        await send({"type": "http.response.body", "body": b""})


class _Sse:
    """Events as text; an `id` of its own stands for all before it."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def tell(self, events: list[Event], mark: Mark | None) -> None:
        blocks = [b"event: %b\ndata: %b\n\n" % (one.name.encode(), one.data) for one in events]
        if mark is not None:
            blocks.append(b"id: %b\n\n" % str(mark).encode())
        await self._write(b"".join(blocks) or b": still here\n\n")

    async def part(self, name: str, word: dict[str, str]) -> None:
        data = msgspec.json.encode(word)
        await self._write(
            b"event: %b\nretry: %d\ndata: %b\n\n" % (name.encode(), COME_BACK_MS, data)
        )

    async def _write(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})


class _Socket:
    """Events as JSON objects; the server's own pings are the sign of life."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def tell(self, events: list[Event], mark: Mark | None) -> None:
        for one in events:
            await self._say(one.name, data=msgspec.Raw(one.data))
        if mark is not None:
            await self._say("mark", id=str(mark))

    async def part(self, name: str, word: dict[str, str]) -> None:
        await self._say(name, data=word)
        await self._socket.close(CLOSED_WITH[name], name)

    async def _say(self, name: str, **fields: Any) -> None:
        await self._socket.send_text(msgspec.json.encode({"event": name, **fields}).decode())
