"""A camera on loopback."""

import socket
import threading
from contextlib import suppress

import pytest

from tests.edge_agent.films import write_film

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"


@pytest.fixture(scope="module")
def broadcast(street, tmp_path_factory):
    """Four seconds of the street as a transport stream."""
    path = tmp_path_factory.mktemp("broadcast") / "clip.ts"
    write_film(path, (street(n / 10) for n in range(40)))
    return path.read_bytes()


@pytest.fixture
def station(broadcast, request):
    """A camera on loopback that sends the same four seconds to every client; its address."""
    piece = len(broadcast) // 40
    pause_s = getattr(request, "param", 0.02)
    done = threading.Event()

    def send(connection):
        with connection, suppress(OSError):
            connection.recv(4096)
            connection.sendall(HEAD)
            for start in range(0, len(broadcast), piece):
                connection.sendall(broadcast[start : start + piece])
                done.wait(pause_s)

    def serve(listening):
        while not done.is_set():
            with suppress(TimeoutError):
                connection, _ = listening.accept()
                senders.append(threading.Thread(target=send, args=(connection,)))
                senders[-1].start()

    senders: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        server = threading.Thread(target=serve, args=(listening,))
        server.start()
        yield f"http://cam:s3cr3t@127.0.0.1:{listening.getsockname()[1]}/live.ts"
        done.set()
        server.join()
        for sender in senders:
            sender.join()
