"""MQTT 5 by AWS's own client, for AWS IoT Core; any broker with client certificates will do.

Hard truths: the client queues what is published while offline, so it is told to fail that at
once; its callbacks come on a thread of its own; it reads a certificate once, so a renewed one
needs another client. A session never outlives its connection: both are begun together.
"""

import logging
import random
import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import msgspec
from awscrt import mqtt5
from awsiot import mqtt5_client_builder

from edge_agent.transport.broker import BrokerEndpoint, LinkError
from wire.clock import utc_now
from wire.envelope import MAX_PAYLOAD_BYTES
from wire.health import Presence, PresenceStatus
from wire.scalars import LocationId
from wire.session_takeover import ADVICE, TAKEN_OVER
from wire.topics import Channel, DeviceAddress

log = logging.getLogger(__name__)

MAX_UNSENT: Final = 20  # messages between us and the broker before `send` says "not now"
PACKET_OVERHEAD_BYTES: Final = 20  # fixed header, topic length, message id, no properties
MAX_LOCATION_LENGTH: Final = 64  # of another location
FILTERS_PER_REQUEST: Final = 8  # AWS IoT Core takes no more in one request
MAX_INBOX: Final = 1000
DISCONNECT_TIMEOUT_S: Final = 2.0
KEY: Final = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----\s*", re.S
)


