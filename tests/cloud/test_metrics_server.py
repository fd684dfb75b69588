"""Metrics are served to valid requests, whatever other clients do."""

import contextlib
import http.client
import socket

import pytest

from cloud.metrics_server import MOST_READERS, MetricsError, serving_metrics

PATIENCE_S = 10.0


def asked(port, host="localhost"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    with contextlib.closing(connection):
        connection.request("GET", "/metrics", headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_a_taken_port_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(MetricsError, match=rf"port {port}: .*; choose another port"),
            serving_metrics(port),
        ):
            pass
    with pytest.raises(MetricsError, match="choose another port"), serving_metrics(70_000):
        pass


def test_nothing_is_served_where_no_port_is_asked_for():
    with serving_metrics(None) as port:
        assert port == 0


def test_half_sent_requests_are_cut_off_and_the_next_reader_is_served():
    with serving_metrics(0, within_s=0.5) as port, contextlib.ExitStack() as held:
        idle = [
            held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S))
            for _ in range(MOST_READERS)
        ]
        for number, line in enumerate(idle):
            line.sendall(b"GET /metrics HT"[:number])
        for line in idle:
            with contextlib.suppress(ConnectionError):
                while line.recv(4_096):
                    pass
        status, body = asked(port)
    assert status == 200
    assert b"# HELP" in body


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9", 200),
        ("LOCALHOST", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
    ],
)
def test_only_loopback_may_be_asked_for(host, status):
    with serving_metrics(0) as port:
        assert asked(port, host)[0] == status
