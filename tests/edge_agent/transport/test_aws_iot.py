import msgspec
import pytest
from awsiot import mqtt5_client_builder

from edge_agent.settings.transport import LinkSettings
from edge_agent.transport.aws_iot import AwsIotLink
from edge_agent.transport.broker import LinkError, parse_broker_url
from edge_agent.transport.factory import create_link
from wire.health import Presence, PresenceStatus

CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
CHAIN = CERTIFICATE * 2
KEY = b"-----BEGIN EC PRIVATE KEY-----\nBBBB\n-----END EC PRIVATE KEY-----\n"


@pytest.fixture
def options(monkeypatch):
    """The options with which the AWS client is built."""
    built = []

    def build(**options):
        built.append(options)

    monkeypatch.setattr(mqtt5_client_builder, "mtls_from_bytes", build)
    return built


def broker_with(tmp_path, certificate, key=None):
    """A broker whose certificate and key are in one file, or in two."""
    files = {"certificate": tmp_path / "device.crt", "key": tmp_path / "device.crt"}
    files["certificate"].write_bytes(certificate)
    if key is not None:
        files["key"] = tmp_path / "device.key"
        files["key"].write_bytes(key)
    return parse_broker_url("mqtts://h", **files)


def test_the_aws_client_requires_a_certificate(address):
    with pytest.raises(LinkError, match="needs a certificate"):
        create_link(parse_broker_url("mqtt://localhost"), address, LinkSettings(client="aws"))


@pytest.mark.parametrize(
    ("certificate", "key"),
    [(KEY + CHAIN, None), (CHAIN + KEY, None), (CHAIN, KEY)],
    ids=["key first", "certificate first", "two files"],
)
def test_the_certificate_is_presented_without_the_private_key(
    tmp_path, address, options, certificate, key
):
    AwsIotLink(broker_with(tmp_path, certificate, key), address)
    assert options[0]["cert_bytes"] == CHAIN
    assert options[0]["pri_key_bytes"] == KEY


def test_the_will_says_offline_without_a_time_and_is_retained(tmp_path, address, options):
    AwsIotLink(broker_with(tmp_path, CERTIFICATE + KEY), address, keepalive_s=30)
    will = options[0]["will"]
    assert will.topic == "onlooker/v1/KX-01/kx-01-cam-1/status"
    assert msgspec.json.decode(will.payload, type=PresenceStatus) == PresenceStatus(
        device=address.device, presence=Presence.OFFLINE, since=None
    )
    assert will.retain
    assert options[0]["client_id"] == address.device
    assert options[0]["ping_timeout_ms"] < options[0]["keep_alive_interval_sec"] * 1000


def test_without_a_private_key_the_option_is_named(tmp_path, address, options):
    with pytest.raises(LinkError, match=r"device\.crt contains no private key: check --key"):
        AwsIotLink(broker_with(tmp_path, CERTIFICATE), address)
    assert options == []


def test_a_missing_certificate_file_is_an_error(tmp_path, address, options):
    pair = tmp_path / "missing.pem"
    with pytest.raises(LinkError, match="certificates for mqtts://h:8883 cannot be read"):
        AwsIotLink(parse_broker_url("mqtts://h", certificate=pair, key=pair), address)
    assert options == []


def test_before_a_connection_nothing_is_sent_or_received(tmp_path, address, options):
    link = AwsIotLink(broker_with(tmp_path, CERTIFICATE + KEY), address)
    assert not link.publish("topic", b"payload")
    assert not link.send_audience("LB-01", b"payload")
    assert (link.unconfirmed, link.sessions, link.largest_payload_bytes) == (0, 0, None)
    assert (link.take_acknowledgements(), link.take_messages()) == ([], [])
