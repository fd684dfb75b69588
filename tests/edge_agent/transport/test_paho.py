"""The link with a real broker: connections, restarts, presence."""

import subprocess
import sys
import threading
import time

import msgspec
import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge_agent.outbox import Outbox, ReportSender
from edge_agent.settings.transport import LinkSettings
from edge_agent.transport.broker import parse_broker_url
from edge_agent.transport.factory import create_link
from edge_agent.transport.paho import PahoLink
from simulators.servers.mosquitto import Mosquitto
from tests.edge_agent.outbox.reports import quiet_minute
from wire.envelope import decode_events
from wire.health import Presence, PresenceStatus
from wire.topics import Channel

pytestmark = pytest.mark.broker


@pytest.fixture
def listener(mosquitto):
    """Receives every message below `onlooker/`."""

    class Listener:
        def __init__(self):
            self.take_messages: list[mqtt.MQTTMessage] = []
            ready = threading.Event()
            self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
            self.client.reconnect_delay_set(1, 1)
            self.client.on_connect = lambda client, *_: client.subscribe("onlooker/#", qos=1)
            self.client.on_subscribe = lambda *_: ready.set()
            self.client.on_message = lambda _c, _u, message: self.take_messages.append(message)
            self.client.connect(mosquitto.host, mosquitto.port)
            self.client.loop_start()
            assert ready.wait(60)

        def presences(self):
            return [
                msgspec.json.decode(message.payload, type=PresenceStatus).presence
                for message in self.take_messages
                if message.topic.endswith("/status")
            ]

    one = Listener()
    yield one
    one.client.disconnect()
    one.client.loop_stop()


def until(holds, within_s=10.0):
    deadline = time.monotonic() + within_s
    while not (result := holds()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return result


@pytest.mark.parametrize("protocol", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
def test_presence_is_published_on_connect_and_on_stop(mosquitto, listener, address, protocol):
    link = PahoLink(parse_broker_url(mosquitto.url), address, protocol=protocol)
    link.start()
    assert until(lambda: listener.presences() == [Presence.ONLINE])
    link.stop()
    assert until(lambda: listener.presences() == [Presence.ONLINE, Presence.STOPPED])


DYING = """
import os, sys, time
from edge_agent.transport.broker import parse_broker_url
from edge_agent.transport.paho import PahoLink
from wire.topics import DeviceAddress
link = PahoLink(parse_broker_url(sys.argv[1]), DeviceAddress("KX-01", "kx-01-cam-1"))
link.start()
while not link.connected:
    time.sleep(0.01)
time.sleep(0.2)
os.kill(os.getpid(), 9)
"""


def test_the_broker_publishes_the_will_of_a_killed_agent(mosquitto, listener):
    subprocess.run([sys.executable, "-c", DYING, mosquitto.url], check=False)
    assert until(lambda: listener.presences() == [Presence.ONLINE, Presence.OFFLINE])


@pytest.fixture
def quick_reconnect(monkeypatch):
    """A link reconnects after one second, not after a random time."""
    monkeypatch.setattr("edge_agent.transport.paho.FIRST_RECONNECT_S", (1, 1))


@pytest.mark.usefixtures("quick_reconnect")
def test_a_broker_that_starts_later_is_connected(mosquitto, address):
    mosquitto.kill()
    link = PahoLink(parse_broker_url(mosquitto.url), address)
    link.start()
    assert not link.connected
    mosquitto.start()
    assert until(lambda: link.connected, within_s=20)
    link.stop()


@pytest.mark.usefixtures("quick_reconnect")
def test_after_a_broker_restart_the_new_session_receives_acknowledgements(mosquitto, address):
    link = PahoLink(parse_broker_url(mosquitto.url), address)
    link.start()
    assert until(lambda: link.connected)
    mosquitto.kill()
    assert until(lambda: not link.connected)
    assert link.send(Channel.AUDIENCE, b"lost") is False
    mosquitto.start()
    assert until(lambda: link.sessions == 2, within_s=20)
    cloud = mqtt.Client(CallbackAPIVersion.VERSION2)
    cloud.connect(mosquitto.host, mosquitto.port)
    cloud.loop_start()
    cloud.publish(address.topic(Channel.ACK), b"word", qos=1).wait_for_publish(10)
    assert until(lambda: link.take_acknowledgements() == [b"word"])
    cloud.disconnect()
    cloud.loop_stop()
    link.stop()


def test_a_payload_above_the_limit_is_discarded(mosquitto, address):
    link = PahoLink(parse_broker_url(mosquitto.url), address)
    link.start()
    assert until(lambda: link.connected)
    cloud = mqtt.Client(CallbackAPIVersion.VERSION2)
    cloud.connect(mosquitto.host, mosquitto.port)
    cloud.loop_start()
    cloud.publish(address.topic(Channel.ACK), b"x" * 200_000, qos=1).wait_for_publish(10)
    cloud.publish(address.topic(Channel.ACK), b"word", qos=1).wait_for_publish(10)
    assert until(lambda: link.take_acknowledgements() == [b"word"])
    cloud.disconnect()
    cloud.loop_stop()
    link.stop()


@pytest.mark.usefixtures("quick_reconnect")
@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_sixty_reports_get_through_a_broker_that_takes_4096_bytes(tmp_path, address, version):
    broker = Mosquitto(tmp_path / "narrow", largest_packet_bytes=4096)
    broker.start()
    taken: set[int] = set()
    cloud = mqtt.Client(CallbackAPIVersion.VERSION2)
    cloud.on_message = lambda _c, _u, message: taken.update(
        event.data.sequence.first for event in decode_events(message.payload)
    )
    cloud.connect(broker.host, broker.port)
    cloud.subscribe(address.topic(Channel.AUDIENCE), qos=1)
    cloud.loop_start()
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    for _ in range(60):
        outbox.put(quiet_minute)
    settings = LinkSettings(mqtt=version)
    link = create_link(parse_broker_url(broker.url), address, settings)
    sender = ReportSender(outbox, link, settings)
    link.start()

    def all_taken():
        sender.pump(time.monotonic())
        return taken == set(range(1, 61))

    try:
        assert until(all_taken, within_s=30)
        assert (link.sessions == 1) == (version == "5")
    finally:
        link.stop()
        outbox.close()
        cloud.disconnect()
        cloud.loop_stop()
        broker.stop()


@pytest.mark.slow
@pytest.mark.usefixtures("quick_reconnect")
def test_of_two_agents_with_one_id_one_reports_it_and_stays_disconnected(
    mosquitto, address, caplog
):
    links = [PahoLink(parse_broker_url(mosquitto.url), address) for _ in range(2)]
    for link in links:
        link.start()
    assert until(lambda: "link.taken_over" in caplog.text, within_s=40)
    reported = next(one for one in caplog.records if one.message == "link.taken_over")
    assert reported.levelname == "ERROR"
    assert "copied certificate" in reported.advice
    assert reported.pause_s >= 30
    until(lambda: any(link.connected for link in links))
    sessions = [link.sessions for link in links]
    assert not until(lambda: [link.sessions for link in links] != sessions, within_s=2.5)
    for link in links:
        link.stop()
