"""`/api/live`: five-minute windows and alerts as they change, as server-sent events or WebSocket.

A window is sent again whenever a report was counted into it, also days late. Each event holds the
whole window, so the latest event of a window is valid. An `id` says up to where all events were
sent: a client that connects again with it (`Last-Event-ID`, or `last_id`) misses no event.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request, WebSocket
from starlette.requests import HTTPConnection
from starlette.responses import Response

from cloud.api.alerts import describe_alert
from cloud.api.audience import describe_coverage, describe_figures
from cloud.app.broadcaster import Broadcaster, Cursor, EventFilter
from cloud.app.context import AppContext
from cloud.app.live_session import EventStream, LiveRequest, LiveSession, WebSocketEncoder
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import ContextReloader, get_context
from cloud.app.site_selection import select_by_venue
from cloud.auth.access import allow_roles, require_role
from cloud.auth.keys import Role
from cloud.windows.audience import Audience
from cloud.windows.changes import ChangeReader

NO_HISTOGRAM: Final = ("dwell_p50_s", "dwell_p90_s")
ROLES: Final = (Role.SALES, Role.OPERATIONS)
ALLOWED_ROLES: Final = frozenset({*ROLES, Role.ADMIN})
SUBPROTOCOL: Final = "onlooker"
STREAM: Final[dict[str, Any]] = {
    "description": "Events `window`, `alert`, `reset`, `dropped`, `closing` and `refused`, each "
    "with JSON as its data; an `id` after the events that it confirms",
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


def read_request(
    connection: HTTPConnection,
    location: Annotated[list[str] | None, Query(max_length=1_000)] = None,
    venue_type: Annotated[list[str] | None, Query(max_length=100)] = None,
    what: Annotated[list[Literal["window", "alert"]] | None, Query(max_length=2)] = None,
    last_id: Annotated[
        str | None, Query(max_length=100, description="cursor to continue from; as Last-Event-ID")
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
    session = LiveSession(request, question)
    await session.open()
    return EventStream(session)


def require_socket_role(socket: WebSocket) -> None:
    """Refuse other roles before the request is parsed."""
    require_role(socket, ALLOWED_ROLES)


@router.websocket("/api/live", dependencies=[Depends(require_socket_role)])
async def stream_live_socket(socket: WebSocket, question: LiveRequestOf) -> None:
    """The same over a WebSocket: one JSON object for each event."""
    async with LiveSession(socket, question) as session:
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
        await session.run(WebSocketEncoder(socket), socket.receive)
