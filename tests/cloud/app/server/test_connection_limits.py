"""Clients that send half a request, send slowly, send too much or read nothing delay no other."""

import contextlib
import http.client
import resource
import socket
import subprocess
import sys
import threading
import time

import pytest
import uvicorn

from cloud.app.server.connection_limits import RequestLimits, limited_protocol
from cloud.connection_table import ConnectionTable
from tests.cloud.databases import new_database

LIMITS = RequestLimits(headers_s=0.6, body_s=0.8, idle_s=1, write_s=0.6, headers_bytes=4_096)
PATIENCE_S = 10.0


async def app(scope, receive, send):
    """Echoes a body's length; `/large` answers much, `/socket` is a WebSocket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    size, more = 0, True
    while more and scope["path"] != "/early":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = b"x" * 50_000_000 if scope["path"] == "/large" else str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Served:
    def __init__(self, most, limits=LIMITS):
        self.table = ConnectionTable(most, most_per_client=most)
        config = uvicorn.Config(
            app,
            http=limited_protocol(self.table, limits),
            timeout_keep_alive=int(limits.idle_s),
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],))
        self.thread.start()

    def dial(self, data=b""):
        line = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        line.sendall(data)
        return line

    def status(self, path="/"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        with contextlib.closing(connection):
            connection.request("GET", path)
            return connection.getresponse().status

    def answers(self):
        with self.dial(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n") as line:
            return all_of(line).startswith(b"HTTP/1.1 200 ")

    def stop(self):
        self.server.should_exit = True
        self.thread.join()
        self.listener.close()


@pytest.fixture(scope="module")
def served():
    made = Served(200)
    assert made.status() == 200
    yield made
    made.stop()


def all_of(line):
    """What comes until the other side closes."""
    got = []
    with contextlib.suppress(ConnectionError):
        while chunk := line.recv(65_536):
            got.append(chunk)
    return b"".join(got)


def dripped(line, piece, *, every_s=0.1):
    """Send a piece again and again until the other side closes; what it said."""
    deadline = time.monotonic() + PATIENCE_S
    line.settimeout(every_s)
    got = b""
    while time.monotonic() < deadline:
        try:
            line.sendall(piece)
            chunk = line.recv(65_536)
        except TimeoutError:
            continue
        except ConnectionError:
            return got
        got += chunk
        if not chunk:
            return got
    raise AssertionError("it was never closed")


HALVES = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "half the headers": b"GET / HTTP/1.1\r\nHost: x\r\nAccept: ",
    "half a handshake": b"GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnec",
    "half a body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n12345",
    "half a chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12",
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES.keys())
def test_half_a_request_is_answered_with_408_in_time(served, half):
    with served.dial(half) as line:
        assert all_of(line).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n", b"x"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            b"X-Trailer: y\r\n",
        ),
    ],
    ids=["headers", "body", "chunks", "trailers"],
)
def test_dripping_ends_after_the_whole_time(served, begin, piece):
    with served.dial(begin) as line:
        assert dripped(line, piece).startswith(b"HTTP/1.1 408 ")


def test_line_breaks_do_not_keep_a_connection_open(served):
    with served.dial(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as line:
        assert dripped(line, b"\r\n").startswith(b"HTTP/1.1 200 ")


def test_a_body_that_drips_after_its_answer_ends_too(served):
    with served.dial(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n") as line:
        assert dripped(line, b"x").count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "headers",
    [b"X: " + b"a" * 5_000, b"\r\n".join(b"X-%d: %s" % (n, b"a" * 50) for n in range(200))],
    ids=["one", "many"],
)
@pytest.mark.parametrize("end", [b"\r\n\r\n", b""], ids=["whole", "half"])
def test_large_headers_are_refused(served, headers, end):
    with served.dial(b"GET / HTTP/1.1\r\nHost: x\r\n" + headers + end) as line:
        assert all_of(line).startswith(b"HTTP/1.1 431 ")


def test_a_large_target_is_refused(served):
    with served.dial(b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n") as line:
        assert all_of(line).startswith(b"HTTP/1.1 431 ")


def test_who_takes_nothing_of_the_answer_is_disconnected(served):
    with served.dial(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n") as line:
        threading.Event().wait(2.0)
        assert len(all_of(line)) < 50_000_000


def test_a_slow_but_steady_reader_gets_everything(served):
    with served.dial(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as line:
        assert len(all_of(line)) > 50_000_000


def test_requests_one_after_the_other_and_at_once_are_answered(served):
    ask = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    with served.dial(ask * 5) as line:
        assert all_of(line).count(b"HTTP/1.1 200 ") == 5
    with served.dial() as line:
        for _ in range(5):
            line.sendall(ask)
            assert line.recv(4_096).startswith(b"HTTP/1.1 200 ")


def test_more_connections_than_the_limit_close_the_oldest():
    served = Served(20, RequestLimits())
    try:
        assert served.status() == 200
        held = [served.dial(b"GET / HTTP/1.1\r\n") for _ in range(60)]
        assert served.status() == 200
        assert len(served.table) <= 20
        for line in held:
            line.close()
    finally:
        served.stop()


UPGRADE = (
    b"GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def test_while_all_connections_are_busy_a_new_one_is_answered_503():
    served = Served(5)
    try:
        assert served.status() == 200
        held = [served.dial(UPGRADE) for _ in range(5)]
        for line in held:
            assert line.recv(4_096).startswith(b"HTTP/1.1 101 ")
        threading.Event().wait(LIMITS.body_s + 0.3)  # an open WebSocket has no such time
        with served.dial() as line:
            assert all_of(line).startswith(b"HTTP/1.1 503 ")
        held.pop().close()
        deadline = time.monotonic() + PATIENCE_S
        while not served.answers():
            assert time.monotonic() < deadline
        for line in held:
            line.close()
    finally:
        served.stop()


@pytest.mark.slow
def test_1100_half_sent_requests_under_1024_files_leave_healthz_answering(tmp_path):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_096), hard))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cloud", "serve", "--port", str(port)]
    command += ["--database", new_database(tmp_path)]
    limit = ["bash", "-c", 'ulimit -n 1024; exec "$@"', "bash"]
    with subprocess.Popen([*limit, *command], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert healthz(port, patience_s=60) == 200
            halves = list(HALVES.values())
            held = []
            for number in range(1_100):
                line = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
                line.sendall(halves[number % len(halves)])
                held.append(line)
            for _ in range(20):
                assert healthz(port, patience_s=2) == 200
            for line in held:
                line.close()
        finally:
            process.terminate()
            _, output = process.communicate(timeout=30)
    assert "Traceback" not in output
    assert "Too many open files" not in output


def healthz(port, *, patience_s):
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.request("GET", "/healthz")
            return connection.getresponse().status
        threading.Event().wait(0.1)
    return None
