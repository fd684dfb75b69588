"""Ends a session by connecting with its client id.

Mosquitto has no command for it. The control socket accepts any client id; a clean session deletes
the messages queued for the client. The connection is opened twice, because a client can reconnect
before Mosquitto applies its new revocation list.
"""

import socket
from pathlib import Path
from typing import Final

ATTEMPTS: Final = 2
TIMEOUT_S: Final = 5.0
ACCEPTED: Final = b"\x20\x02\x00\x00"
DISCONNECT: Final = b"\xe0\x00"


class SessionControlError(RuntimeError):
    """The broker did not end a session."""


def end_session(control: Path, client: str) -> None:
    """Disconnect a client by its id; no error if it is not connected."""
    for _ in range(ATTEMPTS):
        try:
            _take_over(control, client)
        except OSError as error:
            raise SessionControlError(
                f"the session of {client} could not be ended: {error}"
            ) from error


def _take_over(control: Path, client: str) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT_S)
        connection.connect(str(control))
        connection.sendall(_connect(client))
        answer = connection.recv(4)
        if answer != ACCEPTED:
            raise SessionControlError(
                f"the broker answered {answer.hex() or 'nothing'} for {client}"
            )
        connection.sendall(DISCONNECT)


def _connect(client: str) -> bytes:
    name = client.encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x0a" + len(name).to_bytes(2, "big") + name
    return b"\x10" + _remaining_length(len(body)) + body


def _remaining_length(size: int) -> bytes:
    """MQTT's variable byte integer: seven bits a byte, lowest first."""
    encoded = bytearray()
    while True:
        size, digit = divmod(size, 128)
        encoded.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(encoded)
