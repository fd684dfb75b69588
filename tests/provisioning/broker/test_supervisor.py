"""The supervisor restarts the broker, and the command stops it gracefully."""

import os
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from provisioning.authority.ca import create_authority
from tests.auth_plugin import build_auth_plugin
from tests.provisioning.installation import wait_until

pytestmark = pytest.mark.broker
PATIENCE_S = 10.0
AUDIENCE = "onlooker/v1/KX-01/{}/audience"


def test_a_broker_that_exits_is_restarted_with_the_same_rules(installation, fleet, now):
    entry = installation.certify("survivor")
    installation.create_client(entry).connect()
    exited = installation.supervisor.process_id
    os.kill(exited, signal.SIGKILL)
    wait_until(lambda: installation.supervisor.process_id != exited)
    wait_until(lambda: installation.settings.control_socket.exists())
    installation.wait_for_audit("broker.died")
    returned = installation.create_client(entry).connect()
    wait_until(lambda: returned.publish(AUDIENCE.format("survivor")))
    assert not returned.publish(AUDIENCE.format("other-1"))


def test_a_big_fleet_reloads_later_for_new_devices_and_at_once_for_revoked_ones(
    own_installation, now, monkeypatch
):
    installation = own_installation

    def has_rules(device: str) -> bool:
        return f"user {device}\n" in installation.settings.access_file.read_text()

    monkeypatch.setattr(
        "provisioning.broker.supervisor.RELOAD_REST_PER_CERTIFICATE", timedelta(hours=1)
    )
    leaver = installation.certify("hasty")
    client = installation.create_client(leaver).connect()
    wait_until(lambda: has_rules("hasty"))
    installation.certify("waiting")
    with pytest.raises(AssertionError, match=r"within 2\.5 s"):
        wait_until(lambda: has_rules("waiting"), patience_s=2.5)

    installation.authority.revoke([leaver.serial], reason="key-compromise", at=now())

    assert client.disconnections.get(timeout=PATIENCE_S)
    wait_until(lambda: has_rules("waiting"))


def test_the_command_runs_a_broker_and_stops_it_gracefully(tmp_path, now, port):
    create_authority(tmp_path / "ca", name="Test", secret=None, at=now())
    account = Path("/proc/self").owner()
    command = [sys.executable, "-m", "provisioning", "broker", "--dir", tmp_path]
    command += [
        "--host",
        "localhost",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--user",
        account,
        "--auth-plugin",
        build_auth_plugin(),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == f"mqtts://localhost:{port}\n".encode()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 0
    assert not any(
        (tmp_path / "mosquitto.conf").as_posix().encode() in path.read_bytes()
        for path in Path("/proc").glob("[0-9]*/cmdline")
    )


def test_a_broker_that_cannot_listen_exits_with_mosquittos_error(tmp_path, now):
    create_authority(tmp_path / "ca", name="Test", secret=None, at=now())
    command = [
        sys.executable,
        "-m",
        "provisioning",
        "broker",
        "--dir",
        tmp_path,
        "--no-auth-plugin",
    ]
    command += ["--host", "localhost", "--bind", "127.0.0.1", "--user", Path("/proc/self").owner()]
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        command += ["--port", str(occupied.getsockname()[1])]
        outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 1
    assert "Mosquitto does not start: exit code 1 Error: Address already in use" in outcome.stderr
