"""MQTT as a source: paho in the thread of the consumer, QoS 1, manual acknowledgements.

A message is acknowledged to the broker only after the commit, so a killed consumer receives it
again; a broker may lose messages, and the devices then send again. A message id (mid) belongs to
one connection and would acknowledge another message on the next, so receipts carry the connection.
While a batch commits nothing is read, which is the back-pressure. Every connection subscribes
again, because a broker that was killed may have lost them.

Two consumers with one client id disconnect each other. MQTT 5 has a reason code for that (0x8E),
which not every broker sends (Mosquitto 2.0 does not); short connections in a row are the other
sign. It is logged as an error with the remedy, and each consumer waits longer before it reconnects.
"""

import logging
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from cloud.ingest.sources.message_source import BatchLimits, Delivery, SourceError
from wire.addresses import AddressError, parse_broker
from wire.topics import Channel, all_devices_filter

log = logging.getLogger(__name__)

KEEPALIVE_S: Final = 60
CONNECT_TIMEOUT_S: Final = 5.0
BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
TAKEN_OVER: Final = 0x8E  # MQTT 5: another client connected with the same client id
TAKEN_OVER_BACKOFF_S: Final = (5.0, 15.0, 30.0, 60.0)
STEADY_S: Final = 120.0  # a connection that lasts this long is not contested
SHORT_CONNECTIONS: Final = 3  # in a row, after which another client with our id is assumed
SESSION_NEVER_EXPIRES_S: Final = 0xFFFFFFFF
MAX_UNACKNOWLEDGED: Final = (
    1_000  # messages that the broker may send before the first is acknowledged
)
SHARED: Final = (Channel.AUDIENCE, Channel.HEARTBEAT, Channel.ALARM)
"""Status is retained, and retained messages do not reach shared subscriptions."""


@dataclass(frozen=True, slots=True)
class MqttBroker:
    """Address and credentials of the broker; `share` names a group of consumers.

    `topics` are filters that are subscribed in place of the topics of cameras.
    """

    host: str
    port: int
    tls: bool = False
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    client_id: str = "onlooker-stream"
    share: str | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    topics: tuple[str, ...] = ()


def parse_broker_url(url: str, **more: Any) -> MqttBroker:
    """The broker at `mqtt://[user:password@]host[:port]`, or `mqtts://` for TLS."""
    try:
        address = parse_broker(url)
    except AddressError as error:
        raise SourceError(f"broker: {error}") from None
    assert address.port is not None
    broker = MqttBroker(
        address.host,
        address.port,
        address.is_secure,
        address.username,
        address.password,
        **more,
    )
    if not broker.tls and (broker.ca_file or broker.cert_file or broker.key_file):
        raise SourceError("certificates were given for an mqtt:// broker: write mqtts://")
    if broker.key_file and not broker.cert_file:
        raise SourceError("--key was given without its certificate: give --cert too")
    return broker


def read_common_name(certificate: Path) -> str | None:
    """The common name, which a hardened broker requires as client id."""
    try:
        subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
    except (OSError, ValueError) as error:
        raise SourceError(f"{certificate} is no certificate that can be read: {error}") from error
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else None


