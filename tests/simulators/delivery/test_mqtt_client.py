"""The broker connection of simulated cameras, on a real Mosquitto and without a broker."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import paho.mqtt.client as mqtt
import pytest

from simulators.delivery.mqtt_client import SimulatorClient, SimulatorClientError
from simulators.delivery.reliable_sender import NotAcknowledgedError, ReliableSender, pack_batches
from simulators.footfall import ReportTotals
from simulators.synthetic.footfall_model import Profile, SyntheticSite, generate_history
from wire.ack import Ack
from wire.audience import AudienceReport
from wire.envelope import ack_event, decode_events, encode_event
from wire.topics import Channel, DeviceAddress, all_devices_filter, parse_topic

SITE = SyntheticSite(
    DeviceAddress("KX-01", "kx-01-sim"), Profile.STATION, ZoneInfo("Europe/London"), seed=1
)
SUNDAY = date(2026, 11, 15)


class Cloud:
    """Counts each report once and acknowledges it; ignores the first messages on request."""

    def __init__(self, broker, ignored=0):
        self.counted, self.received, self._ignored = {}, 0, ignored
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.on_message = self._message
        self.client.connect(broker.host, broker.port)
        self.client.subscribe(all_devices_filter(Channel.AUDIENCE), qos=1)
        self.client.loop_start()

    def _message(self, client, _, message):
        self.received += 1
        if self.received <= self._ignored:
            return
        address, _ = parse_topic(message.topic)
        for event in decode_events(message.payload):
            report: AudienceReport = event.data
            self.counted[report.journal, report.sequence.first] = report.visits
            ack = Ack(
                device=address.device, journal=report.journal,
                through=report.sequence.last, at=datetime.now(UTC),
            )  # fmt: skip
        client.publish(address.topic(Channel.ACK), encode_event(ack_event(ack, address)), qos=1)


def deliver(mosquitto, totals, **limits):
    reports = generate_history(SITE, SUNDAY, datetime(2026, 11, 18, tzinfo=UTC))
    with SimulatorClient(mosquitto.url) as client:
        return ReliableSender(client, **limits).send_all(
            pack_batches(totals.count(reports)), lambda _: None
        )


@pytest.mark.broker
@pytest.mark.parametrize("ignored", [0, 2])
def test_everything_arrives_also_when_the_cloud_misses_the_first_messages(mosquitto, ignored):
    cloud, totals = Cloud(mosquitto, ignored), ReportTotals()
    assert deliver(mosquitto, totals, resend_after_s=0.2) == 3 * 96
    assert len(cloud.counted) == totals.reports == 3 * 96
    assert sum(cloud.counted.values()) == totals.visits
    cloud.client.loop_stop()


@pytest.mark.broker
def test_a_cloud_that_does_not_acknowledge_is_reported_after_the_timeout(mosquitto):
    with pytest.raises(
        NotAcknowledgedError, match=r"0 reports are acknowledged, 288 are not.*kx-01-sim at KX-01"
    ):
        deliver(mosquitto, ReportTotals(), patience_s=0.3)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("127.0.0.1:1883", "--broker: .*has no scheme"),
        ("mqtt://", "--broker: .*has no host"),
        ("mqtt://user:s3cret@[::1", "--broker: "),
    ],
)
def test_an_invalid_address_is_refused_without_its_credentials(url, error):
    with pytest.raises(SimulatorClientError, match=error) as refused:
        SimulatorClient(url)
    assert "s3cret" not in str(refused.value)


def test_a_missing_certificate_is_refused_with_its_path(tmp_path):
    absent = tmp_path / "absent.pem"
    with pytest.raises(SimulatorClientError, match=f"--broker: .*{absent}"):
        SimulatorClient("mqtts://127.0.0.1", certificate=absent, key=absent)


def test_a_broker_that_does_not_run_is_refused_without_its_password():
    client = SimulatorClient("mqtt://user:s3cret@127.0.0.1:1")
    with pytest.raises(SimulatorClientError, match=r"no broker at .*: start one or") as refused:
        client.__enter__()
    assert "s3cret" not in str(refused.value)


@pytest.fixture
def client(monkeypatch):
    """A client whose paho client records calls instead of connecting."""
    client = SimulatorClient("mqtt://127.0.0.1")
    client.calls = []
    for name in ("subscribe", "publish"):
        monkeypatch.setattr(
            client._client, name, lambda *args, name=name, **kw: client.calls.append((name, *args))
        )
    return client


def connected(client, *, is_failure=False):
    reason = SimpleNamespace(is_failure=is_failure)
    client._client.on_connect(client._client, None, None, reason, None)


def test_a_topic_is_subscribed_once_and_again_after_each_reconnection(client):
    for _ in range(2):
        client.subscribe(SITE.address)
    topic = SITE.address.topic(Channel.ACK)
    assert client.calls == [("subscribe", topic)]
    connected(client, is_failure=True)
    assert not client.has_reconnected()
    connected(client)
    assert client.calls == [("subscribe", topic)] * 2
    assert client.has_reconnected()
    assert not client.has_reconnected()


def test_reports_are_published_on_the_audience_channel(client):
    client.send(SITE.address, b"[]")
    assert client.calls == [("publish", "onlooker/v1/KX-01/kx-01-sim/audience", b"[]")]


def test_only_acknowledgements_are_read_and_everything_else_is_ignored(client):
    ack = Ack(
        device=SITE.address.device,
        journal="a" * 16,
        through=7,
        at=datetime(2026, 11, 15, tzinfo=UTC),
    )
    for payload in (b"", b"\xff", b"{}", encode_event(ack_event(ack, SITE.address))):
        client._client.on_message(client._client, None, SimpleNamespace(payload=payload))
    assert [event.data.through for event in client.read_acknowledgements(wait_s=0)] == [7]
    assert list(client.read_acknowledgements(wait_s=0)) == []
