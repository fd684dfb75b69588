"""What an enrolled camera keeps of a config under trial when its process ends."""

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
    folder.adopt(
        DeviceIdentity(
            device="kx-01-cam-1",
            location="KX-01",
            broker="mqtts://localhost",
            enrolment_server="localhost:8884",
        )
    )
    return folder


@pytest.fixture
def care(folder):
    return DeviceManagement(
        folder,
        Settings(),
        lambda _settings: (NETWORK, NETWORK),
        restart=lambda _slot: None,
        tail=LogTail(),
    )


@pytest.fixture
def fleet(stand):
    """Answers questions about the config shadow, and no others."""
    answer = stand.fleet.line.answer
    stand.fleet.line.answer = lambda topic, body: answer(topic, body) if SHADOW in topic else []
    return stand.fleet


def until_trial_begins(fleet, folder):
    fleet.desires({"report_interval_ms": 10_000})
    fleet.line.sessions += 1
    while config_store.load_config(folder.path / CONFIG_FILE).trial is None:
        pass


def test_a_process_that_ends_in_order_leaves_a_trial_to_the_next(care, stand, fleet, folder):
    with care.attend(stand.camera, fleet.line):
        until_trial_begins(fleet, folder)
    left = config_store.load_config(folder.path / CONFIG_FILE)
    assert (left.trial, left.last_outcome) == (None, None)


def test_a_fault_that_ends_the_agent_leaves_the_trial_as_its_cause(care, stand, fleet, folder):
    class FaultOfOursError(Exception):
        pass

    def run():
        with care.attend(stand.camera, fleet.line):
            until_trial_begins(fleet, folder)
            raise FaultOfOursError

    with pytest.raises(FaultOfOursError):
        run()
    assert config_store.load_config(folder.path / CONFIG_FILE).trial == {
        "report_interval_ms": 10_000
    }
