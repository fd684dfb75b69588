"""The status of a camera is read without credentials, whatever it answers."""

import socket

import pytest

from edge_agent.capture.rtsp_status import LARGEST_ANSWER_BYTES, read_rtsp_status
from wire.addresses import parse_address

ADDRESS = parse_address("rtsp://admin:s3cr3t@10.0.0.9/live?token=t0ken")


class Connection:
    """A connection that answers each request with pieces of bytes, or an error."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.pieces = []
        self.sent = b""

    def sendall(self, request):
        self.sent += request
        answer = self.answers.pop(0) if self.answers else b""
        self.pieces = list(answer) if isinstance(answer, list) else [answer]

    def recv(self, size):
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        return piece[:size]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def status_of(monkeypatch):
    """The status read from a connection."""

    def read(connection, address=ADDRESS):
        monkeypatch.setattr(socket, "create_connection", lambda *_, **__: connection)
        return read_rtsp_status(address, None, within_s=1.0)

    return read


def answer(status, body=b""):
    return b"RTSP/1.0 %d Text\r\nCSeq: 1\r\n\r\n" % status + body


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([answer(200), answer(453)], 453),
        ([answer(404)], 404),
        ([answer(200), answer(301)], 301),
        ([answer(200), answer(200, b"v=0\r\n")], None),  # both succeed
        ([answer(401)], None),  # a request for credentials
        ([answer(200), answer(401)], None),
        ([[b"RTSP/1.0 4", b"54 No\r\n", b"\r\n"]], 454),  # in pieces
        ([b"RTSP/1.0 454 closed at once\r\n"], 454),
        ([b"HTTP/1.0 404 Not Found\r\n\r\n"], None),
        ([b"RTSP/1.0 45\r\n\r\n"], None),
        ([b"garbage \xff\x00\r\n\r\n"], None),
        ([b""], None),
        ([[TimeoutError()]], None),
        ([answer(200), [ConnectionResetError()]], None),
    ],
)
def test_the_first_status_that_is_a_refusal_is_found(status_of, answers, status):
    assert status_of(Connection(*answers)) == status


def test_requests_carry_no_credentials_and_rising_numbers(status_of):
    connection = Connection(answer(200), answer(404))
    status_of(connection)
    assert connection.sent.startswith(b"OPTIONS rtsp://10.0.0.9")
    assert b"\r\nCSeq: 1\r\n\r\nDESCRIBE rtsp://10.0.0.9" in connection.sent
    assert connection.sent.endswith(b" RTSP/1.0\r\nCSeq: 2\r\n\r\n")
    assert b"s3cr3t" not in connection.sent
    assert b"admin" not in connection.sent


def test_an_answer_without_an_end_is_read_up_to_its_limit(status_of):
    class Endless(Connection):
        read_bytes = 0

        def recv(self, size):
            self.read_bytes += size
            return b"x" * size

    connection = Endless()
    assert status_of(connection) is None
    assert connection.read_bytes <= LARGEST_ANSWER_BYTES + 4096


def test_a_host_that_refuses_the_connection_has_no_status(monkeypatch):
    def refuse(*_arguments, **_options):
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert read_rtsp_status(ADDRESS, None, within_s=1.0) is None
