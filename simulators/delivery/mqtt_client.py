"""A broker connection shared by many synthetic cameras; it receives their acknowledgements.

A PUBACK of the broker is not sufficient: the sender keeps a report until the cloud acknowledges it.
"""

import argparse
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client, MQTTMessage

from edge_agent.identity.certificates import read_certificate
from edge_agent.identity.errors import IdentityError
from edge_agent.transport.broker import BrokerEndpoint, LinkError, parse_broker_url
from edge_agent.transport.mqtt_client import KEEPALIVE_S, create_mqtt_client, disconnect
from wire.envelope import AckEvent, decode_events
from wire.topics import Channel, DeviceAddress

CONNECT_WITHIN_S: Final = 10.0


class SimulatorClientError(RuntimeError):
    """The broker address is invalid, or no broker answers."""


class SimulatorClient:
    """A broker connection that receives acknowledgements. Use it as a context manager."""

    def __init__(
        self,
        url: str,
        *,
        ca: Path | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        """`url` is mqtt[s]://[name:password@]host[:port]. The certificate's name is the client id.

        Raises:
            SimulatorClientError: the address, a certificate or a key cannot be used.
        """
        try:
            self._broker = parse_broker_url(url, ca=ca, certificate=certificate, key=key)
            self._client = create_mqtt_client(
                self._broker,
                client_id=_client_id(self._broker),
                connect_timeout_s=CONNECT_WITHIN_S,
            )
        except (IdentityError, LinkError) as error:
            raise SimulatorClientError(f"--broker: {error}") from error
        self._received: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._topics: set[str] = set()
        self._sessions: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._client.on_connect = self._connected
        self._client.on_message = self._message

    def __enter__(self) -> "SimulatorClient":
        broker = self._broker
        try:
            self._client.connect(broker.host, broker.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise SimulatorClientError(
                f"no broker at {broker!r} ({error}): start one or correct --broker"
            ) from error
        self._client.loop_start()
        try:
            self._sessions.get(timeout=CONNECT_WITHIN_S)
        except queue.Empty:
            self._client.loop_stop()
            raise SimulatorClientError(
                f"{broker!r} accepts no session: check name and password"
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        disconnect(self._client)

    def subscribe(self, address: DeviceAddress) -> None:
        """Subscribe to the acknowledgements of a device."""
        topic = address.topic(Channel.ACK)
        if topic not in self._topics:
            self._topics.add(topic)
            self._client.subscribe(topic, qos=1)

    def send(self, address: DeviceAddress, payload: bytes) -> None:
        """Publish on a device's audience channel."""
        self._client.publish(address.topic(Channel.AUDIENCE), payload, qos=1)

    def read_acknowledgements(self, *, wait_s: float) -> Iterator[AckEvent]:
        """Yield received acknowledgements; wait at most `wait_s` for the first."""
        payload = self._next(wait_s)
        while payload is not None:
            yield from (event for event in decode_events(payload) if isinstance(event, AckEvent))
            payload = self._next(0.0)

    def _next(self, wait_s: float) -> bytes | None:
        try:
            return self._received.get(block=wait_s > 0, timeout=wait_s or None)
        except queue.Empty:
            return None

    def has_reconnected(self) -> bool:
        """Whether the client has reconnected since the last call."""
        found = False
        while not self._sessions.empty():
            self._sessions.get()
            found = True
        return found

    def _connected(self, client: Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            return
        for topic in sorted(self._topics):
            client.subscribe(topic, qos=1)
        self._sessions.put(None)

    def _message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        self._received.put(bytes(message.payload))


def simulator_client(arguments: argparse.Namespace) -> SimulatorClient:
    """The connection that `--broker`, `--ca`, `--cert` and `--key` describe."""
    return SimulatorClient(
        arguments.broker, ca=arguments.ca, certificate=arguments.cert, key=arguments.key
    )


def _client_id(broker: BrokerEndpoint) -> str:
    """The certificate's common name, which the broker requires; "" lets the broker choose."""
    if broker.certificate is None:
        return ""
    subject = read_certificate(broker.certificate).subject
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
