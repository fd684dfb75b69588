"""Mosquitto's log, line by line, as facts. Nothing here remembers or decides.

The wording is that of Mosquitto 2.0 and of our guard, which has told who is `<unknown>` to
Mosquitto when it refuses him. A line that is not understood is no fact. Names and topics
are shortened: whoever is refused has chosen them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST: Final = 200


class Happening(StrEnum):
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
    REFUSED = "refused"  # at the door: no certificate, a wrong, an old or a revoked one


@dataclass(frozen=True, slots=True)
class Fact:
    """Who did what; `client` is None at the door, where nobody is known yet."""

    happening: Happening
    client: str | None = None
    detail: str = ""


_ADDRESS: Final = r"(?P<detail>\S+)"
_NO_FACTS: Final = ("Sending ", "Received PUBACK from ", "Received PING")  # most of the log
_LINES: Final = (
    (Happening.SAID, re.compile(r"Received PUBLISH from (?P<client>\S+) \(")),
    (
        Happening.DENIED,
        re.compile(r"Denied PUBLISH from (?P<client>\S+) \(.*?, '(?P<detail>.*)', \.\.\. \("),
    ),
    (Happening.TOO_LARGE, re.compile(r"Dropped too large PUBLISH from (?P<client>\S+) \(")),
    (
        Happening.TOO_LARGE,
        re.compile(r"Client (?P<client>\S+) disconnected due to (?P<detail>oversize packet)\.$"),
    ),
    (
        Happening.TAKEN_OVER,
        re.compile(r"Client (?P<client>\S+) already connected, closing old connection\.$"),
    ),
    (Happening.CONNECTED, re.compile(rf"New client connected from {_ADDRESS} as (?P<client>\S+)")),
    (Happening.ASKED_TO_HEAR, re.compile(r"(?P<client>\S+) [012] (?P<detail>\S.*)$")),
    (
        Happening.REFUSED,
        re.compile(
            r"(?:Client connection from .* failed|OpenSSL Error\[0\]): "
            r"(?P<detail>(?!.*eof while reading).*)"
        ),
    ),
    (Happening.REFUSED, re.compile(r"(?P<detail>Client connection from \S+ denied.*)")),
    (
        Happening.REFUSED,
        re.compile(r"(?P<detail>Client (?!<unknown>)\S+ disconnected, not authorised\.)$"),
    ),
    (
        Happening.WRONG_ID,
        re.compile(
            r"Guard: (?P<client>\S+) refused from \S+, (?P<detail>asked for client id '.*')$"
        ),
    ),
    (
        Happening.FLOODED,
        re.compile(r"Guard: (?P<client>\S+) disconnected, (?P<detail>more than .* second)$"),
    ),
    (
        Happening.CONNECT_FLOODED,
        re.compile(r"Guard: (?P<client>\S+) refused from \S+, (?P<detail>more than .*)$"),
    ),
    (Happening.REFUSED, re.compile(r"Guard: (?P<detail>connection from \S+ refused, .*)$")),
)


def fact(line: str) -> Fact | None:
    """What one line of the log says, or None."""
    if line.startswith(_NO_FACTS):
        return None
    for happening, pattern in _LINES:
        if found := pattern.match(line):
            told = found.groupdict()
            return Fact(happening, told.get("client"), (told.get("detail") or "")[:LONGEST])
    return None
