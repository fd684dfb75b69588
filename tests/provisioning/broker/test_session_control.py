"""Ending a session: what is sent on the control socket, and how a failure is reported."""

import socket
import threading
from contextlib import contextmanager

import pytest

from provisioning.broker.session_control import ATTEMPTS, SessionControlError, end_session

ACCEPTED = b"\x20\x02\x00\x00"


@contextmanager
def broker(path, *answers):
    """A broker that gives one answer for each connection, and records what it receives."""
    received = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(5)

        def serve():
            for answer in answers:
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as stream:
                    received.append(read_packet(stream))
                    connection.sendall(answer)
                    received.append(stream.read(2) if answer == ACCEPTED else b"")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield received
        thread.join(5)


def read_packet(stream):
    """A whole MQTT packet; its length is a variable byte integer."""
    head, size, shift = stream.read(1), 0, 0
    while True:
        [digit] = stream.read(1)
        size, shift = size | (digit & 0x7F) << shift, shift + 7
        if not digit & 0x80:
            return head + stream.read(size)


def test_a_session_is_taken_over_twice_with_a_clean_session(tmp_path):
    path = tmp_path / "socket"
    with broker(path, *[ACCEPTED] * ATTEMPTS) as received:
        end_session(path, "cam-1")
    connect = b"\x10\x00\x04MQTT\x04\x02\x00\x0a\x00\x05cam-1"
    assert received == [connect, b"\xe0\x00"] * 2


@pytest.mark.parametrize("length", [1, 115, 116, 200, 5_000])
def test_the_packet_is_complete_for_a_client_id_of_any_length(tmp_path, length):
    path, client = tmp_path / "socket", "c" * length
    with broker(path, *[ACCEPTED] * ATTEMPTS) as received:
        end_session(path, client)
    assert received[0].endswith(length.to_bytes(2, "big") + client.encode())


@pytest.mark.parametrize(
    ("answer", "shown"), [(b"\x20\x02\x00\x05", "20020005"), (b"\x20", "20"), (b"", "nothing")]
)
def test_any_other_answer_is_an_error_that_quotes_it(tmp_path, answer, shown):
    path = tmp_path / "socket"
    with (
        broker(path, answer),
        pytest.raises(SessionControlError, match=f"the broker answered {shown} for cam-1"),
    ):
        end_session(path, "cam-1")


def test_a_broker_that_does_not_run_is_an_error_with_the_client(tmp_path):
    with pytest.raises(
        SessionControlError, match=r"the session of cam-1 could not be ended: .*No such file"
    ):
        end_session(tmp_path / "absent", "cam-1")
