"""Each line of `check` alone: what it says when all is well, and what to do when it is not."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge_agent.check import certificate, plausible
from edge_agent.link.broker import LinkError, broker_at

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def shown(tmp_path):
    """The line about a certificate that stands for thirty days from noon, key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kx-01-cam-1")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, NOON, NOON + timedelta(days=30))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    pair = tmp_path / "pair.pem"
    pair.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain) + made)
    broker = broker_at("mqtts://cloud.example.org", certificate=pair, key=pair)
    return lambda now, device="kx-01-cam-1": certificate(broker, now, device)


def test_whose_certificate_and_how_long(shown):
    line = shown(NOON + timedelta(days=2, hours=1))
    assert line == "CN=kx-01-cam-1, 27 days left, until 2026-12-23"


def test_a_certificate_of_another_device_is_told_before_a_broker_refuses_it(shown):
    line = shown(NOON, "kx-01-cam-2")
    assert line.endswith("; not of kx-01-cam-2: our own broker and AWS IoT refuse that")


@pytest.mark.parametrize("days", [-1, 30])
def test_a_certificate_out_of_its_time_fails(shown, days):
    with pytest.raises(LinkError, match="stands from 2026-11-23 to 2026-12-23: renew it"):
        shown(NOON + timedelta(days=days))


def test_what_is_no_certificate_fails(tmp_path):
    (tmp_path / "no.pem").write_text("nothing")
    broker = broker_at("mqtts://h", certificate=tmp_path / "no.pem", key=tmp_path / "no.pem")
    with pytest.raises(LinkError, match="give --cert a PEM"):
        certificate(broker, NOON, "cam")


def test_none_is_no_failure():
    assert certificate(broker_at("mqtt://h"), NOON, "cam") == "none is needed without TLS"
    assert certificate(broker_at("mqtts://h"), NOON, "cam") == "none is shown"


def test_the_clock():
    assert plausible(NOON).startswith("2026-11-23T12:00:00+00:00")
    with pytest.raises(OSError, match="set the clock"):
        plausible(datetime(1970, 1, 1, tzinfo=UTC))
