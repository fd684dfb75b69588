"""What is stored about a config under trial when the process ends."""

from types import SimpleNamespace

import pytest

from edge_agent.identity.folder import DeviceIdentity, IdentityFolder
from edge_agent.management import config_store
from edge_agent.management.device_management import CONFIG_FILE, DeviceManagement
from edge_agent.management.diagnostics import LogTail
from edge_agent.settings.camera_settings import Settings

SHADOW = "/shadow/name/config/"
NETWORK = SimpleNamespace(name="none", version="1")


@pytest.fixture
def folder(tmp_path):
    folder = IdentityFolder(tmp_path)
    folder.activate(
        DeviceIdentity(
            device="kx-01-cam-1",
            location="KX-01",
            broker="mqtts://localhost",
            enrolment_server="localhost:8884",
        )
    )
    return folder


@pytest.fixture
def management(folder):
    return DeviceManagement(
        folder,
        Settings(),
        lambda _settings: (NETWORK, NETWORK),
        restart=lambda _slot: None,
        tail=LogTail(),
    )


@pytest.fixture
def service(device):
    """Responds to requests for the config shadow only."""
    answer = device.service.link.answer
    device.service.link.answer = lambda topic, body: answer(topic, body) if SHADOW in topic else []
    return device.service


def until_trial_begins(service, folder):
    service.set_desired({"report_interval_ms": 10_000})
    service.link.sessions += 1
    while config_store.load_config(folder.path / CONFIG_FILE).trial is None:
        pass


def test_after_an_orderly_exit_the_next_process_repeats_the_trial(
    management, device, service, folder
):
    with management.attend(device.camera, service.link):
        until_trial_begins(service, folder)
    stored = config_store.load_config(folder.path / CONFIG_FILE)
    assert (stored.trial, stored.last_outcome) == (None, None)


def test_after_an_error_that_ends_the_agent_the_trial_stays_recorded(
    management, device, service, folder
):
    class AgentError(Exception):
        pass

    def run():
        with management.attend(device.camera, service.link):
            until_trial_begins(service, folder)
            raise AgentError

    with pytest.raises(AgentError):
        run()
    assert config_store.load_config(folder.path / CONFIG_FILE).trial == {
        "report_interval_ms": 10_000
    }
