"""uvicorn's HTTP protocol with limits: the number of connections, the time and size of a request.

uvicorn limits only the pause between two requests. Here headers, body and every write have a time
limit of their own, however slowly the bytes arrive, and headers have a size limit (`middleware.py`
limits the size of a body). A client that is too slow or sends too much gets 408 or 431 and is
disconnected.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from cloud.connection_table import ConnectionTable

CLOSE_WITHIN_S: Final = 2.0
MIN_TAKEN_BYTES: Final = 16 * 1024
MAX_MESSAGE_BYTES: Final = 64 * 1024  # over a WebSocket; clients send only control frames


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The limits of one request.

    `write_s` is the time in which a client must read at least `MIN_TAKEN_BYTES` of an answer.
    """

    headers_s: float = 10.0
    body_s: float = 30.0
    idle_s: float = 5.0
    write_s: float = 60.0
    headers_bytes: int = 32 * 1024


def limited_protocol(table: ConnectionTable, limits: RequestLimits) -> type[asyncio.Protocol]:
    """The protocol class of one server; its connections share the table."""

    class Bound(LimitedProtocol):
        pass

    Bound.table, Bound.limits = table, limits
    return Bound


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Which timer runs depends on who is awaited, the client or the application."""

    table: ConnectionTable
    limits: RequestLimits

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._received_bytes = 0  # since the headers began, parsed or not
        self._field_bytes = 0
        self._is_in_headers = True
        self._is_in_message = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        client = self.client[0] if self.client else ""
        admitted = self.table.admit(
            self, client, close=transport.abort, is_closed=transport.is_closing
        )
        if not admitted:
            self._refuse(503, "all connections are in use: try again in a minute")
            return
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self.resume_writing()
        self.table.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if not self._is_in_message and self._timer is None:
            self._expect_headers()  # also for a line break, which begins no message
        self._received_bytes += len(data)
        super().data_received(data)
        if self._is_in_headers and self._received_bytes > self.limits.headers_bytes:
            self._refuse_large_headers()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_message = self._is_in_headers = True
        self._field_bytes = 0
        if self._timer is None:
            self._expect_headers()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))  # trailers too
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_headers = False
        super().on_headers_complete()
        self._arm(self.limits.body_s)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_in_message = False
        self._disarm()
        if self._is_answered():
            self.table.set_waiting(self)
        else:
            self.table.set_busy(self)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.pipeline:
            self.table.set_waiting(self)

    def handle_websocket_upgrade(self) -> None:
        self._disarm()
        self.table.set_busy(self)  # until it is closed, which the table detects
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._write_timer is None:
            self._watch_writing(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _watch_writing(self, left: int) -> None:
        """Check again after the time limit; a client that has read too little is disconnected."""
        self._write_timer = self.loop.call_later(self.limits.write_s, self._check_writing, left)

    def _check_writing(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if before - left < MIN_TAKEN_BYTES:
            self.transport.abort()
        else:
            self._watch_writing(left)

    def _expect_headers(self) -> None:
        self._is_in_headers, self._received_bytes = True, 0
        self._arm(self.limits.headers_s)

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = self.loop.call_later(seconds, self._expire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        if self.pipeline or (self._is_in_headers and self._is_answering()):
            self._arm(self.limits.headers_s)  # an earlier request of the client is not answered yet
        elif not self._is_in_headers and self._has_begun_to_answer():
            self.transport.abort()  # its answer has begun
        else:
            self._refuse(408, "the request did not arrive in time")

    def _is_answered(self) -> bool:
        cycle: Any = self.cycle  # None before the first request, whatever its annotation says
        return cycle is not None and cycle.response_complete

    def _is_answering(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _has_begun_to_answer(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and cycle.response_started

    def _count(self, count: int) -> None:
        self._field_bytes += count
        if self._field_bytes > self.limits.headers_bytes:
            self._refuse_large_headers()
            raise ValueError("headers too large")  # ends the parsing

    def _refuse_large_headers(self) -> None:
        self._refuse(431, f"headers of more than {self.limits.headers_bytes} bytes are not read")

    def _refuse(self, status: int, detail: str) -> None:
        if self.transport.is_closing():
            return
        body = detail.encode()
        head = f"content-type: text/plain; charset=utf-8\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(
            STATUS_LINE[status] + head.encode() + b"connection: close\r\n\r\n" + body
        )
        self.transport.close()
        self.loop.call_later(CLOSE_WITHIN_S, self.transport.abort)  # if it does not read the answer
