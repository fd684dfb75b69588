"""The API starts, names the reason when it cannot, and stops on a signal."""

import argparse
import http.client
import signal
import socket
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.auth.keys import Role, create_key
from cloud.cli.serve import add_arguments, serve
from cloud.database import connect
from tests.cloud.databases import new_database
from tests.programs import start_program


def arguments(*typed: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(list(typed))


def test_a_port_that_is_taken_is_refused_with_what_to_do(tmp_path: Path, capsys):
    database = new_database(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status = serve(arguments("--port", port, "--database", database))

    assert status == 2
    assert f"cannot listen on 127.0.0.1 port {port}" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "0", "70000", "http", "8080 ", "\u0661"])
def test_a_port_that_is_none_is_refused(capsys, port: str):
    with pytest.raises(SystemExit):
        arguments(f"--port={port}")

    assert "is no port: write 1 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "offset", "reason"),
    [("0.0.0.0", "-60", "listen on 127.0.0.1"), ("127.0.0.1", "soon", "no number of seconds")],
)
def test_a_moved_clock_is_for_this_machine_only(
    tmp_path, monkeypatch, capsys, host, offset, reason
):
    moved = tmp_path / "clock"
    moved.write_text(offset)
    monkeypatch.setenv("ONLOOKER_REHEARSAL_CLOCK", str(moved))
    assert serve(arguments("--host", host, "--database", "sqlite:///absent.db")) == 2
    assert reason in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_api_ends_with_status_0_on_a_signal(tmp_path: Path, stop: signal.Signals):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    typed = ["--port", str(port), "--database", new_database(tmp_path)]
    with start_program(["cloud", "serve", *typed], stderr=subprocess.PIPE) as server:
        assert answered(port) == 200
        server.send_signal(stop)
        _, output = server.communicate(timeout=30)

    assert server.returncode == 0
    assert b"api.stopped" in output


@pytest.mark.slow
def test_no_query_string_and_no_key_is_logged(tmp_path: Path):
    database = new_database(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    typed = ["--port", str(port), "--database", database, "--access", "keys"]
    with start_program(["cloud", "serve", *typed], stderr=subprocess.PIPE) as server:
        assert answered(port) == 200
        engine = connect(database)
        key = create_key(engine, Role.SALES, "a test", by="me", now=datetime.now(UTC))
        engine.dispose()
        assert shaken_hands(port, "s3cret-in-the-query", []) == 401
        assert shaken_hands(port, key, ["onlooker", key]) == 101
        for method, path in (("GET", "/api/locations?key="), ("GET", "/nothing?token=")):
            asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            asking.request(method, path + "s3cret-in-the-query", headers={"X-API-Key": key})
            asking.getresponse().read()
            asking.close()
        server.send_signal(signal.SIGTERM)
        _, output = server.communicate(timeout=30)

    assert b"api.stopped" in output
    assert b"s3cret" not in output
    assert key.encode() not in output


def test_a_host_name_that_is_none_is_refused(tmp_path: Path, capsys):
    database = new_database(tmp_path)
    assert serve(arguments("--host-name", "https://x.test", "--database", database)) == 2
    assert "without scheme and port" in capsys.readouterr().err


def shaken_hands(port: int, query: str, subprotocols: list[str]) -> int:
    """The status of opening a WebSocket."""
    offered = f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}\r\n" if subprotocols else ""
    asked = (
        f"GET /api/live?api_key={query} HTTP/1.1\r\nHost: localhost:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offered}\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(asked.encode())
        return int(line.recv(4096).split()[1])


def answered(port: int) -> int:
    """The status of the first answer, asked for until somebody listens."""
    for _ in range(600):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    return 0


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://127.0.0.1", "Redis: the scheme of the address is http"),
        ("127.0.0.1:6379", "Redis: the address has no scheme"),
        ("redis://me:se/cret@here:port", "Redis: the address can be read in two ways"),
    ],
)
def test_a_redis_url_that_is_none_is_refused_without_its_password(
    tmp_path: Path, capsys, url: str, sentence: str
):
    typed = ["serve", "--database", new_database(tmp_path), "--redis", url]

    assert main(typed) == 2
    output = capsys.readouterr().err
    assert sentence in output
    assert "cret" not in output
