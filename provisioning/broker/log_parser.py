"""Parses Mosquitto's log, line by line, into events. It has no state.

The patterns match Mosquitto 2.0 and the auth plugin. The plugin logs the certificate's name of a
client that Mosquitto calls `<unknown>`. A line that matches no pattern is ignored. Details are
truncated, since a rejected client chooses its names and topics.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_DETAIL_CHARACTERS: Final = 200


class LogEventKind(StrEnum):
    """Kind of event in a line."""

    CONNECTED = "connected"
    PUBLISHED = "published"
    DENIED = "denied"
    TOO_LARGE = "too_large"
    WRONG_ID = "wrong_id"  # the client id is not the certificate's name
    TAKEN_OVER = "taken_over"  # the same certificate connected a second time
    SUBSCRIBED = "subscribed"
    FLOODED = "flooded"  # more messages than the limit
    CONNECT_FLOODED = "connect_flooded"  # more connections than the limit
    REFUSED = "refused"  # in the handshake: no certificate, or a wrong, expired or revoked one


@dataclass(frozen=True, slots=True)
class LogEvent:
    """An action of a client; `client` is None during the handshake."""

    kind: LogEventKind
    client: str | None = None
    detail: str = ""


_ADDRESS: Final = r"(?P<detail>\S+)"
_IGNORED_PREFIXES: Final = ("Sending ", "Received PUBACK from ", "Received PING")  # most of the log
_PATTERNS: Final = (
    (LogEventKind.PUBLISHED, re.compile(r"Received PUBLISH from (?P<client>\S+) \(")),
    (
        LogEventKind.DENIED,
        re.compile(r"Denied PUBLISH from (?P<client>\S+) \(.*?, '(?P<detail>.*)', \.\.\. \("),
    ),
    (LogEventKind.TOO_LARGE, re.compile(r"Dropped too large PUBLISH from (?P<client>\S+) \(")),
    (
        LogEventKind.TOO_LARGE,
        re.compile(r"Client (?P<client>\S+) disconnected due to (?P<detail>oversize packet)\.$"),
    ),
    (
        LogEventKind.TAKEN_OVER,
        re.compile(r"Client (?P<client>\S+) already connected, closing old connection\.$"),
    ),
    (
        LogEventKind.CONNECTED,
        re.compile(rf"New client connected from {_ADDRESS} as (?P<client>\S+)"),
    ),
    (LogEventKind.SUBSCRIBED, re.compile(r"(?P<client>\S+) [012] (?P<detail>\S.*)$")),
    (
        LogEventKind.REFUSED,
        re.compile(
            r"(?:Client connection from .* failed|OpenSSL Error\[0\]): "
            r"(?P<detail>(?!.*eof while reading).*)"
        ),
    ),
    (LogEventKind.REFUSED, re.compile(r"(?P<detail>Client connection from \S+ denied.*)")),
    (
        LogEventKind.REFUSED,
        re.compile(r"(?P<detail>Client (?!<unknown>)\S+ disconnected, not authorised\.)$"),
    ),
    (
        LogEventKind.WRONG_ID,
        re.compile(
            r"Auth plugin: (?P<client>\S+) refused from \S+, (?P<detail>asked for client id '.*')$"
        ),
    ),
    (
        LogEventKind.FLOODED,
        re.compile(r"Auth plugin: (?P<client>\S+) disconnected, (?P<detail>more than .* second)$"),
    ),
    (
        LogEventKind.CONNECT_FLOODED,
        re.compile(r"Auth plugin: (?P<client>\S+) refused from \S+, (?P<detail>more than .*)$"),
    ),
    (
        LogEventKind.REFUSED,
        re.compile(r"Auth plugin: (?P<detail>connection from \S+ refused, .*)$"),
    ),
)


def parse_line(line: str) -> LogEvent | None:
    """The event in one line of the log; None for any other line."""
    if line.startswith(_IGNORED_PREFIXES):
        return None
    for kind, pattern in _PATTERNS:
        if found := pattern.match(line):
            groups = found.groupdict()
            return LogEvent(
                kind, groups.get("client"), (groups.get("detail") or "")[:MAX_DETAIL_CHARACTERS]
            )
    return None
