"""Shared by tests that run the agent as a process: the process, and a cloud over MQTT."""

import json
import subprocess
import threading

import msgspec
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.programs import start_program
from wire.ack import Ack
from wire.envelope import AudienceEvent, ack_event, decode_events, encode_event
from wire.health import PresenceStatus
from wire.topics import Channel, parse_topic


class MqttCloud:
    """Acknowledges every report and stores it, as it does presences."""

    def __init__(self, mosquitto):
        self.reports = []
        self.presences = []
        ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe("onlooker/#", qos=1)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = self._handle_message
        self._client.connect(mosquitto.host, mosquitto.port)
        self._client.loop_start()
        assert ready.wait(60)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def _handle_message(self, client, _userdata, message):
        address, channel = parse_topic(message.topic)
        if channel is Channel.STATUS:
            status = msgspec.json.decode(message.payload, type=PresenceStatus)
            self.presences.append(status.presence)
        if channel is not Channel.AUDIENCE:
            return
        for event in decode_events(message.payload):
            assert isinstance(event, AudienceEvent)
            self.reports.append(event.data)
            last = event.data.sequence.last
            ack = Ack(
                device=address.device, journal=event.data.journal, through=last, at=event.time
            )
            client.publish(address.topic(Channel.ACK), encode_event(ack_event(ack, address)), qos=1)


def start_agent(*arguments):
    return start_program(
        ["edge_agent", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_until_connected(process):
    for line in process.stderr:
        if json.loads(line)["event"] == "link.connected":
            break
