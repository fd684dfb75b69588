"""Real sockets on loopback that misbehave in the ways a network can."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

LENGTH = b"content-length:"
Behaviour = Callable[[socket.socket], None]


class Peer:
    """A real socket of loopback that behaves as it is told, for each connection."""

    def __init__(self, behave: Behaviour) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.received = b""
        self._behave = behave
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._behave(connection)

    def close(self) -> None:
        self._listener.close()


def request_of(connection: socket.socket) -> bytes:
    """A whole request: its head, and as much as it says its body has."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65_536)
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == LENGTH]
    length = lengths[0] if lengths else 0
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def says(answer: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(answer)

    return behave


def drips(text: bytes, every_s: float = 0.05) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        request_of(connection)
        for byte in text:
            connection.sendall(bytes([byte]))
            time.sleep(every_s)

    return behave


def hangs(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def pours(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"x" * 1_000 + b"\r\n")


def continues_for_ever(connection: socket.socket) -> None:
    request_of(connection)
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def reads_nothing(connection: socket.socket) -> None:
    time.sleep(3.0)
