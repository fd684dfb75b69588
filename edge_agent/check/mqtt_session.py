"""A real MQTT session with the identity of this device, begun and ended at once.

A CONNECT takes over a session that has the same client id, so it is left out while the agent of
this device runs: its heartbeats say more. An agent of the same name on another machine is
disconnected once and connects again. Nothing is published, no will is left. The packets are
written here, since a client library does not say which TLS alert or packet ended a connection.
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
NOT_MQTT: Final = "what answers is no MQTT broker: check host and port"
DISCONNECT_PACKET: Final = b"\xe0\x00"  # DISCONNECT, in order


class NoSessionError(Exception):
    """The broker does not accept the session; the text says why and what to do."""


def check_session(
    broker: BrokerEndpoint, address: DeviceAddress, *, is_version_5: bool = False
) -> CheckResult:
    """Whether the broker accepts this device and lets it hear its acknowledgements."""
    try:
        with closing(_connected(broker)) as line:
            version = _open(line, broker, address, is_version_5=is_version_5)
    except NoSessionError as error:
        return failure(f"{broker!r}", str(error))
    except (OSError, EOFError) as error:
        return failure(f"{broker!r}", describe_connection_error(broker, error))
    return ok(f"{broker!r} accepts {address.device} ({version or 'without TLS'})")


def _connected(broker: BrokerEndpoint) -> socket.socket:
    context = create_tls_context(broker) if broker.tls else None
    plain = socket.create_connection((broker.host, broker.port), timeout=TIMEOUT_S)
    if context is None:
        return plain
    try:
        return context.wrap_socket(plain, server_hostname=broker.host)
    except OSError:
        plain.close()
        raise


def _open(
    line: socket.socket, broker: BrokerEndpoint, address: DeviceAddress, *, is_version_5: bool
) -> str:
    line.sendall(_connect(broker, address.device, is_version_5=is_version_5))
    answer = _expected(line, CONNACK, is_version_5=is_version_5)
    if len(answer) < 2 or answer[1]:
        code = answer[1] if len(answer) > 1 else 0xFF
        raise NoSessionError(describe_reason_code(code, is_version_5=is_version_5))
    topic = address.topic(Channel.ACK)
    line.sendall(_subscribe(topic, is_version_5=is_version_5))
    if _expected(line, SUBACK, is_version_5=is_version_5)[-1] >= 0x80:
        raise NoSessionError(
            f"the session is accepted, but not its subscription to {topic}: the broker's rules "
            "do not know this device at this location"
        )
    line.sendall(DISCONNECT_PACKET)
    return str(getattr(line, "version", lambda: "")())


def _expected(line: socket.socket, wanted: int, *, is_version_5: bool) -> bytes:
    kind, body = _packet(line, (wanted, DISCONNECT))
    if kind == DISCONNECT:
        raise NoSessionError(
            describe_reason_code(body[0], is_version_5=True) if is_version_5 and body else CLOSED
        )
    if not body:
        raise NoSessionError(NOT_MQTT)
    return body


def _packet(line: socket.socket, kinds: Collection[int]) -> tuple[int, bytes]:
    kind, flags = divmod(_read(line, 1)[0], 16)
    if kind not in kinds or flags:
        raise NoSessionError(NOT_MQTT)
    size, shift = 0, 0
    while True:
        byte = _read(line, 1)[0]
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
        if shift > 21:
            raise NoSessionError(NOT_MQTT)
    if size > MAX_PACKET_BYTES:
        raise NoSessionError(NOT_MQTT)
    return kind, _read(line, size)


def _read(line: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        part = line.recv(size - len(content))
        if not part:
            raise EOFError("closed")
        content += part
    return content


def _connect(broker: BrokerEndpoint, client_id: str, *, is_version_5: bool) -> bytes:
    flags = CLEAN
    payload = _text(client_id)
    if broker.username is not None or (broker.password is not None and not is_version_5):
        flags |= USERNAME
        payload += _text(broker.username or "")
    if broker.password is not None:
        flags |= PASSWORD
        payload += _text(broker.password)
    head = _text("MQTT") + bytes((5 if is_version_5 else 4, flags)) + struct.pack("!H", KEEPALIVE_S)
    return _framed(0x10, head + b"\x00" * is_version_5 + payload)


def _subscribe(topic: str, *, is_version_5: bool) -> bytes:
    body = struct.pack("!H", PACKET_ID) + b"\x00" * is_version_5 + _text(topic) + b"\x01"
    return _framed(0x82, body)


def _framed(first: int, body: bytes) -> bytes:
    size, length = len(body), bytearray()
    while True:
        size, low = divmod(size, 128)
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes((first, *length)) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded
