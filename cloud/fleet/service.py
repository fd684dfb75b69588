"""The fleet service: answers devices on the broker, continues rollouts, publishes the outbox.

One thread takes requests from the connection's thread in batches of one transaction; a device that
has more than ten requests waiting is refused the rest, as on AWS IoT. Nothing is answered before it
is committed. Requests that are pending when the process ends are repeated by their devices.
"""

import logging
import queue
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from prometheus_client import Counter as MetricCounter
from prometheus_client import Gauge
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from cloud.database import writing
from cloud.fleet import topic_handler
from cloud.fleet.jobs import job_store
from cloud.fleet.outbox import OutgoingMessage, delete_published, pending_messages
from cloud.ingest.sources.mqtt import read_common_name
from wire.fleet.device_config import JOB_REQUESTS, SHADOW_ACTIONS, THINGS
from wire.session_takeover import ADVICE, TakeoverDetector

log = logging.getLogger(__name__)

FILTERS: Final = (
    *(f"{THINGS}/+/shadow/{action}" for action in SHADOW_ACTIONS),
    *(f"{THINGS}/+/shadow/name/+/{action}" for action in SHADOW_ACTIONS),
    *(f"{THINGS}/+/jobs/{request}" for request in JOB_REQUESTS),
)
MAX_BATCH: Final = 100
MAX_QUEUED: Final = 10_000
TICK_INTERVAL: Final = timedelta(seconds=1)
POLL_S: Final = 0.25
KEEPALIVE_S: Final = 30
CLIENT_ID: Final = "service:fleet"  # without a certificate; the broker requires its name
RECONNECT_DELAYS_S: Final = (1, 30)

CONNECTED: Final = Gauge("onlooker_fleet_connected", "1 while the broker accepts the connection")
ANSWERED: Final = MetricCounter("onlooker_fleet_requests", "Requests of devices, answered")


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """A message as it came."""

    topic: str
    payload: bytes


