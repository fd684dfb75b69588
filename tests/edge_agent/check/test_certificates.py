"""How many days a certificate holds, with thresholds, and whose it is."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge_agent.check.certificates import (
    ValidityThresholds,
    check_authority_certificates,
    check_device_certificate,
)
from edge_agent.check.findings import Level
from edge_agent.transport.broker import LinkError, parse_broker_url
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

CAMERA = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OK, WARNING, FAILURE = Level


@pytest.fixture
def issued(tmp_path):
    """Makes a PEM file of key and certificate that holds `days` from noon."""

    def make(days, name="kx-01-cam-1", location=None):
        key = ec.generate_private_key(ec.SECP256R1())
        place = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, location)] if location else []
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), *place])
        ends_at = NOON + timedelta(days=days)
        builder = x509.CertificateBuilder(subject, subject, key.public_key(), 7, NOON, ends_at)
        form = serialization.PrivateFormat.PKCS8
        file = tmp_path / f"{name}-{days}.pem"
        file.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
            + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        return file

    return make


def shown(file):
    return parse_broker_url("mqtts://cloud.example.org", certificate=file, key=file, ca=file)


@pytest.mark.parametrize(
    ("lifetime", "age", "level"),
    [
        (30, 2, OK),  # our own authority's, renewed when 10 to 15 days are left
        (30, 20, OK),
        (30, 23, WARNING),
        (30, 29.9, WARNING),
        (30, 30, FAILURE),
        (365, 300, OK),
        (365, 336, WARNING),
        (3650, 3619, OK),
        (3650, 3621, WARNING),
        (3650, 4000, FAILURE),
        (30, -1, FAILURE),
    ],
)
def test_days_left_are_judged(issued, lifetime, age, level):
    broker, now = shown(issued(lifetime)), NOON + timedelta(days=age)
    result = check_device_certificate(broker, now, CAMERA)
    assert result.level is level, result
    assert check_authority_certificates(broker, now).level is level
    assert bool(result.remedy) == (level is not OK)


@pytest.mark.parametrize(
    ("thresholds", "left", "level"),
    [
        (ValidityThresholds(warn_days=60), 59, WARNING),
        (ValidityThresholds(warn_days=60), 60, OK),
        (ValidityThresholds(warn_days=5), 6, OK),
        (ValidityThresholds(warn_days=60, fail_days=14), 13, FAILURE),
        (ValidityThresholds(warn_days=60, fail_days=14), 14, WARNING),
    ],
)
def test_thresholds_can_be_set(issued, thresholds, left, level):
    broker, now = shown(issued(365)), NOON + timedelta(days=365 - left)
    assert check_device_certificate(broker, now, CAMERA, thresholds).level is level


def test_the_line_names_subject_days_and_date(issued):
    now = NOON + timedelta(days=2, hours=1)
    result = check_device_certificate(shown(issued(30)), now, CAMERA)
    assert result.found == "CN=kx-01-cam-1, 27 days left, until 2026-12-23"


def test_a_certificate_of_another_device_is_a_warning(issued):
    other = DeviceAddress(CAMERA.location, DeviceId("kx-01-cam-2"))
    result = check_device_certificate(shown(issued(365)), NOON, other)
    assert result.level is WARNING
    assert result.found.endswith("; not of kx-01-cam-2")


def test_a_certificate_for_another_location_is_a_warning(issued):
    result = check_device_certificate(shown(issued(365, location="LB-01")), NOON, CAMERA)
    assert result.level is WARNING
    assert result.found.endswith("; for LB-01, not for KX-01")
    assert check_device_certificate(shown(issued(365, location="KX-01")), NOON, CAMERA).level is OK


def test_one_expired_authority_beside_a_valid_one_is_a_warning(issued, tmp_path):
    both = tmp_path / "both.pem"
    both.write_bytes(issued(1, "old").read_bytes() + issued(365, "new").read_bytes())
    broker = parse_broker_url("mqtts://h", ca=both)
    result = check_authority_certificates(broker, NOON + timedelta(days=2))
    assert (result.level, result.remedy) == (WARNING, f"remove it from {both}")


def test_a_file_that_is_no_certificate_is_rejected(tmp_path):
    (tmp_path / "no.pem").write_text("nothing")
    broker = parse_broker_url("mqtts://h", certificate=tmp_path / "no.pem", key=tmp_path / "no.pem")
    with pytest.raises(LinkError, match="give --cert a PEM"):
        check_device_certificate(broker, NOON, CAMERA)


def test_without_certificates_the_check_passes():
    assert check_device_certificate(parse_broker_url("mqtt://h"), NOON, CAMERA).level is OK
    assert (
        check_device_certificate(parse_broker_url("mqtts://h"), NOON, CAMERA).found
        == "no certificate is used"
    )
    assert (
        check_authority_certificates(parse_broker_url("mqtts://h"), NOON).found
        == "certificate authorities of the system"
    )