class MqttSource:
    """One connection at a time, re-established when it breaks."""

    def __init__(self, broker: MqttBroker) -> None:
        self._broker = broker
        self._client = self._make_client(broker)
        self._inbox: list[Delivery] = []
        self._connection = 0
        self._connected = False
        self._failures = 0
        self._taken_over = 0
        self._short_connections = 0  # connections in a row that the broker ended soon
        self._connected_at = 0.0  # monotonic
        self._next_try_at = 0.0  # monotonic

    def receive(self, limits: BatchLimits) -> Sequence[Delivery]:
        """Read until the batch is full, quiet or old; reconnect when necessary."""
        if not self._connected and not self._inbox and not self._connect(limits.idle_s):
            return []
        inbox = self._inbox
        self._pump_until(lambda: bool(inbox), limits.idle_s)
        started_at = time.monotonic()
        while inbox and self._connected and len(inbox) < limits.messages:
            count_before = len(inbox)
            left_s = started_at + limits.longest_s - time.monotonic()
            self._pump_until(
                lambda count_before=count_before: len(inbox) > count_before,
                min(limits.quiet_s, left_s),
            )
            if len(inbox) == count_before or left_s <= 0:
                break
        taken = inbox[: limits.messages]
        del inbox[: limits.messages]
        return taken

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge the messages of the present connection."""
        for delivery in deliveries:
            if delivery.receipt is not None and delivery.receipt[0] == self._connection:
                self._client.ack(delivery.receipt[1], 1)

    def send(self, topic: str, payload: bytes) -> None:
        """Publish with QoS 0: a device that misses it sends again and is acknowledged again."""
        if self._connected:
            self._client.publish(topic, payload, qos=0)

    def close(self) -> None:
        """Flush pending packets and disconnect."""
        deadline = time.monotonic() + CONNECT_TIMEOUT_S
        while self._connected and self._client.want_write() and time.monotonic() < deadline:
            self._pump(0.05)
        self._client.disconnect()

    def _make_client(self, broker: MqttBroker) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if broker.tls:
            self._configure_tls(client, broker)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _configure_tls(self, client: Client, broker: MqttBroker) -> None:
        try:
            context = ssl.create_default_context(cafile=broker.ca_file)
            if broker.cert_file is not None:
                context.load_cert_chain(broker.cert_file, broker.key_file)
        except OSError as error:
            raise SourceError(f"TLS files of the broker cannot be used: {error}") from error
        client.tls_set_context(context)

    def _connect(self, within_s: float) -> bool:
        wait_s = self._next_try_at - time.monotonic()
        if wait_s > 0:
            time.sleep(min(wait_s, within_s))
            return False
        try:
            self._client.connect(
                self._broker.host,
                self._broker.port,
                KEEPALIVE_S,
                clean_start=self._broker.share is not None,
                properties=_session(self._broker),
            )
        except OSError as error:
            self._failed(str(error))
            return False
        self._pump_until(lambda: self._connected, CONNECT_TIMEOUT_S)
        if not self._connected:
            self._failed("the broker did not accept the connection")
        return self._connected

    def _failed(self, reason: str) -> None:
        delay_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
        self._next_try_at = time.monotonic() + delay_s
        level = logging.DEBUG if self._failures else logging.WARNING
        self._failures += 1
        self._short_connections = 0
        fields = {"broker": self._broker.host, "port": self._broker.port, "reason": reason}
        log.log(level, "broker.unreachable", extra=fields)

    def _pump_until(self, done: Any, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while not done():
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not self._pump(left_s):
                return

    def _pump(self, wait_s: float) -> bool:
        """One iteration of paho's loop; a burst is read without a system call for each message."""
        count_before = len(self._inbox)
        is_connected = self._client.loop(wait_s) is MQTTErrorCode.MQTT_ERR_SUCCESS
        while is_connected and len(self._inbox) > count_before:
            count_before = len(self._inbox)
            is_connected = self._client.loop_read() is MQTTErrorCode.MQTT_ERR_SUCCESS
        return is_connected

    def _on_connect(self, client: Client, _: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if reason.is_failure:
            log.error("broker.refused", extra={"reason": str(reason)})
            return
        self._connection += 1
        share = f"$share/{self._broker.share}/" if self._broker.share else ""
        if self._broker.topics:
            client.subscribe([(share + topic, 1) for topic in self._broker.topics])
            return
        shared = [(share + all_devices_filter(channel), 1) for channel in SHARED]
        client.subscribe([*shared, (all_devices_filter(Channel.STATUS), 1)])

    def _on_subscribe(self, _c: Client, _: Any, _mid: int, reasons: Any, _more: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            log.error("broker.subscription_refused", extra={"reasons": refused})
            return
        self._connected = True
        self._connected_at = time.monotonic()
        self._failures = 0
        log.info("broker.connected", extra={"client_id": self._broker.client_id})

    def _on_disconnect(self, _c: Client, _: Any, _flags: Any, reason: Any, _more: Any) -> None:
        now = time.monotonic()
        self._next_try_at = now + BACKOFF_S[0]
        if now - self._connected_at >= STEADY_S:
            self._taken_over = self._short_connections = 0
        elif self._connected:
            self._short_connections += 1
        if reason.value == TAKEN_OVER or self._short_connections >= SHORT_CONNECTIONS:
            self._handle_takeover(now)
        elif self._connected:
            log.info("broker.disconnected", extra={"reason": str(reason)})
        self._connected = False

    def _handle_takeover(self, now: float) -> None:
        """Another client has our id: log the remedy and wait before reconnecting."""
        wait_s = TAKEN_OVER_BACKOFF_S[min(self._taken_over, len(TAKEN_OVER_BACKOFF_S) - 1)]
        self._taken_over += 1
        self._next_try_at = now + wait_s
        log.error(
            "broker.session_taken_over",
            extra={
                "client_id": self._broker.client_id,
                "reason": "the broker ends each new connection at once: another client "
                "probably has this client id. Stop one of the two, give each its own --client-id, "
                "or divide the messages with --share GROUP",
                "next_try_s": wait_s,
            },
        )

    def _on_message(self, _c: Client, _: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "(a topic that is not UTF-8)"
        receipt = (self._connection, message.mid) if message.qos else None
        self._inbox.append(Delivery(topic, bytes(message.payload), receipt))


def _session(broker: MqttBroker) -> Properties:
    """Session properties: persistent, unless consumers divide the messages."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 0 if broker.share is not None else SESSION_NEVER_EXPIRES_S
    properties.ReceiveMaximum = MAX_UNACKNOWLEDGED
    return properties
