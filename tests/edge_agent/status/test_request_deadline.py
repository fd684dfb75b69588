"""A slow, stopped or flooding client is dropped after a bounded time and delays no other."""

import socket
import threading
import time
from contextlib import suppress

import pytest

from edge_agent.settings.services import StatusSettings
from edge_agent.status import server as status
from edge_agent.status.request_deadline import DeadlineReader, RequestOverdueError
from edge_agent.status.server import StatusServer, StatusSources


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_slow_request_has_one_deadline(pair):
    ours, theirs = pair
    now_s = [0.0]
    reader = DeadlineReader(ours, within_s=10, limit_bytes=100, steady=lambda: now_s[0])
    buffer = bytearray(1)
    for second in range(10):
        now_s[0] = float(second)
        theirs.sendall(b"x")
        assert reader.readinto(buffer) == 1
    now_s[0] = 10.0
    theirs.sendall(b"x")
    with pytest.raises(RequestOverdueError):
        reader.readinto(buffer)
    reader.begin()  # the next request has a time of its own
    assert reader.readinto(buffer) == 1


def test_a_request_has_one_size(pair):
    ours, theirs = pair
    reader = DeadlineReader(ours, within_s=10, limit_bytes=5)
    theirs.sendall(b"x" * 9)
    assert reader.readinto(bytearray(9)) == 9
    with pytest.raises(RequestOverdueError):
        reader.readinto(bytearray(9))


@pytest.fixture
def server(board, now, monkeypatch):
    monkeypatch.setattr(status, "REQUEST_TIMEOUT_S", 0.5)
    one = StatusServer(StatusSettings(), StatusSources(board, clock=lambda: now))
    one.start()
    yield one
    one.stop()


def asked(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return client.recv(100)


HEAD = b"POST /plays HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "begin", [b"", b"GET / HTTP/1.1\r\nX: ", HEAD + b"Content-Length: 99\r\n\r\n"]
)
def test_slow_clients_on_every_connection_are_dropped_and_others_are_served(server, begin):
    over = threading.Event()
    clients = [
        socket.create_connection(("127.0.0.1", server.port)) for _ in range(status.MAX_CLIENTS)
    ]

    def drip():
        while not over.wait(0.1):
            for client in clients:
                with suppress(OSError):
                    client.sendall(b"x")

    for client in clients:
        client.sendall(begin)
    dripping = threading.Thread(target=drip)
    dripping.start()
    answer, ends_s = b"", time.monotonic() + 10
    while not answer.startswith(b"HTTP/1.1 200") and time.monotonic() < ends_s:
        time.sleep(0.1)
        with suppress(OSError):
            answer = asked(server)
    over.set()
    dripping.join()
    for client in clients:
        client.close()
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_head_without_end_is_dropped(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        with suppress(OSError):
            for number in range(200):
                client.sendall(b"X-%d: " % number + b"x" * 1000 + b"\r\n")
        with suppress(OSError):
            assert not client.recv(100).startswith(b"HTTP/1.1 200")
    assert asked(server).startswith(b"HTTP/1.1 200")
