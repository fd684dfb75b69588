"""The broker's process: its log never blocks it, and a reload never ends it."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning.broker.process import BrokerProcess, LogReader
from simulators.servers.mosquitto import free_port
from tests.auth_plugin import build_auth_plugin
from tests.provisioning.installation import wait_until

PATIENCE_S = 10.0
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_a_log_that_is_not_taken_is_drained():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb") as log:
        reader = LogReader(stream, pending_bytes=1_000_000)
        log.write(b"x" * 99 + b"\n")
        for _ in range(50_000):  # 5 MB: a pipe holds 64 KB
            log.write(b"y" * 99 + b"\n")
        log.close()
        reader.join(PATIENCE_S)
        lines = reader.take(0)
        assert lines[0] == "x" * 99
        assert len(b"\n".join(line.encode() for line in lines)) <= 1_000_000
        assert reader.take_discarded() > 3_900_000
        assert reader.take_discarded() == 0


@pytest.mark.broker
def test_an_early_reload_waits_until_mosquitto_is_ready(tmp_path):
    config = tmp_path / "mosquitto.conf"
    config.write_text(
        f"listener {free_port()} 127.0.0.1\nallow_anonymous true\nlog_type all\n"
        "log_dest stderr\nlog_timestamp false\n"
    )
    for _ in range(5):
        process = BrokerProcess(config, tmp_path / "no socket")
        process.reload()
        lines = []
        wait_until(lambda: lines.extend(process.lines(0.05)) or "Reloading config." in lines)  # noqa: B023
        assert process.is_ready
        assert process.exit_code is None
        process.stop()


@pytest.mark.broker
def test_exits_long_ago_do_not_lengthen_the_restart_delay(own_installation):
    supervisor = own_installation.supervisor
    supervisor._deaths = 7
    supervisor._launched_at -= timedelta(minutes=2)
    wait_until(lambda: supervisor._deaths == 0)
    exited = supervisor.process_id
    os.kill(exited, signal.SIGKILL)
    wait_until(lambda: supervisor.process_id != exited)
    wait_until(lambda: supervisor.is_ready)
    assert supervisor._deaths == 1  # the delay of the first exit
    assert supervisor.last_death == f"exit code {-signal.SIGKILL}"


@pytest.mark.broker
def test_a_second_broker_in_a_folder_is_refused_and_the_first_continues(own_installation):
    installation = own_installation
    before = installation.settings.config_file.read_bytes()
    folder = installation.settings.folder
    command = [sys.executable, "-m", "provisioning", "broker", "--dir", folder]
    command += ["--authority", installation.settings.authority, "--port", str(free_port())]
    command += [
        "--host",
        "localhost",
        "--user",
        Path("/proc/self").owner(),
        "--auth-plugin",
        build_auth_plugin(),
    ]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 1
    [line] = [one for one in outcome.stderr.splitlines() if one.startswith("error: ")]
    assert "another broker" in line
    assert "Traceback" not in outcome.stderr
    assert installation.settings.config_file.read_bytes() == before
    client = installation.create_client(installation.certify("unharmed")).connect()
    wait_until(lambda: client.publish("onlooker/v1/KX-01/unharmed/audience"))
    assert installation.supervisor.last_death == ""


@pytest.mark.broker
def test_a_flood_ends_the_session_without_the_plugin_too(installation_without_plugin):
    installation = installation_without_plugin
    client = installation.create_client(installation.certify("flooder")).connect()
    for _ in range(3_500):
        client.paho.publish("onlooker/v1/KX-01/flooder/heartbeat", b"{}", qos=0)
    assert client.disconnections.get(timeout=PATIENCE_S)
    installation.wait_for_audit("publish.flood", "flooder")
    assert installation.supervisor.last_death == ""
