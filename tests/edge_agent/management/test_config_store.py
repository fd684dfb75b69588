"""The stored config outlives updates and rollbacks of the agent: its names do not change."""

import json
import logging
import stat

import msgspec
import pytest

from edge_agent.management.config_store import StoredConfig, load_config, save_config
from wire.fleet.device_config import ConfigOutcome

CONFIG = {
    "good": {"capture": {"paused": True}},
    "trying": {"attention": {"demographics": False}},
    "trying_version": 7,
    "judged": "abc",
    "verdict": None,
}
OUTCOME = {"outcome": "rejected", "version": 6, "reason": "analysed_fps of 99"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config.json"


def test_a_config_that_an_earlier_agent_stored_is_in_effect(path):
    path.write_text(json.dumps(CONFIG))

    stored = load_config(path)

    assert stored.accepted == CONFIG["good"]
    assert (stored.trial, stored.trial_version) == (CONFIG["trying"], 7)
    assert stored.decided == "abc"


def test_an_earlier_agent_reads_the_config_after_a_rollback(path):
    path.write_text(json.dumps(CONFIG))
    save_config(path, load_config(path))

    assert json.loads(path.read_text()) == CONFIG


def test_the_outcome_that_an_earlier_agent_stored_is_read_and_written_under_its_name(path):
    path.write_text(json.dumps({**CONFIG, "verdict": OUTCOME}))

    stored = load_config(path)
    save_config(path, stored)

    assert stored.last_outcome == msgspec.convert(OUTCOME, ConfigOutcome)
    assert json.loads(path.read_text())["verdict"] == OUTCOME


def test_without_a_file_nothing_is_in_effect(path, caplog):
    assert load_config(path) == StoredConfig()
    assert not caplog.records
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"good": 3}',
        b'{"trying_version": -1}',
        b'{"good": {}, "trying": ',
        b"\xff\xfe",
    ],
)
def test_an_unreadable_file_is_logged_and_nothing_is_in_effect(path, content, caplog):
    path.write_bytes(content)

    with caplog.at_level(logging.ERROR):
        assert load_config(path) == StoredConfig()

    [record] = caplog.records
    assert (record.message, record.path) == ("config.unreadable", str(path))
    assert path.read_bytes() == content


def test_a_folder_in_place_of_the_file_is_logged_not_raised(path, caplog):
    path.mkdir()
    assert load_config(path) == StoredConfig()
    assert caplog.messages == ["config.unreadable"]


def test_only_the_owner_can_read_the_file(path):
    save_config(path, StoredConfig(accepted={"analysed_fps": 4}, decided="abc"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_config(path) == StoredConfig(accepted={"analysed_fps": 4}, decided="abc")
