"""Checks the broker with a real MQTT session of this device, closed at once.

A CONNECT takes over a session with the same client id, so the check is skipped while the agent of
this device is running. An agent with the same id on another machine is disconnected once and
reconnects. Nothing is published, and no will is set. The packets are built here, since a client
library does not report which TLS alert or packet ended a connection.
"""

import socket
import struct
from collections.abc import Collection
from contextlib import closing
from typing import Final

from edge_agent.check.broker_errors import CLOSED, describe_connection_error, describe_reason_code
from edge_agent.check.findings import CheckResult, failure, ok
from edge_agent.transport.broker import BrokerEndpoint, create_tls_context
from wire.topics import Channel, DeviceAddress

TIMEOUT_S: Final = 5.0
CONNACK, SUBACK, DISCONNECT = 2, 9, 14
CLEAN, PASSWORD, USERNAME = 0x02, 0x40, 0x80
KEEPALIVE_S: Final = 30
MAX_PACKET_BYTES: Final = 64 * 1024
PACKET_ID: Final = 1
NOT_MQTT: Final = "the response is not MQTT: check host and port"
DISCONNECT_PACKET: Final = b"\xe0\x00"  # normal DISCONNECT


class NoSessionError(Exception):
    """The broker rejects the session: why, what to do."""


def check_session(
    broker: BrokerEndpoint, address: DeviceAddress, *, is_version_5: bool = False
) -> CheckResult:
    """Whether the broker accepts this device and its subscription to acknowledgements."""
    try:
        with closing(_connect_socket(broker)) as connection:
            version = _open_session(connection, broker, address, is_version_5=is_version_5)
    except NoSessionError as error:
        return failure(f"{broker!r}", str(error))
    except (OSError, EOFError) as error:
        return failure(f"{broker!r}", describe_connection_error(broker, error))
    return ok(f"{broker!r} accepts {address.device} ({version or 'without TLS'})")


def _connect_socket(broker: BrokerEndpoint) -> socket.socket:
    context = create_tls_context(broker) if broker.tls else None
    raw_socket = socket.create_connection((broker.host, broker.port), timeout=TIMEOUT_S)
    if context is None:
        return raw_socket
    try:
        return context.wrap_socket(raw_socket, server_hostname=broker.host)
    except OSError:
        raw_socket.close()
        raise


def _open_session(
    connection: socket.socket, broker: BrokerEndpoint, address: DeviceAddress, *, is_version_5: bool
) -> str:
    connection.sendall(_connect_packet(broker, address.device, is_version_5=is_version_5))
    response = _receive(connection, CONNACK, is_version_5=is_version_5)
    if len(response) < 2 or response[1]:
        code = response[1] if len(response) > 1 else 0xFF
        raise NoSessionError(describe_reason_code(code, is_version_5=is_version_5))
    topic = address.topic(Channel.ACK)
    connection.sendall(_subscribe_packet(topic, is_version_5=is_version_5))
    if _receive(connection, SUBACK, is_version_5=is_version_5)[-1] >= 0x80:
        raise NoSessionError(
            f"the session is accepted, but not its subscription to {topic}: the broker's rules "
            "do not allow this device at this location"
        )
    connection.sendall(DISCONNECT_PACKET)
    return str(getattr(connection, "version", lambda: "")())


def _receive(connection: socket.socket, expected: int, *, is_version_5: bool) -> bytes:
    kind, body = _read_packet(connection, (expected, DISCONNECT))
    if kind == DISCONNECT:
        raise NoSessionError(
            describe_reason_code(body[0], is_version_5=True) if is_version_5 and body else CLOSED
        )
    if not body:
        raise NoSessionError(NOT_MQTT)
    return body


def _read_packet(connection: socket.socket, kinds: Collection[int]) -> tuple[int, bytes]:
    kind, flags = divmod(_read_bytes(connection, 1)[0], 16)
    if kind not in kinds or flags:
        raise NoSessionError(NOT_MQTT)
    size, shift = 0, 0
    while True:
        byte = _read_bytes(connection, 1)[0]
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
        if shift > 21:
            raise NoSessionError(NOT_MQTT)
    if size > MAX_PACKET_BYTES:
        raise NoSessionError(NOT_MQTT)
    return kind, _read_bytes(connection, size)


def _read_bytes(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        part = connection.recv(size - len(content))
        if not part:
            raise EOFError("closed")
        content += part
    return content


def _connect_packet(broker: BrokerEndpoint, client_id: str, *, is_version_5: bool) -> bytes:
    flags = CLEAN
    payload = _encode_text(client_id)
    if broker.username is not None or (broker.password is not None and not is_version_5):
        flags |= USERNAME
        payload += _encode_text(broker.username or "")
    if broker.password is not None:
        flags |= PASSWORD
        payload += _encode_text(broker.password)
    head = (
        _encode_text("MQTT")
        + bytes((5 if is_version_5 else 4, flags))
        + struct.pack("!H", KEEPALIVE_S)
    )
    return _build_packet(0x10, head + b"\x00" * is_version_5 + payload)


def _subscribe_packet(topic: str, *, is_version_5: bool) -> bytes:
    body = struct.pack("!H", PACKET_ID) + b"\x00" * is_version_5 + _encode_text(topic) + b"\x01"
    return _build_packet(0x82, body)


def _build_packet(first: int, body: bytes) -> bytes:
    size, length = len(body), bytearray()
    while True:
        size, low = divmod(size, 128)
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes((first, *length)) + body


def _encode_text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded
