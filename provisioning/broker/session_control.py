"""Ends a session by connecting with its client id.

Mosquitto has no command for it. The control socket lets its owner connect under any id; the clean
session wipes what waited for the client. Done twice, since Mosquitto may have let somebody in
between the first time and the moment its new revocation list counted.
"""

import socket
from pathlib import Path
from typing import Final

ATTEMPTS: Final = 2
TIMEOUT_S: Final = 5.0
ACCEPTED: Final = b"\x20\x02\x00\x00"
DISCONNECT: Final = b"\xe0\x00"


class SessionControlError(RuntimeError):
    """The broker did not answer on its control socket."""


def end_session(control: Path, client: str) -> None:
    """Disconnect a client by its id, whether or not it is there."""
    for _ in range(ATTEMPTS):
        try:
            _take_over(control, client)
        except OSError as error:
            raise SessionControlError(f"no session of {client} could be ended: {error}") from error


def _take_over(control: Path, client: str) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(TIMEOUT_S)
        line.connect(str(control))
        line.sendall(_connect(client))
        answer = line.recv(4)
        if answer != ACCEPTED:
            raise SessionControlError(
                f"the broker answered {answer.hex() or 'nothing'} for {client}"
            )
        line.sendall(DISCONNECT)


def _connect(client: str) -> bytes:
    name = client.encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x0a" + len(name).to_bytes(2, "big") + name
    return b"\x10" + len(body).to_bytes(1, "big") + body
