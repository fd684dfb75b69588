"""Revoked certificates are refused, and the revocation lists name them."""

from datetime import timedelta

import pytest
from cryptography import x509

from provisioning.authority.profiles import CertificateKind, CertificateSubject
from provisioning.authority.register import RegisterError
from tests.provisioning.certificates import NOW, verify_with_openssl
from tests.signing_request import build_signing_request


def test_a_revoked_certificate_is_refused_and_the_others_are_not(authority):
    revoked = authority.sign_device(build_signing_request("cam-1"), "KX-01", at=NOW)
    valid = authority.sign_device(build_signing_request("cam-2"), "KX-01", at=NOW)
    authority.revoke([revoked.serial], reason="key-compromise", at=NOW)
    refused = verify_with_openssl(authority.folder, revoked, "sslclient", NOW)
    assert "certificate revoked" in refused.stderr
    assert verify_with_openssl(authority.folder, valid, "sslclient", NOW).returncode == 0


def test_a_revocation_list_names_the_certificates_of_its_own_issuer(authority):
    device = authority.sign_device(build_signing_request("cam-1"), "KX-01", at=NOW)
    claim, _ = authority.equip(CertificateSubject(CertificateKind.CLAIM, "batch-7"), at=NOW)
    text = authority.folder.joinpath("revoked.pem")
    authority.revoke([device.serial, claim.serial], reason="withdrawn", at=NOW)
    lists = text.read_bytes().split(b"-----BEGIN")[1:]
    serials = [
        [f"{one.serial_number:x}" for one in x509.load_pem_x509_crl(b"-----BEGIN" + part)]
        for part in lists
    ]
    assert serials == [[device.serial], [claim.serial]]


def test_revocation_lists_of_one_second_have_different_dates_none_in_the_future(authority):
    #  08:59:00 .. at most a minute back .. 09:00:00 now
    dates = []
    for _ in range(5):
        current = x509.load_pem_x509_crl(authority.publish(at=NOW).read_bytes())
        dates.append(current.last_update_utc)
    assert dates == sorted(set(dates))
    assert dates[-1] <= NOW


def test_revoking_twice_keeps_the_first_reason(authority):
    entry = authority.sign_device(build_signing_request("cam-1"), "KX-01", at=NOW)
    authority.revoke([entry.serial], reason="key-compromise", at=NOW)
    [again] = authority.revoke([entry.serial], reason="superseded", at=NOW + timedelta(hours=1))
    assert (again.reason, again.revoked_at) == ("key-compromise", NOW)


def test_an_unknown_serial_cannot_be_revoked(authority):
    with pytest.raises(RegisterError, match="no certificate abc"):
        authority.revoke(["abc"], reason="superseded", at=NOW)
