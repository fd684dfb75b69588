"""State on disk outlives updates and rollbacks of the agent: its names do not change."""

import json

import msgspec

from edge_agent.management.config_store import load_config, save_config
from edge_agent.management.job_processor import JobState
from edge_agent.updates.version_history import PROGRAM, VersionFile, VersionHistory

CONFIG = {
    "good": {"capture": {"paused": True}},
    "trying": {"attention": {"demographics": False}},
    "trying_version": 7,
    "judged": "abc",
    "verdict": None,
}
VERSIONS = {
    "highest": {PROGRAM: {"version": "1.4.0", "digest": "ff"}},
    "before": "onlooker-face:1.2.0",
}
JOB = {"job": "restart-1", "number": 3, "version": 2, "document": {"kind": "restart"}}


def test_a_config_that_an_earlier_agent_stored_is_in_effect(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG))

    stored = load_config(path)

    assert stored.accepted == CONFIG["good"]
    assert (stored.trial, stored.trial_version) == (CONFIG["trying"], 7)
    assert stored.decided == "abc"


def test_an_earlier_agent_reads_the_config_after_a_rollback(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG))
    save_config(path, load_config(path))

    assert json.loads(path.read_text()) == CONFIG


def test_the_version_history_of_an_earlier_agent_is_continued(tmp_path):
    path = tmp_path / "versions.json"
    path.write_text(json.dumps(VERSIONS))
    history = VersionHistory(path)

    assert history.previous == "onlooker-face:1.2.0"
    history.record(PROGRAM, "1.5.0", "aa")
    assert json.loads(path.read_text())["before"] == "onlooker-face:1.2.0"
    assert msgspec.json.decode(path.read_bytes(), type=VersionFile).highest[PROGRAM].version == (
        "1.5.0"
    )


def test_a_job_in_progress_is_that_of_the_earlier_agent():
    content = json.dumps({**JOB, "since": "boot-1", "begun": 2, "watching": True}).encode()

    state = msgspec.json.decode(content, type=JobState)

    assert (state.starts, state.on_probation, state.since) == (2, True, "boot-1")
    assert json.loads(msgspec.json.encode(state))["begun"] == 2
