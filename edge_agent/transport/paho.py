"""MQTT over TCP or TLS with paho. Calls never block; nothing is queued while offline.

paho queues messages published while offline and loses them with the process, so nothing is
published then. A PUBACK is not an acknowledgement by the cloud. A broker may lose its session, so
the acknowledgement topic is subscribed to at every connection. paho calls `on_connect` for a
rejected connection too, so its reason code is checked. The first connection may take days; it
is retried in the background like any other.
"""

import logging
import random
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import msgspec
from paho.mqtt import client as mqtt
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.transport.broker import BrokerEndpoint, create_tls_context
from edge_agent.transport.link_state import (
    DISCONNECT_TIMEOUT_S,
    FILTERS_PER_REQUEST,
    MAX_LOCATION_LENGTH,
    LinkState,
)
from edge_agent.transport.mqtt_client import (
    KEEPALIVE_S,
    connect_in_background,
    create_mqtt_client,
    disconnect,
)
from wire.clock import utc_now
from wire.envelope import MAX_PAYLOAD_BYTES
from wire.health import Presence, PresenceStatus
from wire.scalars import LocationId
from wire.session_takeover import ADVICE, TakeoverDetector
from wire.topics import Channel, DeviceAddress

log = logging.getLogger(__name__)

FIRST_RECONNECT_S: Final = (1, 3)
LONGEST_RECONNECT_S: Final = (20, 40)
PACKET_OVERHEAD_BYTES: Final = 16  # fixed header, topic length, message id, no properties


