"""Whether a certificate is valid for an interval, with all that it depends on."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

from cloud.ingest.receipts.chains import CertificateError
from cloud.receipts.device_certificates import (
    read_certificates,
    to_device_certificate,
)
from tests.cloud.receipts.receipt_data import DAY, NINE, Authority, measure, sign_all

AUTHORITY = Authority(at=NINE)
PAIR = AUTHORITY.enrol(at=NINE)
CERTIFICATE = to_device_certificate(read_certificates(PAIR.certificates.encode()))
SLACK = timedelta(minutes=5)  # a certificate is valid before it is issued


def test_it_is_of_a_device_and_has_an_id():
    assert (CERTIFICATE.device, CERTIFICATE.keyid) == ("kx-01-cam-1", PAIR.keyid)


@pytest.mark.parametrize(
    ("starts_at", "fault"),
    [
        (NINE - SLACK, ""),
        (NINE - SLACK - timedelta(seconds=1), "not valid before 2026-11-20 08:55:00Z"),
        (NINE + 7 * DAY - timedelta(hours=1), ""),
        (NINE + 7 * DAY - timedelta(minutes=59), "expired at 2026-11-27 09:00:00Z"),
    ],
)
def test_all_of_an_interval_must_be_in_its_validity(starts_at, fault):
    assert CERTIFICATE.find_time_fault(starts_at, starts_at + timedelta(hours=1)) == fault


def test_an_intermediate_that_was_not_valid_then_counts_as_well():
    late = Authority(at=NINE + DAY)
    pair = late.enrol(at=NINE)  # issued with a date before its issuer's
    found = to_device_certificate(read_certificates(pair.certificates.encode()))
    assert found.find_time_fault(NINE, NINE + timedelta(minutes=1)).startswith("not valid before")


def test_a_chain_needs_its_root_and_its_intermediate():
    assert CERTIFICATE.find_chain_fault([AUTHORITY.root], NINE) == ""
    assert CERTIFICATE.find_chain_fault([Authority("Other").root], NINE) != ""
    assert CERTIFICATE.find_chain_fault([], NINE) != ""
    alone = to_device_certificate([CERTIFICATE.leaf])
    assert alone.find_chain_fault([AUTHORITY.root], NINE) != ""
    assert CERTIFICATE.find_chain_fault([AUTHORITY.root], NINE + 500 * DAY) != ""


def test_a_signature_of_another_key_is_none_of_its():
    (entry,) = sign_all(PAIR, [measure(1)])
    assert CERTIFICATE.has_signed(entry.signed.envelope)
    (other,) = sign_all(PAIR._replace(key=AUTHORITY.enrol().key), [measure(1)])
    assert not CERTIFICATE.has_signed(other.signed.envelope)


def test_a_certificate_with_a_key_of_another_kind_signs_nothing():
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([])
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
        .public_key(key.public_key()).not_valid_before(NINE).not_valid_after(NINE + DAY)
        .sign(key, None)
    )  # fmt: skip
    found = to_device_certificate([built])
    (entry,) = sign_all(PAIR, [measure(1)])
    assert (found.device, found.has_signed(entry.signed.envelope)) == ("", False)


@pytest.mark.parametrize("count", [0, 6])
def test_a_chain_has_one_to_five_certificates(count):
    with pytest.raises(CertificateError, match=f"a chain of {count}"):
        to_device_certificate([CERTIFICATE.leaf] * count)


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN CERTIFICATE-----\n"])
def test_what_is_no_certificate(content):
    with pytest.raises(CertificateError):
        read_certificates(content)
