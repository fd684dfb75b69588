from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edge_agent.enrolment.claim import (
    EnrolError,
    check_clock,
    enrolment_server,
    format_server,
    load_claim,
    read_serial_number,
)

CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
STARTS_AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"


@pytest.fixture
def claim(tmp_path):
    """Writes a claim certificate, and files beside it."""

    def write(content=CERTIFICATE, *beside):
        (tmp_path / "claim.crt").write_bytes(content)
        for name in beside:
            (tmp_path / name).write_bytes(b"x")
        return tmp_path / "claim.crt"

    return write


def test_the_key_is_in_the_same_file_or_beside_it(claim, tmp_path):
    path = claim(CERTIFICATE + KEY, "trust.pem", "claim.key")
    assert load_claim(path).key == path
    path = claim(CERTIFICATE)
    assert load_claim(path).key == tmp_path / "claim.key"
    assert load_claim(path).trust == tmp_path / "trust.pem"


def test_given_files_take_precedence(claim, tmp_path):
    path = claim(CERTIFICATE + KEY, "trust.pem", "other.key", "other.pem")
    loaded = load_claim(path, key=tmp_path / "other.key", trust=tmp_path / "other.pem")
    assert (loaded.key.name, loaded.trust.name) == ("other.key", "other.pem")


def test_a_missing_file_is_named_with_its_option(claim, tmp_path):
    with pytest.raises(EnrolError, match=r"claim\.crt cannot be read: No such file"):
        load_claim(tmp_path / "claim.crt")
    path = claim()
    with pytest.raises(EnrolError, match=r"no key and there is no file .*claim\.key: give --key"):
        load_claim(path)
    claim(CERTIFICATE, "claim.key")
    with pytest.raises(EnrolError, match=r"no .*trust\.pem: give the authority .* with --ca"):
        load_claim(path)


@pytest.mark.parametrize(
    ("server", "formatted"),
    [
        ("enrol.example", "enrol.example:8884"),
        ("Enrol.Example:443", "enrol.example:443"),
        ("[2001:db8::1]", "[2001:db8::1]:8884"),
        ("[::1]:1", "[::1]:1"),
    ],
)
def test_an_enrolment_server_has_a_port(server, formatted, tmp_path):
    assert format_server(server) == formatted
    endpoint = enrolment_server(server, trust=tmp_path, certificate=tmp_path, key=tmp_path)
    assert endpoint.tls
    assert repr(endpoint) == f"mqtts://{formatted}"


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ("", "the enrolment service has no host: give host or host:port"),
        (":8884", "enrolment service: the address has a port and no host"),
        ("host:port", "enrolment service: the port is no number"),
        ("mqtts://host", "enrolment service: more than one colon|port is no number"),
        ("user:secret@host", "enrolment service: the port is no number"),
    ],
)
def test_an_invalid_enrolment_server_is_refused(server, reason):
    with pytest.raises(EnrolError, match=reason) as refused:
        format_server(server)
    assert "secret@" not in str(refused.value)


@pytest.fixture
def certificate(tmp_path):
    """Valid for 30 days from `STARTS_AT`."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    ends_at = STARTS_AT + timedelta(days=30)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, STARTS_AT, ends_at)
    signed = builder.sign(key, hashes.SHA256())
    (tmp_path / "claim.crt").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return tmp_path / "claim.crt"


def test_a_clock_within_the_validity_is_accepted(certificate):
    check_clock(certificate, STARTS_AT)
    check_clock(certificate, STARTS_AT + timedelta(days=30) - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), r"clock says 1970-01-01 00:00 UTC, before claim\.crt"),
        (STARTS_AT - timedelta(seconds=1), r"11:59 UTC, before .*\(2026-11-23\): set the clock"),
        (STARTS_AT + timedelta(days=30), r"expired on 2026-12-23 .* get a new claim certificate"),
    ],
)
def test_a_clock_outside_the_validity_is_an_error(certificate, now, reason):
    with pytest.raises(EnrolError, match=reason):
        check_clock(certificate, now)


@pytest.mark.parametrize(
    ("content", "serial"),
    [
        (b"10000000abcdef01\0", "10000000abcdef01"),
        (b" SN-7 \n", "SN-7"),
        (b"\0", None),
        (b"", None),
        (b"SN-\xff\0", "SN-\ufffd"),
    ],
)
def test_the_serial_number_ends_with_a_zero_byte(tmp_path, content, serial):
    (tmp_path / "serial").write_bytes(content)
    assert read_serial_number(tmp_path / "serial") == serial


def test_a_board_without_a_serial_number_has_none(tmp_path):
    assert read_serial_number(tmp_path / "missing") is None
    assert read_serial_number(tmp_path) is None
