"""The broker's folder: what is written, when Mosquitto must reload, and who can read it."""

import stat
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from provisioning.authority.profiles import CertificateKind, CertificateSubject
from provisioning.broker.folder import BrokerFolder
from provisioning.broker.settings import BrokerError, BrokerSettings, IssuedCertificate
from provisioning.key_store import KeyStoreError
from tests.provisioning.certificates import NOW
from tests.signing_request import build_signing_request

HOSTS = ("mqtt.example.org", "10.0.0.7")


@pytest.fixture
def settings(tmp_path, authority):
    return BrokerSettings(tmp_path / "broker", authority.folder)


@pytest.fixture
def folder(settings, authority):
    """A folder that is written once, for an authority without devices."""
    folder = BrokerFolder(settings, authority, HOSTS)
    folder.prepare()
    assert folder.bring_up_to_date(authority.register.entries(), NOW)
    return folder


def update(folder, authority, at=NOW, **more):
    return folder.bring_up_to_date(authority.register.entries(), at, **more)


def sign(authority, device="cam-1"):
    return authority.sign_device(build_signing_request(device), "KX-01", at=NOW)


def test_an_unchanged_authority_needs_no_reload(folder, authority, settings):
    before = {path: path.stat().st_mtime_ns for path in settings.folder.iterdir()}
    assert not update(folder, authority)
    assert {path: path.stat().st_mtime_ns for path in settings.folder.iterdir()} == before


def test_a_new_device_gets_its_rules(folder, authority, settings):
    sign(authority)
    assert update(folder, authority)
    assert "user cam-1\n" in settings.access_file.read_text()
    assert not update(folder, authority)


def test_a_revoked_device_keeps_its_rules_until_its_session_has_ended(folder, authority, settings):
    record = sign(authority)
    authority.revoke([record.serial], reason="key-compromise", at=NOW)
    assert update(folder, authority, lingering={record.serial})
    assert "user cam-1\n" in settings.access_file.read_text()
    assert folder.revoked() == {record.serial}
    assert update(folder, authority)
    assert "user cam-1\n" not in settings.access_file.read_text()


def test_an_expired_device_has_no_rules(folder, authority, settings):
    record = sign(authority)
    update(folder, authority)
    assert update(folder, authority, at=record.ends_at)
    assert "user cam-1\n" not in settings.access_file.read_text()


def test_a_service_has_rules_and_a_claim_has_none(folder, authority, settings):
    for kind, name in (
        (CertificateKind.SERVICE, "service:stream.2"),
        (CertificateKind.CLAIM, "batch-7"),
    ):
        authority.equip(CertificateSubject(kind, name), at=NOW)
    update(folder, authority)
    users = settings.access_file.read_text()
    assert "user service:stream.2\n" in users
    assert "batch-7" not in users


def test_the_certificate_names_the_hosts_and_is_renewed_when_a_third_is_left(
    folder, authority, settings
):
    first = x509.load_pem_x509_certificate(settings.server_certificate.read_bytes())
    names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["mqtt.example.org"]
    lifetime = first.not_valid_after_utc - first.not_valid_before_utc
    renewal = first.not_valid_after_utc - lifetime / 3
    second = timedelta(seconds=1)
    assert not update(folder, authority, at=renewal - second)
    assert update(folder, authority, at=renewal + second)
    renewed = x509.load_pem_x509_certificate(settings.server_certificate.read_bytes())
    assert renewed.serial_number != first.serial_number
    assert settings.server_certificate.read_bytes().endswith(authority.chain)


def test_without_a_host_a_certificate_must_be_there_already(settings, authority):
    folder = BrokerFolder(settings, authority, ())
    folder.prepare()
    with pytest.raises(BrokerError, match=r"server\.key is missing or expires soon: give --host"):
        update(folder, authority)
    assert not settings.access_file.exists()
    BrokerFolder(settings, authority, HOSTS).bring_up_to_date([], NOW)
    assert not update(folder, authority)


def test_an_issued_certificate_needs_no_key_of_the_authority(settings, authority, tmp_path):
    issued = IssuedCertificate(tmp_path / "broker.crt", tmp_path / "broker.key")
    folder = BrokerFolder(replace(settings, issued=issued), authority, ())
    folder.prepare()
    with pytest.raises(KeyStoreError, match=r"broker\.key cannot be read .*ca issue --server"):
        update(folder, authority)
    issued.certificate.write_text("a certificate")
    issued.key.write_text("a key")
    for name in ("root", "issuing", "claims"):
        (authority.folder / f"{name}.key").unlink()
    assert update(folder, authority)
    assert not update(folder, authority, at=NOW + timedelta(days=4_000))
    issued.certificate.write_text("a renewed certificate")
    assert update(folder, authority)
    assert settings.server_certificate.read_text() == "a renewed certificate"
    assert settings.server_key.read_text() == "a key"


def test_only_the_owner_can_read_the_files_and_open_the_folders(folder, settings):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in settings.folder.iterdir()}
    assert modes.pop("control") == modes.pop("state") == 0o700
    assert set(modes.values()) == {0o600}


def test_a_file_that_others_can_read_is_written_again(folder, authority, settings):
    settings.access_file.chmod(0o644)
    assert update(folder, authority)
    assert stat.S_IMODE(settings.access_file.stat().st_mode) == 0o600


def test_a_second_start_repairs_modes_and_removes_the_old_socket(folder, settings):
    settings.control_socket.write_text("")
    settings.control_socket.parent.chmod(0o755)
    folder.prepare()
    assert not settings.control_socket.exists()
    assert stat.S_IMODE(settings.control_socket.parent.stat().st_mode) == 0o700


def test_a_path_too_long_for_a_socket_is_refused_before_a_folder_is_created(tmp_path, authority):
    deep = tmp_path / ("d" * 120)
    folder = BrokerFolder(BrokerSettings(deep, authority.folder), authority, HOSTS)
    with pytest.raises(BrokerError, match="is too long for a socket: choose a --dir whose path"):
        folder.prepare()
    assert not deep.exists()


def test_the_plugin_is_copied_so_that_mosquitto_can_read_it(tmp_path, authority):
    plugin = tmp_path / "plugin.so"
    plugin.write_bytes(b"\x7fELF")
    settings = BrokerSettings(tmp_path / "broker", authority.folder, auth_plugin=plugin)
    BrokerFolder(settings, authority, HOSTS).prepare()
    assert settings.auth_plugin_file.read_bytes() == b"\x7fELF"