class AwsIotLink:
    """One device's connection; its client id is the device's name."""

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
            raise LinkError(f"{broker!r}: AWS's client goes by certificate: use mqtts:// with one")
        self.connected = False
        self.sessions = 0
        self._broker = broker
        self._address = address
        self._keepalive_s = keepalive_s
        self._clock = clock
        self._hears = (address.topic(Channel.ACK), *subscriptions)
        self._inbox: deque[bytes] = deque(maxlen=MAX_INBOX)
        self._heard: deque[tuple[str, bytes]] = deque(maxlen=MAX_INBOX)
        self._room = threading.Semaphore(MAX_UNSENT)
        self._unconfirmed = 0
        self._counting = threading.Lock()
        self._former_acks: list[str] = []  # of locations where the device stood before
        self.largest_payload_bytes: int | None = None
        self._client = self._configured()

    def start(self) -> None:
        self._client.start()

    def send(self, channel: Channel, payload: bytes) -> bool:
        return self.publish(self._address.topic(channel), payload)

    def send_audience(self, location: LocationId, payload: bytes) -> bool:
        """Reports of a location where the device may have stood before; its answers are heard."""
        address = DeviceAddress(location, self._address.device)
        answers = address.topic(Channel.ACK)
        if answers not in (self._hears[0], *self._former_acks) and self.connected:
            self._former_acks.append(answers)
            self._subscribe([answers])
        return self.publish(address.topic(Channel.AUDIENCE), payload)

    @property
    def unconfirmed(self) -> int:
        """Messages that were handed over and that the broker has not confirmed."""
        return self._unconfirmed

    def publish(self, topic: str, payload: bytes) -> bool:
        """Likewise, on any topic."""
        if not self.connected or not self._room.acquire(blocking=False):
            return False
        self._count(1)
        self._publish(topic, payload).add_done_callback(self._on_sent)
        return True

    def _on_sent(self, sent: "Future[Any]") -> None:
        self._room.release()
        if sent.exception() is None:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._counting:
            self._unconfirmed = max(self._unconfirmed + change, 0)

    def take_acknowledgements(self) -> list[bytes]:
        return [self._inbox.popleft() for _ in range(len(self._inbox))]

    def take_messages(self) -> list[tuple[str, bytes]]:
        """What has come on the topics of `hears` since the last call."""
        return [self._heard.popleft() for _ in range(len(self._heard))]

    def reload_certificate(self) -> None:
        """The certificate's files are new: connect again, with what they hold."""
        old, self._client = self._client, self._configured()
        old.stop()
        self.connected = False
        self._client.start()

    def stop(self) -> None:
        if self.connected:
            with suppress(Exception):  # the connection went meanwhile
                self._say(Presence.STOPPED).result(DISCONNECT_TIMEOUT_S)
        self.connected = False
        self._client.stop()

    def _configured(self) -> mqtt5.Client:
        certificate, key = _pair(self._broker)
        client: list[mqtt5.Client] = []  # callbacks of a client that was replaced are not ours

        def ours() -> bool:
            return not client or client[0] is self._client

        made = mqtt5_client_builder.mtls_from_bytes(
            endpoint=self._broker.host,
            port=self._broker.port,
            cert_bytes=certificate,
            pri_key_bytes=key,
            ca_filepath=str(self._broker.ca) if self._broker.ca else None,
            client_id=self._address.device,
            keep_alive_interval_sec=self._keepalive_s,
            ping_timeout_ms=self._keepalive_s * 500,
            min_reconnect_delay_ms=random.randint(1_000, 3_000),  # noqa: S311  a spread
            max_reconnect_delay_ms=random.randint(20_000, 40_000),  # noqa: S311
            session_behavior=mqtt5.ClientSessionBehaviorType.CLEAN,
            offline_queue_behavior=mqtt5.ClientOperationQueueBehaviorType.FAIL_ALL_ON_DISCONNECT,
            will=self._packet(Presence.OFFLINE, None),
            on_publish_received=self._on_message,
            on_lifecycle_connection_success=lambda data: self._on_connect(data) if ours() else None,
            on_lifecycle_connection_failure=self._on_failure,
            on_lifecycle_disconnection=lambda data: self._on_disconnect(data) if ours() else None,
        )
        client.append(made)
        return made

    def _on_connect(self, data: mqtt5.LifecycleConnectSuccessData) -> None:
        with self._counting:
            self._unconfirmed = 0
        self.largest_payload_bytes = self._payload_limit(data)
        self._subscribe([*self._hears, *self._former_acks])
        self._say(Presence.ONLINE)
        self.sessions += 1
        self.connected = True
        log.info("link.connected", extra={"broker": repr(self._broker)})

    def _subscribe(self, topics: Sequence[str]) -> None:
        for first in range(0, len(topics), FILTERS_PER_REQUEST):
            filters = topics[first : first + FILTERS_PER_REQUEST]
            wanted = [mqtt5.Subscription(topic, mqtt5.QoS.AT_LEAST_ONCE) for topic in filters]
            self._client.subscribe(mqtt5.SubscribePacket(wanted))

    def _payload_limit(self, data: mqtt5.LifecycleConnectSuccessData) -> int | None:
        """What the broker's Maximum Packet Size leaves for a payload; None when it states none."""
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
        if packet is not None and packet.reason_code == TAKEN_OVER:  # AWS's client pauses by itself
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
        if topic == self._hears[0] or topic in self._former_acks:
            self._inbox.append(payload)
        else:
            self._heard.append((topic, payload))

    def _publish(self, topic: str, payload: bytes) -> "Future[Any]":
        packet = mqtt5.PublishPacket(topic=topic, payload=payload, qos=mqtt5.QoS.AT_LEAST_ONCE)
        sent: Future[Any] = self._client.publish(packet)
        return sent

    def _say(self, presence: Presence) -> "Future[Any]":
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


def _pair(broker: BrokerEndpoint) -> tuple[bytes, bytes]:
    """Certificate chain and key, apart, whether they lie in one file or in two."""
    assert broker.certificate is not None
    assert broker.key is not None
    try:
        certificate, keys = broker.certificate.read_bytes(), KEY.search(broker.key.read_bytes())
    except OSError as error:
        raise LinkError(f"certificates for {broker!r} cannot be read: {error}") from error
    if keys is None:
        raise LinkError(f"{broker.key} holds no private key: check --key")
    return KEY.sub(b"", certificate), keys.group()
