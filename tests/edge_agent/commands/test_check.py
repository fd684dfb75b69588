"""The check command: one line for each prerequisite of a run, and its exit status."""

import json
import signal

import pytest

from edge_agent.__main__ import main
from tests.edge_agent.agent_process import start_agent, wait_until_connected


@pytest.fixture
def ntp(monkeypatch):
    """Reports a synchronized clock: the machine of the tests may have no NTP."""
    monkeypatch.setattr("edge_agent.commands.check.is_synchronized", lambda: True)


@pytest.mark.broker
@pytest.mark.usefixtures("ntp")
def test_check_reports_each_prerequisite_as_ok(mosquitto, arguments, capsys):
    assert main(["check", *arguments, "--broker", mosquitto.url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        [name, "ok"]
        for name in (
            "settings", "camera", "models", "outbox", "disk", "broker", "certificate", "authority",
            "clock",
        )
    ]  # fmt: skip


def test_check_covers_every_camera(two_cameras, capsys):
    assert main(["check", "--config", str(two_cameras), "--broker", "mqtt://127.0.0.1:1"]) == 2
    output = capsys.readouterr().out
    assert "camera kx-01-cam-2      ok    320 x 180" in output
    assert "broker kx-01-cam-1      FAIL" in output


def test_check_reports_every_failure_and_not_only_the_first(arguments, capsys):
    broken = ["--source", "/no/such.mp4", "--broker", "mqtt://u:s3cret@127.0.0.1:1"]
    assert main(["check", *arguments, *broken]) == 2
    output = capsys.readouterr().out
    assert [line.split()[0] for line in output.splitlines() if "FAIL" in line] == [
        "camera",
        "broker",
    ]
    assert "s3cret" not in output


@pytest.mark.broker
@pytest.mark.usefixtures("ntp")
def test_check_prints_json_and_exits_with_the_worst_level(mosquitto, arguments, capsys):
    wanted = ["--broker", mosquitto.url, "--json", "--cloud", "http://u:s3cret@127.0.0.1:9"]
    assert main(["check", *arguments, *wanted]) == 1
    output = capsys.readouterr().out
    answer = json.loads(output)
    assert answer["level"] == "warn"
    (cloud,) = (one for one in answer["checks"] if one["check"] == "cloud")
    assert (cloud["device"], cloud["level"]) == (None, "warn")
    assert cloud["found"].startswith("http://127.0.0.1:9 cannot be reached")
    assert "s3cret" not in output


@pytest.mark.broker
@pytest.mark.usefixtures("ntp")
def test_check_does_not_take_over_the_session_of_a_running_agent(
    mosquitto, cloud, arguments, capsys
):
    process = start_agent("run", *arguments, "--broker", mosquitto.url, "--loop")
    wait_until_connected(process)
    assert main(["check", *arguments, "--broker", mosquitto.url]) == 0
    output = capsys.readouterr().out
    assert "not tried: the agent of kx-01-cam-1 is running" in output
    process.send_signal(signal.SIGTERM)
    events = [json.loads(line)["event"] for line in process.communicate(timeout=60)[1].splitlines()]
    assert "link.lost" not in events


def test_check_writes_nothing(arguments, tmp_path, capsys):
    before = sorted(path.name for path in tmp_path.rglob("*"))
    assert main(["check", *arguments, "--broker", "mqtt://127.0.0.1:1"]) == 2
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
