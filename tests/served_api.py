"""The API as the real program on a free port of loopback, for benchmarks."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ATTEMPTS = 600
PAUSE_S = 0.1


@contextmanager
def serve_api(database_url: str, *options: str) -> Iterator[tuple[int, int]]:
    """Port and process id of `python -m cloud serve`, once it is ready."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = ["serve", "--port", str(port), "--database", database_url, *options]
    command = [sys.executable, "-m", "cloud", *words]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT) as server:
        try:
            wait_until_ready(port)
            yield port, server.pid
        finally:
            server.terminate()


def wait_until_ready(port: int) -> None:
    for _ in range(ATTEMPTS):
        try:
            fetch(http.client.HTTPConnection("127.0.0.1", port, timeout=10), "/readyz")
        except OSError:
            time.sleep(PAUSE_S)
        else:
            return
    raise SystemExit("the server did not come up")


def fetch(connection: http.client.HTTPConnection, path: str) -> bytes:
    """The body of an answer; ends the program unless its status is 200."""
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise SystemExit(f"{path}: {response.status} {body[:300]!r}")
    return body
