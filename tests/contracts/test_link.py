"""The contract of every link: a payload is accepted or refused at once, never waited for."""

import threading
import time
from datetime import UTC, datetime

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.outbox import Outbox, ReportSender
from edge_agent.settings.transport import LinkSettings
from edge_agent.transport.broker import parse_broker_url
from edge_agent.transport.factory import create_link
from edge_agent.transport.loopback import LoopbackLink
from edge_agent.transport.paho import PahoLink
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from tests.report_builder import build_report
from wire.ack import Ack
from wire.envelope import AudienceEvent, ack_event, decode_events, encode_event
from wire.fleet.device_config import CONFIG_SHADOW, response_topics, shadow_topic
from wire.scalars import DeviceId, LocationId
from wire.topics import Channel, DeviceAddress

BROKERED = ("paho", "paho by certificate", "aws by certificate")
HERE = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
SOON_S = 10.0


def report_for(journal, sequence):
    return build_report(
        location=HERE.location,
        device=HERE.device,
        journal=journal,
        sequence=sequence,
        starts_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        ends_at=datetime(2026, 11, 23, 8, 0, 30, tzinfo=UTC),
    )


class BrokerCloud:
    """A cloud on a broker that acknowledges reports unless it `ignores` them."""

    def __init__(self, host, port, *, client_id="", tls=None):
        self.acknowledged: list[int] = []
        self.ignores = False
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        if tls is not None:
            self._client.tls_set(*tls)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(
            HERE.topic(Channel.AUDIENCE), qos=1
        )
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_report
        self._client.connect(host, port)
        self._client.loop_start()
        assert self._ready.wait(SOON_S)

    def _on_report(self, client, _userdata, message):
        for event in decode_events(message.payload):
            assert isinstance(event, AudienceEvent)
            if not self.ignores:
                self.acknowledged.append(event.data.sequence.last)
                ack = Ack(
                    device=HERE.device,
                    journal=event.data.journal,
                    through=event.data.sequence.last,
                    at=event.time,
                )
                client.publish(HERE.topic(Channel.ACK), encode_event(ack_event(ack, HERE)), qos=1)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


class DirectCloud:
    """The same cloud behind a loopback link."""

    def __init__(self):
        self.acknowledged: list[int] = []
        self.ignores = False

    def accept(self, event):
        if not self.ignores:
            self.acknowledged.append(event.data.sequence.last)
        return not self.ignores


@pytest.fixture(scope="module")
def secured_broker(works):
    """A broker that requires certificates, and those of the stream and of our device."""
    stream = works.equip("stream", CertificateSubject(CertificateKind.SERVICE, "service:stream"))
    device = works.certify(HERE.device, HERE.location)
    return works, [str(path) for path in stream], device


@pytest.fixture(
    params=["loopback", *(pytest.param(one, marks=pytest.mark.broker) for one in BROKERED)]
)
def link_and_cloud(request):
    if request.param == "loopback":
        cloud = DirectCloud()
        link = LoopbackLink(HERE, cloud.accept)
        yield link, cloud
        return
    if request.param == "paho":
        mosquitto = request.getfixturevalue("mosquitto")
        cloud = BrokerCloud(mosquitto.host, mosquitto.port)
        link = PahoLink(parse_broker_url(mosquitto.url), HERE)
    else:
        works, stream, (certificate, key) = request.getfixturevalue("secured_broker")
        cloud = BrokerCloud(
            "localhost", works.port, client_id="service:stream", tls=(str(works.trust), *stream)
        )
        url = f"mqtts://localhost:{works.port}"
        broker = parse_broker_url(url, ca=works.trust, certificate=certificate, key=key)
        client = request.param.partition(" ")[0]
        link = create_link(
            broker, HERE, LinkSettings(client=client), subscriptions=response_topics(HERE.device)
        )
    yield link, cloud
    link.stop()
    cloud.close()


@pytest.fixture
def outbox(tmp_path):
    box = Outbox(tmp_path / "outbox.sqlite3")
    yield box
    box.close()


def until(holds, pump=lambda: None):
    """Wait until a condition holds; False when it never does."""
    deadline = time.monotonic() + SOON_S
    while not holds() and time.monotonic() < deadline:
        pump()
        time.sleep(0.01)
    return holds()


def test_nothing_is_sent_before_there_is_a_connection(link_and_cloud):
    link, _ = link_and_cloud
    assert not link.connected
    assert link.sessions == 0
    assert link.send(Channel.AUDIENCE, b"[]") is False
    assert link.take_acknowledgements() == []


def test_a_connection_begins_a_session(link_and_cloud):
    link, _ = link_and_cloud
    link.start()
    assert until(lambda: link.connected)
    assert link.sessions == 1


def test_reports_are_sent_in_order_and_deleted_when_acknowledged(link_and_cloud, outbox):
    link, cloud = link_and_cloud
    sender = ReportSender(outbox, link, LinkSettings(batch=10))
    for _ in range(35):
        outbox.put(report_for)
    link.start()
    assert until(lambda: outbox.depth == 0, lambda: sender.pump(time.monotonic()))
    assert cloud.acknowledged == list(range(1, 36))


def test_reports_without_an_acknowledgement_stay(link_and_cloud, outbox):
    link, cloud = link_and_cloud
    cloud.ignores = True
    sender = ReportSender(outbox, link, LinkSettings(resend_after_s=0.2))
    outbox.put(report_for)
    link.start()
    assert until(lambda: link.connected)
    sender.pump(0.0)
    sender.pump(0.1)
    assert outbox.depth == 1
    cloud.ignores = False
    assert until(lambda: outbox.depth == 0, lambda: sender.pump(time.monotonic()))
    assert cloud.acknowledged[0] == 1


def test_after_stop_nothing_is_sent(link_and_cloud):
    link, _ = link_and_cloud
    link.start()
    assert until(lambda: link.connected)
    link.stop()
    assert link.send(Channel.AUDIENCE, b"[]") is False


@pytest.mark.broker
@pytest.mark.parametrize("client", ["paho", "aws"])
def test_fleet_messages_are_received_and_a_renewed_certificate_is_used(secured_broker, client):
    works, _, (certificate, key) = secured_broker
    works.register(HERE.device, HERE.location)
    url = f"mqtts://localhost:{works.port}"
    broker = parse_broker_url(url, ca=works.trust, certificate=certificate, key=key)
    link = create_link(
        broker, HERE, LinkSettings(client=client), subscriptions=response_topics(HERE.device)
    )
    question = shadow_topic(HERE.device, "get", shadow=CONFIG_SHADOW)
    link.start()
    try:
        assert until(lambda: link.connected)
        assert link.publish(question, b'{"clientToken":"t-1"}')
        received = []
        assert until(lambda: received or received.extend(link.take_messages()))
        topic, payload = received[0]
        assert topic.startswith(question)
        assert b"t-1" in payload
        assert link.take_acknowledgements() == []
        link.reload_certificate()
        works.drop(HERE.device)
        assert until(lambda: link.connected and link.sessions >= 2)  # `drop` may end the second
    finally:
        link.stop()
