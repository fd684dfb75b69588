"""The cloud's commands show no secret of a broker, a database, Redis or a request."""

import signal
import socket
import subprocess
import time

import pytest

from cloud.__main__ import main as cloud
from cloud.app.shared.redis_store import RedisStore
from cloud.fleet.__main__ import main as cloud_fleet
from cloud.ingest.sources.message_source import BatchLimits, SourceError
from cloud.ingest.sources.mqtt import MqttSource, parse_broker_url
from cloud.settings import _redis
from edge_agent.__main__ import main as edge
from simulators.servers.mosquitto import free_port
from tests.cloud.databases import new_database
from tests.programs import start_program
from tests.repository.address_secrets.shapes import (
    BROKERS,
    BROKERS_REFUSED,
    DATABASES,
    PIECES,
    REDIS,
    REDIS_REFUSED,
)


@pytest.mark.parametrize("shape", [*BROKERS, *BROKERS_REFUSED])
def test_a_broker_address_is_shown_without_its_secret(shape, tmp_path, at, check_output):
    url = shape.format(at=at)
    words = ["--source", "/none.mp4", "--broker", url, "--outbox", f"{tmp_path}/o.sqlite3"]
    assert edge(["check", *words]) == 2
    database = f"sqlite:///{tmp_path}/x.db"
    if shape in BROKERS_REFUSED:
        assert cloud(["stream", "--broker", url, "--database", database]) == 2
        assert cloud_fleet(["serve", "--broker", url, "--database", database]) == 2
        with pytest.raises(SourceError) as caught:
            parse_broker_url(url)
        check_output(caught.value)
        return
    source = MqttSource(parse_broker_url(url))
    source.receive(BatchLimits(idle_s=0.1))
    source.close()
    assert "broker.unreachable" in check_output(parse_broker_url(url))


@pytest.mark.parametrize("shape", DATABASES)
def test_a_database_address_is_shown_without_its_secret(shape, at, check_output):
    assert cloud(["database", "check", "--database", shape.format(at=at)]) == 2
    check_output()


@pytest.mark.parametrize("shape", [*REDIS, *REDIS_REFUSED])
def test_a_redis_address_is_shown_without_its_secret(shape, tmp_path, at, check_output):
    url = shape.format(at=at)
    if shape in REDIS_REFUSED:
        words = ["serve", "--database", new_database(tmp_path), "--redis", url]
        assert cloud(words) == 2
    else:
        shared = RedisStore(_redis(url), of="test")
        shared.get("key")
        shared.close()
        assert "redis.lost" in check_output()
    check_output()


def test_a_key_in_the_query_of_a_websocket_is_not_logged(tmp_path):
    port = free_port()
    process = start_program(
        ["cloud", "serve", "--port", port, "--database", new_database(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        responses = [
            request_upgrade(port, path) for path in ("/api/live", "/api/live/KX-01", "/none")
        ]
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert any(response.startswith(b"HTTP/1.1") for response in responses)
    assert [piece for piece in PIECES if piece in out + err] == []


def request_upgrade(port, path):
    """The response to a WebSocket request with a key in its query."""
    request = (
        f"GET {path}?key=s3cret&token=t0ken HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    deadline = time.monotonic() + 60
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(request.encode())
                return connection.recv(4096)
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
