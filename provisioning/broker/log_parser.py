"""Parses Mosquitto's log, line by line, into events. It keeps no state.

The patterns match Mosquitto 2.0 and our auth plugin. The plugin logs the certificate's name of a
client that Mosquitto calls `<unknown>`. A line that matches no pattern is ignored. Details are
truncated, since a rejected client chooses its names and topics.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_DETAIL_CHARACTERS: Final = 200


class LogEventKind(StrEnum):
    """What a line tells."""

    CONNECTED = "connected"
    SAID = "said"
    DENIED = "denied"
    TOO_LARGE = "too_large"
    WRONG_ID = "wrong_id"  # asked for a client id that is not the certificate's name
    TAKEN_OVER = "taken_over"  # the same certificate connected a second time
    ASKED_TO_HEAR = "asked_to_hear"
    FLOODED = "flooded"  # more messages than the limit
    CONNECT_FLOODED = "connect_flooded"  # more connections than the limit
    REFUSED = "refused"  # in the handshake: no certificate, or a wrong, expired or revoked one


@dataclass(frozen=True, slots=True)
class LogEvent:
    """What a client did; `client` is None in the handshake, before a client is known."""

    kind: LogEventKind
    client: str | None = None
    detail: str = ""


_ADDRESS: Final = r"(?P<detail>\S+)"
_IGNORED_PREFIXES: Final = ("Sending ", "Received PUBACK from ", "Received PING")  # most of the log
_PATTERNS: Final = (
    (LogEventKind.SAID, re.compile(r"Received PUBLISH from (?P<client>\S+) \(")),
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
    (LogEventKind.ASKED_TO_HEAR, re.compile(r"(?P<client>\S+) [012] (?P<detail>\S.*)$")),
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
    """What one line of the log says, or None."""
    if line.startswith(_IGNORED_PREFIXES):
        return None
    for kind, pattern in _PATTERNS:
        if found := pattern.match(line):
            groups = found.groupdict()
            return LogEvent(
                kind, groups.get("client"), (groups.get("detail") or "")[:MAX_DETAIL_CHARACTERS]
            )
    return None
