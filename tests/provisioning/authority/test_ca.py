"""The authority: other programs can verify what it signs, and its keys are protected."""

import stat
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning import key_store
from provisioning.authority.ca import AuthorityError, CertificateAuthority, create_authority
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from provisioning.authority.register import RegisterError
from tests.provisioning.certificates import NOW, read_certificate, verify_with_openssl
from tests.signing_request import build_signing_request


def test_only_the_owner_can_read_the_keys(authority):
    for path in [*authority.folder.glob("*.key"), authority.folder / "register.sqlite"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(authority.folder.stat().st_mode) == 0o700


def test_a_device_certificate_names_device_and_location_and_can_only_connect(authority):
    entry = authority.sign_device(build_signing_request("kx-01-cam-1"), "KX-01", at=NOW)
    subject = read_certificate(entry).subject.rfc4514_string()
    assert subject == "CN=kx-01-cam-1,OU=KX-01,O=Onlooker"
    assert entry.ends_at - NOW == timedelta(days=30)
    assert NOW - entry.starts_at == timedelta(minutes=5)
    assert verify_with_openssl(authority.folder, entry, "sslclient", NOW).returncode == 0
    assert verify_with_openssl(authority.folder, entry, "sslserver", NOW).returncode != 0


def test_a_server_certificate_cannot_be_used_to_connect(authority):
    entry, _ = authority.equip(
        CertificateSubject(CertificateKind.SERVER, "broker", hosts=("broker", "10.0.0.7")), at=NOW
    )
    assert verify_with_openssl(authority.folder, entry, "sslserver", NOW).returncode == 0
    assert verify_with_openssl(authority.folder, entry, "sslclient", NOW).returncode != 0


def test_a_claim_is_issued_under_no_root_that_the_broker_trusts(authority):
    claim, _ = authority.equip(CertificateSubject(CertificateKind.CLAIM, "batch-7"), at=NOW)
    outcome = verify_with_openssl(authority.folder, claim, "sslclient", NOW)
    assert "unable to get local issuer certificate" in outcome.stderr


def test_a_certificate_expires(authority):
    entry = authority.sign_device(build_signing_request("cam"), "KX-01", at=NOW, days=1)
    late = verify_with_openssl(
        authority.folder, entry, "sslclient", NOW + timedelta(days=1, seconds=1)
    )
    assert "certificate has expired" in late.stderr


def test_a_renewal_needs_a_new_key_and_a_valid_certificate(authority):
    key = ec.generate_private_key(ec.SECP256R1())
    first = authority.sign_device(build_signing_request("cam-1", key), "KX-01", at=NOW)
    with pytest.raises(AuthorityError, match="a renewal needs a new key"):
        authority.renew_device(build_signing_request("cam-1", key), at=NOW)
    later = NOW + timedelta(days=20)
    second = authority.renew_device(build_signing_request("cam-1"), at=later)
    assert (second.name, second.location) == ("cam-1", "KX-01")
    assert first.is_valid(later)
    assert second.is_valid(later)
    authority.revoke([first.serial, second.serial], reason="withdrawn", at=later)
    with pytest.raises(RegisterError, match="has no valid certificate"):
        authority.renew_device(build_signing_request("cam-1"), at=later)


def test_a_passphrase_encrypts_the_keys(tmp_path):
    authority = create_authority(tmp_path / "ca", name="Test", secret=b"open sesame", at=NOW)
    assert b"ENCRYPTED" in (authority.folder / "issuing.key").read_bytes()
    assert authority.sign_device(build_signing_request("cam"), "KX-01", at=NOW)
    for wrong in (None, b"open says me"):
        locked = CertificateAuthority(authority.folder, wrong)
        request = build_signing_request("cam")
        with pytest.raises(
            key_store.KeyStoreError, match="cannot be decrypted: set ONLOOKER_CA_PASSPHRASE"
        ):
            locked.sign_device(request, "KX-01", at=NOW)


def test_a_key_that_others_can_read_is_not_used(authority):
    (authority.folder / "issuing.key").chmod(0o640)
    with pytest.raises(key_store.KeyStoreError, match="mode 640, wanted 600"):
        authority.sign_device(build_signing_request("cam"), "KX-01", at=NOW)


def test_an_authority_is_created_once(authority):
    trust = (authority.folder / "trust.pem").read_bytes()
    with pytest.raises(AuthorityError, match="is not empty"):
        create_authority(authority.folder, name="Again", secret=None, at=NOW)
    assert (authority.folder / "trust.pem").read_bytes() == trust


def test_an_incomplete_authority_is_deleted(tmp_path):
    draft = tmp_path / ".ca.draft"
    draft.mkdir()
    (draft / "root.key").write_text("half")
    authority = create_authority(tmp_path / "ca", name="Test", secret=None, at=NOW)
    assert authority.sign_device(build_signing_request("cam"), "KX-01", at=NOW)
    assert not draft.exists()
