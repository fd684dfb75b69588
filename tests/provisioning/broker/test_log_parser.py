"""The parser of Mosquitto's log: one event a line, and nothing for other lines."""

import pytest

from provisioning.broker.log_parser import LogEventKind, parse_line

RECEIVED = (
    "Received PUBLISH from cam-1 (d0, q1, r0, m1, 'onlooker/v1/KX-01/cam-1/status', ... (2 bytes))"
)


DENIED = "Denied PUBLISH from cam-1 (d0, q1, r0, m2, 'its/mine', ... (2 bytes))"


@pytest.mark.parametrize(
    ("line", "kind", "client", "detail"),
    [
        (RECEIVED, LogEventKind.PUBLISHED, "cam-1", ""),
        (DENIED, LogEventKind.DENIED, "cam-1", "its/mine"),
        (
            "New client connected from 10.0.0.8:50853 as cam-0 (p2, c0, k60, u'cam-0').",
            LogEventKind.CONNECTED,
            "cam-0",
            "10.0.0.8:50853",
        ),
        ("cam-1 1 onlooker/v1/#", LogEventKind.SUBSCRIBED, "cam-1", "onlooker/v1/#"),
        (
            "Client cam-1 disconnected due to oversize packet.",
            LogEventKind.TOO_LARGE,
            "cam-1",
            "oversize packet",
        ),
        (
            "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed",
            LogEventKind.REFUSED,
            None,
            "error:0A000086:SSL routines::certificate verify failed",
        ),
        (
            "Client connection from 10.0.0.8 denied: max_connections exceeded.",
            LogEventKind.REFUSED,
            None,
            "Client connection from 10.0.0.8 denied: max_connections exceeded.",
        ),
    ],
)
def test_a_line_of_mosquitto_is_parsed(line, kind, client, detail):
    event = parse_line(line)
    assert (event.kind, event.client, event.detail) == (kind, client, detail)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "mosquitto version 2.0.11 running",
        "Sending PUBACK to cam-1 (m1, rc0)",
        "Client connection from 10.0.0.8 failed: error:0A000126:SSL routines::unexpected eof while "
        "reading.",
        "Received PUBLISH from",
        "\x00\xff",
    ],
)
def test_other_lines_are_ignored(line):
    assert parse_line(line) is None


def test_a_detail_that_a_client_chose_is_truncated():
    assert len(parse_line("cam-1 1 " + "a" * 60_000).detail) == 200


@pytest.mark.parametrize(
    ("line", "kind", "client", "detail"),
    [
        (
            "Dropped too large PUBLISH from cam-1 (d0, q1, r0, m1, 'a', ... (9 bytes))",
            LogEventKind.TOO_LARGE,
            "cam-1",
            "",
        ),
        (
            "Client cam-1 already connected, closing old connection.",
            LogEventKind.TAKEN_OVER,
            "cam-1",
            "",
        ),
        (
            "Client cam-1 disconnected, not authorised.",
            LogEventKind.REFUSED,
            None,
            "Client cam-1 disconnected, not authorised.",
        ),
        (
            "Auth plugin: cam-1 refused from 10.0.0.8, asked for client id 'cam-2'",
            LogEventKind.WRONG_ID,
            "cam-1",
            "asked for client id 'cam-2'",
        ),
        (
            "Auth plugin: cam-1 disconnected, more than 100 messages a second",
            LogEventKind.FLOODED,
            "cam-1",
            "more than 100 messages a second",
        ),
        (
            "Auth plugin: cam-1 refused from 10.0.0.8, more than 20 connections a minute",
            LogEventKind.CONNECT_FLOODED,
            "cam-1",
            "more than 20 connections a minute",
        ),
        (
            "Auth plugin: connection from 10.0.0.8 refused, it has no certificate",
            LogEventKind.REFUSED,
            None,
            "connection from 10.0.0.8 refused, it has no certificate",
        ),
    ],
)
def test_a_line_of_the_plugin_or_about_a_refusal_is_parsed(line, kind, client, detail):
    event = parse_line(line)
    assert (event.kind, event.client, event.detail) == (kind, client, detail)


def test_a_client_that_mosquitto_does_not_know_is_left_to_the_plugin():
    assert parse_line("Client <unknown> disconnected, not authorised.") is None


@pytest.mark.parametrize("topic", ["a', ... (b", "it's", "x" * 200, "$SYS/\u2603", ""])
def test_a_topic_cannot_end_the_pattern_early(topic):
    event = parse_line(f"Denied PUBLISH from cam-1 (d0, q1, r0, m2, '{topic}', ... (2 bytes))")
    assert (event.kind, event.client, event.detail) == (LogEventKind.DENIED, "cam-1", topic)


def test_a_topic_that_looks_like_a_line_of_the_log_is_not_parsed_as_one():
    event = parse_line("cam-1 0 Client cam-2 already connected, closing old connection.")
    assert (event.kind, event.client) == (LogEventKind.SUBSCRIBED, "cam-1")
