"""A connection with a deadline spends the time that is left, and none after it."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from cloud.messaging.deadline import Deadline, connect

Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]


@dataclass
class SteadyClock:
    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> SteadyClock:
    return SteadyClock()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def resolve_to(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """Let every name have these ports of loopback as its addresses."""
    found: list[Address] = [
        (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)) for port in ports
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_the_time_that_is_left_falls_to_zero_and_then_is_an_error(clock: SteadyClock) -> None:
    deadline = Deadline.after(5.0, clock)
    assert deadline.left_s() == 5.0
    clock.now_s += 4.75
    assert deadline.left_s() == 0.25
    for past_s in (0.25, 1_000.0):
        clock.now_s += past_s
        with pytest.raises(TimeoutError, match="the time for the whole call is over"):
            deadline.left_s()


def test_each_operation_gets_the_time_that_is_left(
    clock: SteadyClock, listener: socket.socket
) -> None:
    opened = connect("127.0.0.1", listener.getsockname()[1], Deadline.after(5.0, clock))
    with opened, listener.accept()[0] as peer:
        assert opened.gettimeout() == 5.0
        clock.now_s += 2.0
        opened.sendall(b"request")
        assert opened.gettimeout() == 3.0
        assert peer.recv(7) == b"request"
        peer.sendall(b"answer")
        clock.now_s += 1.0
        received = bytearray(6)
        assert opened.recv_into(received) == 6
        assert (bytes(received), opened.gettimeout()) == (b"answer", 2.0)


def test_after_the_deadline_nothing_is_sent_or_received(
    clock: SteadyClock, listener: socket.socket
) -> None:
    opened = connect("127.0.0.1", listener.getsockname()[1], Deadline.after(5.0, clock))
    with opened, listener.accept()[0] as peer:
        peer.sendall(b"an answer that came in time but was not read")
        clock.now_s += 5.0
        with pytest.raises(TimeoutError):
            opened.sendall(b"too late")
        with pytest.raises(TimeoutError):
            opened.recv_into(bytearray(8))
        opened.shutdown(socket.SHUT_WR)
        assert peer.recv(8) == b""


def test_no_connection_is_opened_after_the_deadline(
    clock: SteadyClock, listener: socket.socket
) -> None:
    deadline = Deadline(clock.now_s, clock)
    with pytest.raises(TimeoutError, match="is over"):
        connect("127.0.0.1", listener.getsockname()[1], deadline)
    listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_an_address_that_refuses_is_followed_by_the_next(
    clock: SteadyClock,
    listener: socket.socket,
    closed_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = listener.getsockname()[1]
    resolve_to(monkeypatch, closed_port, closed_port, port)
    with connect("relay.example", 25, Deadline.after(5.0, clock)) as opened:
        assert opened.getpeername() == ("127.0.0.1", port)


def test_the_reason_of_the_last_address_is_raised(
    clock: SteadyClock, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, closed_port, closed_port)
    with pytest.raises(ConnectionRefusedError):
        connect("relay.example", 25, Deadline.after(5.0, clock))


def test_a_name_without_an_address_is_an_error(
    clock: SteadyClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch)
    with pytest.raises(OSError, match="the host has no address"):
        connect("relay.example", 25, Deadline.after(5.0, clock))
