import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from edge_agent.identity.errors import IdentityError
from edge_agent.identity.folder import DeviceIdentity, IdentityFolder, PendingCertificate
from tests.edge_agent.identity.conftest import NOON

IDENTITY = DeviceIdentity(
    device="kx-01-cam-1",
    location="KX-01",
    broker="mqtts://broker.example:8883",
    enrolment_server="broker.example:8884",
)
PENDING = PendingCertificate(certificate="pem", token="t", made_at=NOON, registering=True)


@pytest.fixture
def folder(tmp_path):
    return IdentityFolder(tmp_path / "identity")


@pytest.fixture
def enrolled(folder, create_certificate):
    folder.store_next_pair(create_certificate(folder.next_key()))
    folder.activate(IDENTITY, b"authority")
    return folder


def names(folder):
    return {path.name for path in folder.path.iterdir()}


def test_an_enrolled_camera_has_its_pair_its_identity_and_the_authority(enrolled):
    assert names(enrolled) == {"device.pem", "identity.json", "trust.pem"}
    assert enrolled.is_complete
    assert enrolled.read_identity() == IDENTITY
    assert enrolled.trust.read_bytes() == b"authority"
    assert (enrolled.expires_at() - NOON).days == 30


def test_private_files_are_for_the_agents_user_alone(enrolled):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in enrolled.path.iterdir()}
    assert modes == {"device.pem": 0o600, "identity.json": 0o600, "trust.pem": 0o644}


def test_the_file_keeps_the_field_name_of_earlier_versions(enrolled):
    assert b'"desk":"broker.example:8884"' in (enrolled.path / "identity.json").read_bytes()


def test_without_an_identity_the_error_says_how_to_enrol(folder):
    assert not folder.is_complete
    with pytest.raises(IdentityError, match="enrol first with `python -m edge_agent enrol"):
        folder.read_identity()


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"\xff", b'{"device":"a/b","location":"KX-01","broker":"","desk":""}'],
)
def test_a_damaged_identity_is_an_error_and_stays(enrolled, content):
    file = enrolled.path / "identity.json"
    file.write_bytes(content)
    with pytest.raises(IdentityError, match="restore the folder, or remove it and enrol again"):
        enrolled.read_identity()
    assert file.read_bytes() == content


def test_the_next_key_is_generated_once(folder):
    key = folder.next_key()
    assert isinstance(key.curve, ec.SECP256R1)
    assert folder.next_key().public_key() == key.public_key()


def test_a_damaged_next_key_is_an_error_that_says_to_remove_it(folder):
    folder.next_key()
    (folder.path / "next.key").write_bytes(b"no key")
    with pytest.raises(IdentityError, match=r"next\.key cannot be used .* remove it"):
        folder.next_key()


def test_a_certificate_of_another_key_is_refused_and_not_stored(folder, key, create_certificate):
    with pytest.raises(IdentityError, match="is for another key: enrol again"):
        folder.store_next_pair(create_certificate(key))
    with pytest.raises(IdentityError, match="cannot be parsed"):
        folder.store_next_pair("no certificate")
    assert not folder.next_pair.exists()


def test_the_state_of_an_enrolment_is_read_back(folder):
    assert folder.pending() is None
    folder.store_pending(PENDING)
    assert folder.pending() == PENDING
    (folder.path / "pending.json").write_bytes(b"{")
    assert folder.pending() is None


def test_a_renewal_replaces_the_pair_and_keeps_the_authority(enrolled, create_certificate):
    before = enrolled.pair.read_bytes()
    enrolled.store_next_pair(create_certificate(enrolled.next_key()))
    enrolled.activate(IDENTITY)
    assert enrolled.pair.read_bytes() != before
    assert enrolled.trust.read_bytes() == b"authority"
    assert names(enrolled) == {"device.pem", "identity.json", "trust.pem"}


def test_discarding_the_pending_certificate_keeps_the_certificate_in_use(
    enrolled, create_certificate
):
    before = enrolled.pair.read_bytes()
    enrolled.store_next_pair(create_certificate(enrolled.next_key()))
    enrolled.store_pending(PENDING)
    enrolled.discard_pending()
    enrolled.discard_pending()
    assert enrolled.pair.read_bytes() == before
    assert names(enrolled) == {"device.pem", "identity.json", "trust.pem"}
