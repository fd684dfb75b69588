"""The certificate profiles: subject, use and lifetime, read back from the signed certificate."""

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provisioning.authority.profiles import (
    CLOCK_SLACK,
    LIFETIME,
    MAX_LIFETIME,
    CertificateKind,
    CertificateSubject,
    Issuer,
    build_authority,
    build_leaf,
    subject_attribute,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
ROOT_KEY, ISSUING_KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
ROOT = build_authority("Test root", ROOT_KEY, at=NOW, lifetime=10 * YEAR, depth=1)
ISSUING = build_authority(
    "Test issuing", ISSUING_KEY, at=NOW, lifetime=YEAR, under=Issuer(ROOT, ROOT_KEY)
)
ISSUER = Issuer(ISSUING, ISSUING_KEY)


def leaf(kind=CertificateKind.DEVICE, *, lifetime=timedelta(days=30), **subject):
    who = CertificateSubject(kind, **{"name": "cam-1", **subject})
    return build_leaf(who, OTHER_KEY.public_key(), ISSUER, at=NOW, lifetime=lifetime)


def extension(certificate, kind):
    return certificate.extensions.get_extension_for_class(kind)


def test_a_root_is_signed_by_itself_and_an_issuing_authority_by_the_root():
    assert ROOT.subject == ROOT.issuer
    assert ISSUING.issuer == ROOT.subject
    ROOT.verify_directly_issued_by(ROOT)
    ISSUING.verify_directly_issued_by(ROOT)
    leaf().verify_directly_issued_by(ISSUING)
    with pytest.raises(ValueError, match="does not match certificate issuer"):
        leaf().verify_directly_issued_by(ROOT)


@pytest.mark.parametrize(("authority", "depth"), [(ROOT, 1), (ISSUING, 0)])
def test_an_authority_may_sign_certificates_to_its_depth_and_nothing_else(authority, depth):
    constraints = extension(authority, x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, True)
    assert constraints.value.path_length == depth
    usage = extension(authority, x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, False)


@pytest.mark.parametrize("kind", list(CertificateKind))
def test_a_leaf_may_sign_no_certificate_and_serves_one_purpose(kind):
    certificate = leaf(kind)
    assert extension(certificate, x509.BasicConstraints).value.ca is False
    usage = extension(certificate, x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (False, False, True)
    [purpose] = extension(certificate, x509.ExtendedKeyUsage).value
    is_server = kind is CertificateKind.SERVER
    assert purpose == (
        ExtendedKeyUsageOID.SERVER_AUTH if is_server else ExtendedKeyUsageOID.CLIENT_AUTH
    )


def test_only_a_device_has_a_location_in_its_subject():
    device, service = leaf(location="KX-01"), leaf(CertificateKind.SERVICE, name="service:stream")
    assert subject_attribute(device, NameOID.ORGANIZATIONAL_UNIT_NAME) == "KX-01"
    assert subject_attribute(device, NameOID.COMMON_NAME) == "cam-1"
    assert subject_attribute(service, NameOID.ORGANIZATIONAL_UNIT_NAME) is None
    assert subject_attribute(service, NameOID.COMMON_NAME) == "service:stream"


def test_the_names_of_a_server_are_host_names_and_ip_addresses():
    server = leaf(CertificateKind.SERVER, name="a.example", hosts=("a.example", "10.0.0.7", "::1"))
    names = extension(server, x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("10.0.0.7"),
        ipaddress.ip_address("::1"),
    ]
    with pytest.raises(x509.ExtensionNotFound):
        extension(leaf(), x509.SubjectAlternativeName)


def test_a_certificate_is_valid_a_little_before_now_for_slow_clocks():
    certificate = leaf(lifetime=timedelta(days=1))
    assert certificate.not_valid_before_utc == NOW - CLOCK_SLACK
    assert certificate.not_valid_after_utc == NOW + timedelta(days=1)


def test_a_certificate_expires_with_its_issuer_at_the_latest():
    assert leaf(lifetime=2 * YEAR).not_valid_after_utc == ISSUING.not_valid_after_utc


def test_no_two_certificates_have_the_same_serial_number():
    assert len({leaf().serial_number for _ in range(20)}) == 20


def test_every_kind_has_a_lifetime_within_its_maximum():
    assert set(LIFETIME) == set(MAX_LIFETIME) == set(CertificateKind)
    assert [kind for kind in CertificateKind if LIFETIME[kind] > MAX_LIFETIME[kind]] == []
