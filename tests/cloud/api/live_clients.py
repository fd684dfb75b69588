"""A real server of live messages, and its clients by server-sent events and by WebSocket."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.cli.serve import Server

TIMEOUT_S = 20.0
SMALL_BUFFER = (socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)

Message = dict[str, Any]


@contextmanager
def serving(context: AppContext, **options: Any) -> Iterator[str]:
    """A real uvicorn on a free port; small socket buffers make a slow client visible at once."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    config = uvicorn.Config(create_app(context, **options), log_config=None, lifespan="off")
    server = Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.handle_exit(15, None)
        thread.join(TIMEOUT_S)
        listener.close()
        assert not thread.is_alive()


class SseClient:
    """Reads the messages of a stream of server-sent events."""

    def __init__(self, address: str, query: str = "", **headers: str) -> None:
        transport = httpx.HTTPTransport(socket_options=[SMALL_BUFFER])
        self._client = httpx.Client(transport=transport, timeout=TIMEOUT_S)
        request = self._client.build_request(
            "GET", f"http://{address}/api/live{query}", headers=headers
        )
        self.response = self._client.send(request, stream=True)
        self._lines = self.response.iter_lines()
        self.id = headers.get("last-event-id")

    def next(self) -> Message:
        fields: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if line and name:
                fields[name] = value
            elif not line and fields:
                self.id = fields.get("id", self.id)
                if "data" in fields:
                    return {"event": fields["event"], "data": json.loads(fields["data"])}
                return {"event": "cursor", "id": self.id}
        raise EOFError

    def close(self) -> None:
        self.response.close()
        self._client.close()


class WebSocketClient:
    """Reads the same messages from a WebSocket."""

    def __init__(self, address: str, query: str = "", **headers: str) -> None:
        self._opened = ExitStack()
        url = f"ws://{address}/api/live{query}"
        line = socket.socket()
        line.setsockopt(*SMALL_BUFFER)
        host, port = address.split(":")
        line.connect((host, int(port)))
        opening = connect(url, sock=line, additional_headers=headers, compression=None)
        self._socket = self._opened.enter_context(opening)
        self.id: str | None = None

    def next(self) -> Message:
        try:
            message: Message = json.loads(self._socket.recv(timeout=TIMEOUT_S))
        except ConnectionClosed as closed:
            raise EOFError from closed
        self.id = message.get("id", self.id)
        return message

    def close(self) -> None:
        self._opened.close()


Client = SseClient | WebSocketClient
BOTH_CLIENTS = pytest.mark.parametrize("client", [SseClient, WebSocketClient])


@contextmanager
def subscribed(
    client: type[Client], address: str, query: str = "", **headers: str
) -> Iterator[Client]:
    subscriber = client(address, query, **headers)
    try:
        yield subscriber
    finally:
        subscriber.close()


def read_windows(
    subscriber: Client, is_complete: Callable[[dict[str, int]], bool]
) -> dict[str, int]:
    """Location and start of a window -> its latest visits, up to the cursor after the last one."""
    received: dict[str, int] = {}
    while True:
        message = subscriber.next()
        if message["event"] == "window":
            data = message["data"]
            received[f"{data['location']} {data['starts_at']}"] = data["visits"]
        elif message["event"] == "cursor" and is_complete(received):
            return received


def read_event(subscriber: Client, event: str) -> Message:
    """The next message of this event; others are skipped."""
    while (message := subscriber.next())["event"] != event:
        pass
    return message


def read_to_cursor(subscriber: Client) -> None:
    read_event(subscriber, "cursor")