class PahoLink(LinkState):
    """The connection of one device; its client id is the device id."""

    def __init__(
        self,
        broker: BrokerEndpoint,
        address: DeviceAddress,
        *,
        keepalive_s: int = KEEPALIVE_S,
        subscriptions: Sequence[str] = (),
        protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(
            broker, address, keepalive_s=keepalive_s, subscriptions=subscriptions, clock=clock
        )
        self._tls = create_tls_context(broker) if broker.tls else None
        self._is_renewed = False
        self._sent = self._confirmed = 0  # messages, of this connection
        self._takeovers = TakeoverDetector()
        self._is_stopping = False
        self._client = self._create_client(protocol)

    def start(self) -> None:
        connect_in_background(self._client, self._broker, keepalive_s=self._keepalive_s)

    def send(self, channel: Channel, payload: bytes) -> bool:
        return self.publish(self._address.topic(channel), payload)

    def send_audience(self, location: LocationId, payload: bytes) -> bool:
        """Send reports of a location, perhaps a former one; its acknowledgements arrive too."""
        address = DeviceAddress(location, self._address.device)
        topic = address.topic(Channel.ACK)
        if topic not in (self._subscriptions[0], *self._former_acks) and self.connected:
            self._former_acks.append(topic)
            self._client.subscribe([(topic, 1)])
        return self.publish(address.topic(Channel.AUDIENCE), payload)

    @property
    def unconfirmed(self) -> int:
        """Messages sent that the broker has not confirmed."""
        return max(self._sent - self._confirmed, 0)

    def publish(self, topic: str, payload: bytes) -> bool:
        """Send a payload on any topic; False when the link cannot accept it now."""
        if not self.connected or not self._slots.acquire(blocking=False):
            return False
        with self._count_lock:
            self._sent += 1
        sent = self._client.publish(topic, payload, qos=1)
        if sent.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            self._slots.release()
            with self._count_lock:
                self._sent -= 1
        return sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def take_acknowledgements(self) -> list[bytes]:
        return [self._inbox.popleft() for _ in range(len(self._inbox))]

    def take_messages(self) -> list[tuple[str, bytes]]:
        """Messages received on `subscriptions` since the last call, each with its topic."""
        return [self._messages.popleft() for _ in range(len(self._messages))]

    def reload_certificate(self) -> None:
        """Use the renewed certificate files from the next connection on."""
        self._is_renewed = True

    def stop(self) -> None:
        self._is_stopping = True
        if self.connected:
            stopped = self._publish_presence(Presence.STOPPED)
            with suppress(RuntimeError, ValueError):  # the connection ended meanwhile
                stopped.wait_for_publish(DISCONNECT_TIMEOUT_S)
        self.connected = False
        disconnect(self._client)

    def _create_client(self, protocol: MQTTProtocolVersion) -> mqtt.Client:
        client = create_mqtt_client(
            self._broker, client_id=self._address.device, protocol=protocol, tls=self._tls
        )
        client.will_set(
            self._address.topic(Channel.STATUS),
            self._status(Presence.OFFLINE, None),
            qos=1,
            retain=True,
        )
        _set_reconnect_delay(client)
        client.on_pre_connect = self._on_pre_connect
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    def _on_pre_connect(self, _client: mqtt.Client, _userdata: Any) -> None:
        """Prepare a connection in paho's thread: OpenSSL forbids changing a context in use.

        Messages of the last connection are dropped: paho would send them again, although one of
        them may have ended that connection. The outbox still has the reports.
        """
        for _ in self._client.drop_out_messages():
            self._slots.release()
        with self._count_lock:
            self._confirmed = self._sent = 0
        if not self._is_renewed or self._tls is None or not self._broker.certificate:
            return
        self._is_renewed = False
        try:
            self._tls.load_cert_chain(self._broker.certificate, self._broker.key)
        except (OSError, ssl.SSLError) as error:
            log.error("link.certificate_not_reloaded", extra={"reason": str(error)})

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.warning("link.refused", extra={"broker": repr(self._broker), "reason": str(reason)})
            return
        self.largest_payload_bytes = self._payload_limit(properties)
        subscriptions = (*self._subscriptions, *self._former_acks)
        for first in range(0, len(subscriptions), FILTERS_PER_REQUEST):
            filters = subscriptions[first : first + FILTERS_PER_REQUEST]
            client.subscribe([(topic, 1) for topic in filters])
        self._publish_presence(Presence.ONLINE)
        self.sessions += 1
        self._takeovers.begin(time.monotonic())
        self.connected = True
        log.info("link.connected", extra={"broker": repr(self._broker)})

    def _on_connect_fail(self, _client: mqtt.Client, _userdata: Any) -> None:
        log.debug("link.unreachable", extra={"broker": repr(self._broker)})

    def _on_disconnect(
        self,
        client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self.connected:
            log.warning("link.lost", extra={"broker": repr(self._broker), "reason": str(reason)})
        self.connected = False
        _set_reconnect_delay(client)
        if not self._is_stopping:
            self._pause_after_takeover(client, reason)

    def _pause_after_takeover(self, client: mqtt.Client, reason: ReasonCode) -> None:
        pause_s = self._takeovers.end(
            time.monotonic(), reason=reason.value, unconfirmed=self.unconfirmed
        )
        if pause_s is not None:
            client.reconnect_delay_set(round(pause_s), round(2 * pause_s))
            log.error(
                "link.taken_over",
                extra={
                    "broker": repr(self._broker),
                    "client_id": self._address.device,
                    "times": self._takeovers.times,
                    "pause_s": round(pause_s),
                    "advice": ADVICE,
                },
            )

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        if len(message.payload) > MAX_PAYLOAD_BYTES:
            return
        if message.topic == self._subscriptions[0] or message.topic in self._former_acks:
            self._inbox.append(bytes(message.payload))
        else:
            self._messages.append((message.topic, bytes(message.payload)))

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _message: int,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._confirmed += 1  # only in this thread
        self._slots.release()

    def _payload_limit(self, properties: Properties | None) -> int | None:
        """The largest payload by the broker's Maximum Packet Size; None when it states none."""
        packet_bytes = getattr(properties, "MaximumPacketSize", None)
        if packet_bytes is None:
            return None
        longest_topic = len(self._address.topic(Channel.HEARTBEAT)) + MAX_LOCATION_LENGTH
        return max(int(packet_bytes) - longest_topic - PACKET_OVERHEAD_BYTES, 1)

    def _publish_presence(self, presence: Presence) -> mqtt.MQTTMessageInfo:
        self._slots.acquire(blocking=False)  # `_on_publish` releases one for every message
        with self._count_lock:
            self._sent += 1
        return self._client.publish(
            self._address.topic(Channel.STATUS),
            self._status(presence, self._clock()),
            qos=1,
            retain=True,
        )

    def _status(self, presence: Presence, since: datetime | None) -> bytes:
        return msgspec.json.encode(
            PresenceStatus(device=self._address.device, presence=presence, since=since)
        )


def _set_reconnect_delay(client: mqtt.Client) -> None:
    """Draw the reconnect delays again, so that cameras do not all reconnect at once."""
    first_s, longest_s = (random.randint(*one) for one in (FIRST_RECONNECT_S, LONGEST_RECONNECT_S))  # noqa: S311
    client.reconnect_delay_set(first_s, longest_s)
