"""An installation for tests of the broker: a certificate authority and a hardened Mosquitto."""

import shutil

import pytest

from provisioning.authority.ca import CertificateAuthority, create_authority
from simulators.servers.mosquitto import free_port
from tests.provisioning.certificates import NOW
from tests.provisioning.installation import Installation, read_clock


@pytest.fixture(scope="session")
def now():
    """The clock."""
    return read_clock


@pytest.fixture(scope="session")
def new_authority(tmp_path_factory):
    """The folder of a new certificate authority, to be copied."""
    folder = tmp_path_factory.mktemp("authority") / "ca"
    create_authority(folder, name="Test", secret=None, at=NOW)
    return folder


@pytest.fixture
def authority(tmp_path, new_authority):
    """A certificate authority without a passphrase, in the folder `ca`."""
    return CertificateAuthority(shutil.copytree(new_authority, tmp_path / "ca"))


@pytest.fixture
def port():
    return free_port()


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """One installation for all tests of a module."""
    with Installation(tmp_path_factory.mktemp("installation")) as installation:
        yield installation


@pytest.fixture
def own_installation(tmp_path_factory):
    """An installation for one test, which may leave it in any state."""
    with Installation(tmp_path_factory.mktemp("own")) as installation:
        yield installation


@pytest.fixture
def installation_without_plugin(tmp_path_factory):
    """An installation whose broker does not load the auth plugin."""
    folder = tmp_path_factory.mktemp("without_plugin")
    with Installation(folder, has_auth_plugin=False) as installation:
        yield installation


@pytest.fixture(scope="module")
def fleet(installation):
    """A connected client with the certificate of the fleet service."""
    return installation.create_service_client("service:fleet").connect()


@pytest.fixture(scope="module")
def stream(installation):
    """A connected client with the certificate of the stream service."""
    return installation.create_service_client("service:stream").connect()
