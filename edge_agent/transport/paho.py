"""MQTT over TCP or TLS, by paho. Never blocks, never believes a PUBACK, keeps nothing in memory.

Hard truths: paho queues what is published while offline and loses it with the process, so nothing
is published then; a session may be lost with the broker, so the acknowledgement topic is
subscribed to on every connect; a refused connection also calls `on_connect`, so its reason is
read; the first connection may take days, so it is made in the background like any other.
"""

import logging
import random
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import msgspec
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.transport.broker import BrokerEndpoint, create_tls_context
from wire.clock import utc_now
from wire.envelope import MAX_PAYLOAD_BYTES
from wire.health import Presence, PresenceStatus
from wire.scalars import LocationId
from wire.session_takeover import ADVICE, TakeoverDetector
from wire.topics import Channel, DeviceAddress

log = logging.getLogger(__name__)

MAX_UNSENT: Final = 20  # messages between us and the broker before `send` says "not now"
DISCONNECT_TIMEOUT_S: Final = 2.0
FIRST_RECONNECT_S: Final = (1, 3)
LONGEST_RECONNECT_S: Final = (20, 40)
FILTERS_PER_REQUEST: Final = 8  # AWS IoT Core takes no more in one request
PACKET_OVERHEAD_BYTES: Final = 16  # fixed header, topic length, message id, no properties
MAX_LOCATION_LENGTH: Final = 64  # of another location
MAX_INBOX: Final = 1000  # acknowledgements are cumulative: the newest say it all


class PahoLink:
    """One device's connection; its client id is the device's name."""

    def __init__(
        self,
        broker: BrokerEndpoint,
        address: DeviceAddress,
        *,
        keepalive_s: int = 30,
        subscriptions: Sequence[str] = (),
        protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.connected = False
        self.sessions = 0
        self._broker = broker
        self._address = address
        self._keepalive_s = keepalive_s
        self._clock = clock
        self._inbox: deque[bytes] = deque(maxlen=MAX_INBOX)
        self._hears = (address.topic(Channel.ACK), *subscriptions)
        self._heard: deque[tuple[str, bytes]] = deque(maxlen=MAX_INBOX)
        self._tls = create_tls_context(broker) if broker.tls else None
        self._is_renewed = False
        self._room = threading.Semaphore(MAX_UNSENT)
        self._handed = self._confirmed = 0  # messages, of this connection
        self._counting = threading.Lock()
        self.largest_payload_bytes: int | None = None
        self._former_acks: list[str] = []  # of locations where the device stood before
        self._takeovers = TakeoverDetector()
        self._is_stopping = False
        self._client = self._configured(protocol)

    def start(self) -> None:
        self._client.connect_async(self._broker.host, self._broker.port, self._keepalive_s)
        self._client.loop_start()

    def send(self, channel: Channel, payload: bytes) -> bool:
        return self.publish(self._address.topic(channel), payload)

    def send_audience(self, location: LocationId, payload: bytes) -> bool:
        """Reports of a location where the device may have stood before; its answers are heard."""
        address = DeviceAddress(location, self._address.device)
        answers = address.topic(Channel.ACK)
        if answers not in (self._hears[0], *self._former_acks) and self.connected:
            self._former_acks.append(answers)
            self._client.subscribe([(answers, 1)])
        return self.publish(address.topic(Channel.AUDIENCE), payload)

    @property
    def unconfirmed(self) -> int:
        """Messages that were handed over and that the broker has not confirmed."""
        return max(self._handed - self._confirmed, 0)

    def publish(self, topic: str, payload: bytes) -> bool:
        """Likewise, on any topic."""
        if not self.connected or not self._room.acquire(blocking=False):
            return False
        with self._counting:
            self._handed += 1
        sent = self._client.publish(topic, payload, qos=1)
        if sent.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            self._room.release()
            with self._counting:
                self._handed -= 1
        return sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def take_acknowledgements(self) -> list[bytes]:
        return [self._inbox.popleft() for _ in range(len(self._inbox))]

    def take_messages(self) -> list[tuple[str, bytes]]:
        """What has come on the topics of `hears` since the last call."""
        return [self._heard.popleft() for _ in range(len(self._heard))]

    def reload_certificate(self) -> None:
        """The certificate's files are new: the next connection shows what they hold."""
        self._is_renewed = True

    def stop(self) -> None:
        self._is_stopping = True
        if self.connected:
            goodbye = self._say(Presence.STOPPED)
            with suppress(RuntimeError, ValueError):  # the connection went meanwhile
                goodbye.wait_for_publish(DISCONNECT_TIMEOUT_S)
        self.connected = False
        self._client.disconnect()
        self._client.loop_stop()

    def _configured(self, protocol: MQTTProtocolVersion) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._address.device,
            protocol=protocol,
            clean_session=True if protocol is MQTTProtocolVersion.MQTTv311 else None,
        )
        client.username_pw_set(self._broker.username, self._broker.password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.will_set(
            self._address.topic(Channel.STATUS),
            self._status(Presence.OFFLINE, None),
            qos=1,
            retain=True,
        )
        _spread(client)
        client.on_pre_connect = self._on_pre_connect
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    def _on_pre_connect(self, _client: mqtt.Client, _userdata: Any) -> None:
        """On the connection's own thread: OpenSSL forbids to change a context that is in use.

        What the last connection left behind is dropped, or paho would send it again and again,
        although it may be what ended that connection. The outbox still has it.
        """
        for _ in self._client.drop_out_messages():
            self._room.release()
        with self._counting:
            self._confirmed = self._handed = 0
        if not self._is_renewed or self._tls is None or not self._broker.certificate:
            return
        self._is_renewed = False
        try:
            self._tls.load_cert_chain(self._broker.certificate, self._broker.key)
        except (OSError, ssl.SSLError) as error:
            log.error("link.not_renewed", extra={"reason": str(error)})

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
        hears = (*self._hears, *self._former_acks)
        for first in range(0, len(hears), FILTERS_PER_REQUEST):
            filters = hears[first : first + FILTERS_PER_REQUEST]
            client.subscribe([(topic, 1) for topic in filters])
        self._say(Presence.ONLINE)
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
        _spread(client)
        if not self._is_stopping:
            self._stay_away_after_takeover(client, reason)

    def _stay_away_after_takeover(self, client: mqtt.Client, reason: ReasonCode) -> None:
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
        if message.topic == self._hears[0] or message.topic in self._former_acks:
            self._inbox.append(bytes(message.payload))
        else:
            self._heard.append((message.topic, bytes(message.payload)))

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _message: int,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._confirmed += 1  # on this thread alone
        self._room.release()

    def _payload_limit(self, properties: Properties | None) -> int | None:
        """What the broker's Maximum Packet Size leaves for a payload; None when it states none."""
        packet_bytes = getattr(properties, "MaximumPacketSize", None)
        if packet_bytes is None:
            return None
        longest_topic = len(self._address.topic(Channel.HEARTBEAT)) + MAX_LOCATION_LENGTH
        return max(int(packet_bytes) - longest_topic - PACKET_OVERHEAD_BYTES, 1)

    def _say(self, presence: Presence) -> mqtt.MQTTMessageInfo:
        self._room.acquire(blocking=False)  # `_on_publish` gives one back for every message
        with self._counting:
            self._handed += 1
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


def _spread(client: mqtt.Client) -> None:
    """Another pause before each series of attempts: a broker's return must not meet a stampede."""
    first_s, longest_s = (random.randint(*one) for one in (FIRST_RECONNECT_S, LONGEST_RECONNECT_S))  # noqa: S311
    client.reconnect_delay_set(first_s, longest_s)
