"""What Home Assistant receives, on a real broker."""

import json
import queue
import time

import pytest
from msgspec import UNSET
from paho.mqtt import client as mqtt
from paho.mqtt import publish
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.settings.services import HomeAssistantSettings
from edge_agent.state_board import StateBoard
from edge_agent.status import home_assistant
from edge_agent.status.home_assistant import ENTITIES, publish_to_home_assistant
from wire.health import CaptureState
from wire.scalars import DeviceId

CAMERA = DeviceId("kx-01-cam-1")
SOON_S = 20


@pytest.fixture
def installation(mosquitto):
    """Receives everything that is published, in order: topic and payload."""
    received = queue.Queue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    ready = queue.Queue()
    client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
    client.on_subscribe = lambda *_: ready.put(True)
    client.on_message = lambda _client, _data, message: received.put(
        (message.topic, message.payload)
    )
    client.connect(mosquitto.host, mosquitto.port)
    client.loop_start()
    ready.get(timeout=SOON_S)
    yield received
    client.disconnect()
    client.loop_stop()


def receive_until(received, topic):
    """The messages up to the first on `topic`, that one last."""
    found, deadline = [], time.monotonic() + SOON_S
    while not found or found[-1][0] != topic:
        assert time.monotonic() < deadline, f"nothing on {topic}: {found[-1:]}"
        found.append(received.get(timeout=SOON_S))
    return found


def settings(mosquitto):
    return HomeAssistantSettings(broker=mosquitto.url, node="lobby", every_s=0.1)


@pytest.mark.broker
def test_a_camera_is_announced_before_its_state_is_published(installation, mosquitto, board):
    with publish_to_home_assistant(settings(mosquitto), board, CAMERA):
        found = receive_until(installation, f"onlooker-device/lobby/{CAMERA}")
    state = json.loads(found[-1][1])
    assert state == {
        "entries": 1_234, "onlookers": 321, "attention_s": 754, "connection": "excellent",
        "waiting": 12, "problem": "OFF",
    }  # fmt: skip
    assert found[0] == (f"onlooker-device/lobby/{CAMERA}/available", b"online")
    discoveries = {topic: json.loads(payload) for topic, payload in found[1:-1] if payload}
    assert set(discoveries) == {
        f"homeassistant/{one.kind}/{CAMERA}/{one.key}/config" for one in ENTITIES
    }
    for one in discoveries.values():
        assert one["state_topic"] == found[-1][0]
        assert one["availability_topic"] == found[0][0]
        key = one["unique_id"].rpartition(".")[2]
        assert one["value_template"] == f"{{{{ value_json.{key} }}}}"
        assert key in state
        assert one["device"]["identifiers"] == [f"onlooker.{CAMERA}"]
    assert (
        receive_until(installation, f"onlooker-device/lobby/{CAMERA}/available")[-1][1]
        == b"offline"
    )


@pytest.mark.broker
def test_the_former_entity_of_an_upgraded_device_is_removed(installation, mosquitto, board):
    topic = f"homeassistant/sensor/{CAMERA}/looking_s/config"
    publish.single(topic, b"{}", 1, retain=True, hostname=mosquitto.host, port=mosquitto.port)
    assert receive_until(installation, topic)[-1][1] == b"{}"
    with publish_to_home_assistant(settings(mosquitto), board, CAMERA):
        assert receive_until(installation, topic)[-1][1] == b""


@pytest.mark.broker
def test_a_failure_is_a_problem_and_unknown_values_are_null(installation, mosquitto, snapshot):
    board = StateBoard()
    board.publish(CAMERA, snapshot(capture=CaptureState.FAILED, figures=UNSET))
    with publish_to_home_assistant(settings(mosquitto), board, CAMERA):
        state = json.loads(receive_until(installation, f"onlooker-device/lobby/{CAMERA}")[-1][1])
    assert (state["problem"], state["connection"]) == ("ON", None)


@pytest.mark.broker
def test_a_camera_is_announced_again_after_the_broker_restarts(installation, mosquitto, board):
    with publish_to_home_assistant(settings(mosquitto), board, CAMERA):
        receive_until(installation, f"onlooker-device/lobby/{CAMERA}")
        mosquitto.kill()
        mosquitto.start()
        topic = f"homeassistant/sensor/{CAMERA}/entries/config"
        assert json.loads(receive_until(installation, topic)[-1][1])["name"] == "People"


def test_without_a_broker_no_client_is_created(board, monkeypatch):
    created = []
    monkeypatch.setattr(home_assistant.mqtt, "Client", lambda *_a, **_k: created.append(1))
    with publish_to_home_assistant(HomeAssistantSettings(), board, CAMERA):
        pass
    assert created == []


@pytest.mark.broker
def test_a_device_that_ends_does_not_make_another_of_the_same_node_unavailable(
    installation, mosquitto, board
):
    with publish_to_home_assistant(settings(mosquitto), board, "other"):
        receive_until(installation, "onlooker-device/lobby/other/available")
        with publish_to_home_assistant(settings(mosquitto), board, CAMERA):
            receive_until(installation, f"onlooker-device/lobby/{CAMERA}/available")
        found = receive_until(installation, f"onlooker-device/lobby/{CAMERA}/available")
        assert ("onlooker-device/lobby/other/available", b"offline") not in found
