"""Home Assistant learns of each camera by itself: MQTT discovery, on the house's own broker.

Its broker is not the cloud's: another connection, other topics, and only figures that stand on the
status page. What is published there passes the privacy gate as well.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.privacy.egress_filter import EgressError, examine_document
from edge_agent.settings.services import HomeAssistantSettings
from edge_agent.state_board import StateBoard, StateSnapshot
from edge_agent.transport.broker import create_tls_context, parse_broker_url
from wire.health import CaptureState, DeviceFigures

log = logging.getLogger(__name__)

ROOT: Final = "onlooker-device"
LARGEST_BYTES: Final = 4 * 1024
GOODBYE_S: Final = 2.0


class Entity(NamedTuple):
    """One figure as Home Assistant shows it; `about` are its own discovery fields."""

    key: str
    name: str
    kind: str
    about: dict[str, str]
    read: Callable[[StateSnapshot, DeviceFigures | None], object]


def _total(name: str) -> Callable[[StateSnapshot, DeviceFigures | None], object]:
    return lambda one, _figures: one.totals.get(name)


GROWS: Final = {"state_class": "total_increasing"}
PROBLEM: Final = {"device_class": "problem", "entity_category": "diagnostic"}
DIAGNOSTIC: Final = {"entity_category": "diagnostic"}
ENTITIES: Final = (
    Entity("entries", "People", "sensor", GROWS, _total("entries")),
    Entity("onlookers", "Onlookers", "sensor", GROWS, _total("onlookers")),
    Entity(
        "looking_s",
        "Looking",
        "sensor",
        {**GROWS, "unit_of_measurement": "s", "device_class": "duration"},
        lambda one, _: int(str(one.totals.get("looking_ms", 0))) // 1000,
    ),
    Entity(
        "connection",
        "Connection",
        "sensor",
        DIAGNOSTIC,
        lambda _, f: str(f.connection) if f else None,
    ),
    Entity("waiting", "Reports waiting", "sensor", DIAGNOSTIC, lambda o, _: o.beat.outbox_reports),
    Entity(
        "problem",
        "Problem",
        "binary_sensor",
        PROBLEM,
        lambda o, f: _on(o.beat.capture is not CaptureState.STREAMING or bool(f and f.alarms)),
    ),
)


class HomeAssistant:
    """Publishes what is on the board every `every_s`, and what it means after each connection."""

    def __init__(self, settings: HomeAssistantSettings, board: StateBoard, name: str) -> None:
        """`name` tells this device from others of the same node: that of its first camera."""
        self._settings = settings
        self._board = board
        self._broker = parse_broker_url(settings.broker)
        self._ended = threading.Event()
        self._announced: set[str] = set()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            self._client.tls_set_context(create_tls_context(self._broker))
        self._available = f"{self._root}/{name}/available"
        self._client.will_set(self._available, "offline", qos=1, retain=True)
        self._client.on_connect = self._connected
        self._thread = threading.Thread(target=self._run, name="home-assistant", daemon=True)

    def start(self) -> None:
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=30)
        self._client.loop_start()
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(GOODBYE_S)
        if self._client.is_connected():
            goodbye = self._client.publish(self._available, "offline", 1, retain=True)
            goodbye.wait_for_publish(GOODBYE_S)
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def _root(self) -> str:
        return f"{ROOT}/{self._settings.node}"

    def _connected(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _more: Any
    ) -> None:
        if reason.is_failure:
            log.warning("home_assistant.refused", extra={"reason": str(reason)})
            return
        self._announced.clear()
        client.publish(self._available, "online", qos=1, retain=True)

    def _run(self) -> None:
        while not self._ended.wait(self._settings.every_s):
            if self._client.is_connected():
                for snapshot in self._board.snapshots:
                    self._tell_safely(snapshot)

    def _tell_safely(self, snapshot: StateSnapshot) -> None:
        try:
            self._tell(snapshot)
        except Exception:  # what one camera shows does not keep the others from being shown
            log.exception("home_assistant.failed", extra={"device": snapshot.beat.device})

    def _tell(self, snapshot: StateSnapshot) -> None:
        device = snapshot.beat.device
        if device not in self._announced:
            for entity in ENTITIES:
                topic = f"{self._settings.prefix}/{entity.kind}/{device}/{entity.key}/config"
                self._publish(topic, self._discovery(snapshot, entity), retain=True)
            self._announced.add(device)
        figures = (
            snapshot.beat.figures if isinstance(snapshot.beat.figures, DeviceFigures) else None
        )
        state = {entity.key: entity.read(snapshot, figures) for entity in ENTITIES}
        self._publish(f"{self._root}/{device}", state, retain=False)

    def _discovery(self, snapshot: StateSnapshot, entity: Entity) -> dict[str, Any]:
        beat = snapshot.beat
        return {
            "name": entity.name,
            "unique_id": f"onlooker.{beat.device}.{entity.key}",
            "state_topic": f"{self._root}/{beat.device}",
            "value_template": f"{{{{ value_json.{entity.key} }}}}",
            "availability_topic": self._available,
            "expire_after": round(self._settings.every_s * 3 + 30),
            "device": {
                "identifiers": [f"onlooker.{beat.device}"],
                "name": beat.device,
                "manufacturer": "Onlooker",
                "sw_version": beat.versions.agent,
            },
            **entity.about,
        }

    def _publish(self, topic: str, document: dict[str, Any], *, retain: bool) -> None:
        try:
            examine_document(document, largest_bytes=LARGEST_BYTES)
        except EgressError as error:
            log.error("egress.refused", extra={"channel": "home_assistant", "reason": str(error)})
            return
        self._client.publish(topic, json.dumps(document), qos=1, retain=retain)


def _on(is_on: bool) -> str:
    return "ON" if is_on else "OFF"


@contextmanager
def publish_to_home_assistant(
    settings: HomeAssistantSettings, board: StateBoard, name: str
) -> Iterator[None]:
    """While the block runs, if there is a broker to tell."""
    if not settings.broker:
        yield
        return
    assistant = HomeAssistant(settings, board, name)
    assistant.start()
    try:
        yield
    finally:
        assistant.stop()
