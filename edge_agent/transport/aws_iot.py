"""MQTT 5 with the AWS client, for AWS IoT Core or any broker with client certificates.

The AWS client queues messages published while offline, so it is configured to fail them at once.
Its callbacks run in a thread of its own. It reads a certificate once, so a renewed certificate
needs a new client. Sessions are clean: each connection starts a new one.
"""

import logging
import random
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import msgspec
from awscrt import mqtt5
from awsiot import mqtt5_client_builder

from edge_agent.transport.broker import BrokerEndpoint, LinkError
from edge_agent.transport.link_state import (
    DISCONNECT_TIMEOUT_S,
    FILTERS_PER_REQUEST,
    MAX_LOCATION_LENGTH,
    LinkState,
)
from wire.clock import utc_now
from wire.envelope import MAX_PAYLOAD_BYTES
from wire.health import Presence, PresenceStatus
from wire.scalars import LocationId
from wire.session_takeover import ADVICE, TAKEN_OVER
from wire.topics import Channel, DeviceAddress

log = logging.getLogger(__name__)

PACKET_OVERHEAD_BYTES: Final = 20  # fixed header, topic length, message id, no properties
KEY: Final = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----\s*", re.S
)


class AwsIotLink(LinkState):
    """The connection of one device; its client id is the device id."""

    def __init__(
        self,
        broker: BrokerEndpoint,
        address: DeviceAddress,
        *,
        keepalive_s: int = 30,
        subscriptions: Sequence[str] = (),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        if not (broker.tls and broker.certificate and broker.key):
            raise LinkError(
                f"{broker!r}: the AWS client needs a certificate: use mqtts:// with --cert"
            )
        super().__init__(
            broker, address, keepalive_s=keepalive_s, subscriptions=subscriptions, clock=clock
        )
        self._unconfirmed = 0
        self._client = self._create_client()

    def start(self) -> None:
        self._client.start()

    def send(self, channel: Channel, payload: bytes) -> bool:
        return self.publish(self._address.topic(channel), payload)

    def send_audience(self, location: LocationId, payload: bytes) -> bool:
        """Send reports of a location, perhaps a former one; its acknowledgements arrive too."""
        address = DeviceAddress(location, self._address.device)
        topic = address.topic(Channel.ACK)
        if topic not in (self._subscriptions[0], *self._former_acks) and self.connected:
            self._former_acks.append(topic)
            self._subscribe([topic])
        return self.publish(address.topic(Channel.AUDIENCE), payload)

    @property
    def unconfirmed(self) -> int:
        """Messages sent that the broker has not confirmed."""
        return self._unconfirmed

    def publish(self, topic: str, payload: bytes) -> bool:
        """Send a payload on any topic; False when the link cannot accept it now."""
        if not self.connected or not self._slots.acquire(blocking=False):
            return False
        self._count(1)
        self._publish(topic, payload).add_done_callback(self._on_sent)
        return True

    def _on_sent(self, sent: "Future[Any]") -> None:
        self._slots.release()
        if sent.exception() is None:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._count_lock:
            self._unconfirmed = max(self._unconfirmed + change, 0)

    def take_acknowledgements(self) -> list[bytes]:
        return [self._inbox.popleft() for _ in range(len(self._inbox))]

    def take_messages(self) -> list[tuple[str, bytes]]:
        """Messages received on `subscriptions` since the last call, each with its topic."""
        return [self._messages.popleft() for _ in range(len(self._messages))]

    def reload_certificate(self) -> None:
        """Connect again with the renewed certificate files."""
        old, self._client = self._client, self._create_client()
        old.stop()
        self.connected = False
        self._client.start()

    def stop(self) -> None:
        if self.connected:
            with suppress(Exception):  # the connection ended meanwhile
                self._publish_presence(Presence.STOPPED).result(DISCONNECT_TIMEOUT_S)
        self.connected = False
        self._client.stop()

    def _create_client(self) -> mqtt5.Client:
        certificate, key = _read_pair(self._broker)
        client: list[mqtt5.Client] = []  # callbacks of a replaced client are ignored

        def is_current() -> bool:
            return not client or client[0] is self._client

        created = mqtt5_client_builder.mtls_from_bytes(
            endpoint=self._broker.host,
            port=self._broker.port,
            cert_bytes=certificate,
            pri_key_bytes=key,
            ca_filepath=str(self._broker.ca) if self._broker.ca else None,
            client_id=self._address.device,
            keep_alive_interval_sec=self._keepalive_s,
            ping_timeout_ms=self._keepalive_s * 500,
            min_reconnect_delay_ms=random.randint(1_000, 3_000),  # noqa: S311  spreads reconnects
            max_reconnect_delay_ms=random.randint(20_000, 40_000),  # noqa: S311
            session_behavior=mqtt5.ClientSessionBehaviorType.CLEAN,
            offline_queue_behavior=mqtt5.ClientOperationQueueBehaviorType.FAIL_ALL_ON_DISCONNECT,
            will=self._packet(Presence.OFFLINE, None),
            on_publish_received=self._on_message,
            on_lifecycle_connection_success=lambda data: (
                self._on_connect(data) if is_current() else None
            ),
            on_lifecycle_connection_failure=self._on_failure,
            on_lifecycle_disconnection=lambda data: (
                self._on_disconnect(data) if is_current() else None
            ),
        )
        client.append(created)
        return created

    def _on_connect(self, data: mqtt5.LifecycleConnectSuccessData) -> None:
        with self._count_lock:
            self._unconfirmed = 0
        self.largest_payload_bytes = self._payload_limit(data)
        self._subscribe([*self._subscriptions, *self._former_acks])
        self._publish_presence(Presence.ONLINE)
        self.sessions += 1
        self.connected = True
        log.info("link.connected", extra={"broker": repr(self._broker)})

    def _subscribe(self, topics: Sequence[str]) -> None:
        for first in range(0, len(topics), FILTERS_PER_REQUEST):
            filters = topics[first : first + FILTERS_PER_REQUEST]
            subscriptions = [
                mqtt5.Subscription(topic, mqtt5.QoS.AT_LEAST_ONCE) for topic in filters
            ]
            self._client.subscribe(mqtt5.SubscribePacket(subscriptions))

    def _payload_limit(self, data: mqtt5.LifecycleConnectSuccessData) -> int | None:
        """The largest payload by the broker's Maximum Packet Size; None when it states none."""
        packet_bytes = data.connack_packet.maximum_packet_size
        if packet_bytes is None:
            return None
        longest_topic = len(self._address.topic(Channel.HEARTBEAT)) + MAX_LOCATION_LENGTH
        return max(int(packet_bytes) - longest_topic - PACKET_OVERHEAD_BYTES, 1)

    def _on_failure(self, data: mqtt5.LifecycleConnectFailureData) -> None:
        log.debug(
            "link.unreachable", extra={"broker": repr(self._broker), "reason": str(data.exception)}
        )

    def _on_disconnect(self, data: mqtt5.LifecycleDisconnectData) -> None:
        if self.connected:
            reason = str(data.exception)
            log.warning("link.lost", extra={"broker": repr(self._broker), "reason": reason})
        self.connected = False
        packet = data.disconnect_packet
        if (
            packet is not None and packet.reason_code == TAKEN_OVER
        ):  # the AWS client pauses by itself
            log.error(
                "link.taken_over",
                extra={
                    "broker": repr(self._broker),
                    "client_id": self._address.device,
                    "advice": ADVICE,
                },
            )

    def _on_message(self, data: mqtt5.PublishReceivedData) -> None:
        topic, payload = data.publish_packet.topic, bytes(data.publish_packet.payload or b"")
        if len(payload) > MAX_PAYLOAD_BYTES:
            return
        if topic == self._subscriptions[0] or topic in self._former_acks:
            self._inbox.append(payload)
        else:
            self._messages.append((topic, payload))

    def _publish(self, topic: str, payload: bytes) -> "Future[Any]":
        packet = mqtt5.PublishPacket(topic=topic, payload=payload, qos=mqtt5.QoS.AT_LEAST_ONCE)
        sent: Future[Any] = self._client.publish(packet)
        return sent

    def _publish_presence(self, presence: Presence) -> "Future[Any]":
        sent: Future[Any] = self._client.publish(self._packet(presence, self._clock()))
        return sent

    def _packet(self, presence: Presence, since: datetime | None) -> mqtt5.PublishPacket:
        status = PresenceStatus(device=self._address.device, presence=presence, since=since)
        return mqtt5.PublishPacket(
            topic=self._address.topic(Channel.STATUS),
            payload=msgspec.json.encode(status),
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            retain=True,
        )


def _read_pair(broker: BrokerEndpoint) -> tuple[bytes, bytes]:
    """Certificate chain and key, read from one file or two."""
    assert broker.certificate is not None
    assert broker.key is not None
    try:
        certificate, keys = broker.certificate.read_bytes(), KEY.search(broker.key.read_bytes())
    except OSError as error:
        raise LinkError(f"certificates for {broker!r} cannot be read: {error}") from error
    if keys is None:
        raise LinkError(f"{broker.key} contains no private key: check --key")
    return KEY.sub(b"", certificate), keys.group()
