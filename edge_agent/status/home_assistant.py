"""Publishes each camera to Home Assistant by MQTT discovery, on a local broker.

The broker is not that of the cloud: it has a connection and topics of its own, and receives only
figures of the status page. Messages pass the egress filter.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from paho.mqtt import client as mqtt

from edge_agent.privacy.egress_filter import EgressError, examine_document
from edge_agent.settings.services import HomeAssistantSettings
from edge_agent.state_board import StateBoard, StateSnapshot
from edge_agent.transport.broker import parse_broker_url
from edge_agent.transport.mqtt_client import (
    connect_in_background,
    create_mqtt_client,
    disconnect,
)
from wire.health import CaptureState, DeviceFigures
from wire.scalars import DeviceId

log = logging.getLogger(__name__)

ROOT: Final = "onlooker-device"
MAX_MESSAGE_BYTES: Final = 4 * 1024
DISCONNECT_TIMEOUT_S: Final = 2.0


class Entity(NamedTuple):
    """One entity of Home Assistant; `about` are its additional discovery fields."""

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
        "attention_s",
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
        lambda o, f: _on_or_off(
            o.beat.capture is not CaptureState.STREAMING or bool(f and f.alarms)
        ),
    ),
)
FORMER_ENTITIES: Final = (("sensor", "looking_s"),)
"""Kind and key of entities that earlier agents announced; their retained messages are removed."""


class HomeAssistant:
    """Publishes the state board every `every_s`, and discovery messages after each connection."""

    def __init__(self, settings: HomeAssistantSettings, board: StateBoard, name: str) -> None:
        """`name` identifies the device within its node: the id of its first camera."""
        self._settings = settings
        self._board = board
        self._broker = parse_broker_url(settings.broker)
        self._stopping = threading.Event()
        self._announced: set[str] = set()
        self._client = create_mqtt_client(self._broker)
        self._available = f"{self._root}/{name}/available"
        self._client.will_set(self._available, "offline", qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._thread = threading.Thread(target=self._run, name="home-assistant", daemon=True)

    def start(self) -> None:
        connect_in_background(self._client, self._broker)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(DISCONNECT_TIMEOUT_S)
        if self._client.is_connected():
            published = self._client.publish(self._available, "offline", 1, retain=True)
            published.wait_for_publish(DISCONNECT_TIMEOUT_S)
        disconnect(self._client)

    @property
    def _root(self) -> str:
        return f"{ROOT}/{self._settings.node}"

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _more: Any
    ) -> None:
        if reason.is_failure:
            log.warning("home_assistant.refused", extra={"reason": str(reason)})
            return
        self._announced.clear()
        client.publish(self._available, "online", qos=1, retain=True)

    def _run(self) -> None:
        while not self._stopping.wait(self._settings.every_s):
            if self._client.is_connected():
                for snapshot in self._board.snapshots:
                    self._publish_camera_safely(snapshot)

    def _publish_camera_safely(self, snapshot: StateSnapshot) -> None:
        try:
            self._publish_camera(snapshot)
        except Exception:  # one camera must not stop the others
            log.exception("home_assistant.failed", extra={"device": snapshot.beat.device})

    def _publish_camera(self, snapshot: StateSnapshot) -> None:
        device = snapshot.beat.device
        if device not in self._announced:
            for kind, key in FORMER_ENTITIES:
                self._client.publish(self._discovery_topic(device, kind, key), b"", 1, retain=True)
            for entity in ENTITIES:
                topic = self._discovery_topic(device, entity.kind, entity.key)
                self._publish(topic, self._discovery(snapshot, entity), retain=True)
            self._announced.add(device)
        figures = (
            snapshot.beat.figures if isinstance(snapshot.beat.figures, DeviceFigures) else None
        )
        state = {entity.key: entity.read(snapshot, figures) for entity in ENTITIES}
        self._publish(f"{self._root}/{device}", state, retain=False)

    def _discovery_topic(self, device: DeviceId, kind: str, key: str) -> str:
        return f"{self._settings.prefix}/{kind}/{device}/{key}/config"

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
            examine_document(document, largest_bytes=MAX_MESSAGE_BYTES)
        except EgressError as error:
            log.error("egress.blocked", extra={"channel": "home_assistant", "reason": str(error)})
            return
        self._client.publish(topic, json.dumps(document), qos=1, retain=retain)


def _on_or_off(is_on: bool) -> str:
    return "ON" if is_on else "OFF"


@contextmanager
def publish_to_home_assistant(
    settings: HomeAssistantSettings, board: StateBoard, name: str
) -> Iterator[None]:
    """Publish while the block runs, if a broker is configured."""
    if not settings.broker:
        yield
        return
    assistant = HomeAssistant(settings, board, name)
    assistant.start()
    try:
        yield
    finally:
        assistant.stop()