class FleetService:
    """Give it an engine, a clock and a way to publish; it needs no broker to be tried."""

    def __init__(
        self,
        engine: Engine,
        publish: Callable[[str, bytes], Any],
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._publish = publish
        self._clock = clock
        self._queue: queue.Queue[QueuedRequest] = queue.Queue(MAX_QUEUED)
        self._waiting: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._tick_at: datetime | None = None

    def take(self, topic: str, payload: bytes) -> None:
        """Queue a request; called on the connection's thread."""
        device = topic_handler.device_in(topic)
        if device is None:
            return
        with self._lock:
            has_space = (
                self._waiting[device] < topic_handler.MAX_PENDING_REQUESTS
                and not self._queue.full()
            )
            if has_space:
                self._waiting[device] += 1
                self._queue.put_nowait(QueuedRequest(topic, payload))
        if not has_space:
            self._publish_all(topic_handler.reject_throttled(topic, payload, at=self._clock()))

    def step(self, pause_s: float = POLL_S) -> None:
        """Answer pending requests, after waiting at most `pause_s` for one; then do what is due."""
        if batch := self._batch(pause_s):
            self._answer(batch)
        at = self._clock()
        if self._tick_at is None or at >= self._tick_at:
            self._tick_at = at + TICK_INTERVAL
            self._tick(at)

    def _batch(self, pause_s: float) -> list[QueuedRequest]:
        batch: list[QueuedRequest] = []
        try:
            batch.append(self._queue.get(timeout=pause_s))
            while len(batch) < MAX_BATCH:
                batch.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _answer(self, batch: list[QueuedRequest]) -> None:
        at = self._clock()
        messages = self._handle_batch(batch, at)
        with self._lock:
            self._waiting.subtract(str(topic_handler.device_in(one.topic)) for one in batch)
            self._waiting += Counter()  # removes counts of zero
        self._publish_all(messages)
        ANSWERED.inc(len(batch))

    def _handle_batch(self, batch: list[QueuedRequest], at: datetime) -> list[OutgoingMessage]:
        """The answers, once committed; a request that the database rejects is retried alone."""
        messages: list[OutgoingMessage] = []
        try:
            with writing(self._engine) as connection:
                for one in batch:
                    messages += _handle_one(connection, one, at)
        except (OperationalError, InterfaceError) as error:
            self._log_failure(error, batch)
            return []
        except SQLAlchemyError as error:
            if len(batch) > 1:
                return [answer for one in batch for answer in self._handle_batch([one], at)]
            self._log_failure(error, batch)
            return []
        return messages

    def _log_failure(self, error: SQLAlchemyError, batch: list[QueuedRequest]) -> None:
        fields = {"requests": len(batch), "first": batch[0].topic[:200]}
        log.error("fleet.unwritten", extra={**fields, "reason": type(error).__name__})

    def _tick(self, at: datetime) -> None:
        """Continue jobs and publish the outbox; without a database it is tried again later."""
        try:
            with writing(self._engine) as connection:
                messages = job_store.advance_time(connection, at=at)
            self._publish_all(messages)
            with writing(self._engine) as connection:
                pending = pending_messages(connection)
                for _, topic, payload in pending:
                    self._publish(topic, payload)
                if pending:
                    delete_published(connection, [number for number, _, _ in pending])
        except SQLAlchemyError as error:
            log.warning("database.unavailable", extra={"reason": type(error).__name__})

    def _publish_all(self, messages: Iterable[OutgoingMessage]) -> None:
        for one in messages:
            self._publish(one.topic, one.payload)


def _handle_one(
    connection: SqlConnection, one: QueuedRequest, at: datetime
) -> list[OutgoingMessage]:
    """The answers to one request. A request that fails affects no other device."""
    try:
        return topic_handler.handle(connection, one.topic, one.payload, at=at)
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception("fleet.request_failed", extra={"topic": one.topic[:200]})
        return []


@dataclass(frozen=True, slots=True)
class FleetConnection:
    """Where the broker is, and the service's own certificate; none on a plain broker."""

    host: str
    port: int
    trust_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None


def create_client(where: FleetConnection) -> Client:
    """A client that knows the broker and who we are, not connected yet."""
    own_name = read_common_name(Path(where.certificate_file)) if where.certificate_file else None
    client = Client(CallbackAPIVersion.VERSION2, client_id=own_name or CLIENT_ID)
    if where.trust_file is not None:
        context = ssl.create_default_context(cafile=where.trust_file)
        if where.certificate_file is not None:
            context.load_cert_chain(where.certificate_file, where.key_file)
        client.tls_set_context(context)
    client.connect_async(where.host, where.port, KEEPALIVE_S)
    return client


def connect_service(client: Client, service: FleetService) -> None:
    """Pass the messages of every connection of the client to the service."""
    takeovers = TakeoverDetector()

    def subscribe(connection: Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if reason.is_failure:
            log.warning("fleet.refused", extra={"reason": str(reason)})
            return
        takeovers.begin(time.monotonic())
        log.info("fleet.connected", extra={"reason": str(reason)})
        CONNECTED.set(1)
        connection.subscribe([(topic, 1) for topic in FILTERS])

    def handle_disconnect(
        connection: Client, _data: Any, flags: Any, reason: Any, _more: Any
    ) -> None:
        connection.reconnect_delay_set(*RECONNECT_DELAYS_S)
        CONNECTED.set(0)
        if not reason.is_failure:  # we ended it
            return
        log.warning("fleet.disconnected", extra={"reason": str(reason)})
        code = reason.value if flags.is_disconnect_packet_from_server else None
        pause_s = takeovers.end(time.monotonic(), reason=code)
        if pause_s is not None:
            connection.reconnect_delay_set(round(pause_s), round(2 * pause_s))
            log.error(
                "fleet.taken_over",
                extra={"times": takeovers.times, "pause_s": round(pause_s), "advice": ADVICE},
            )

    def receive(_client: Client, _data: Any, message: MQTTMessage) -> None:
        service.take(message.topic, bytes(message.payload))

    client.on_connect = subscribe
    client.on_disconnect = handle_disconnect
    client.on_message = receive
