"""The supervisor keeps the broker, and the command ends it in order."""

import os
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from provisioning.authority.ca import create_authority
from provisioning.broker import acl
from tests.auth_plugin import built
from wire.topics import DeviceAddress

pytestmark = pytest.mark.broker
PATIENCE_S = 10.0
MINE = "onlooker/v1/KX-01/{}/audience"


def test_a_broker_that_dies_comes_back_with_the_same_rules(house, fleet, now):
    entry = house.certify("survivor")
    house.visitor(entry).join()
    dead = house.supervisor.process_id
    os.kill(dead, signal.SIGKILL)
    house.wait_until(lambda: house.supervisor.process_id != dead)
    house.wait_until(lambda: house.settings.control_socket.exists())
    house.wait_for_audit("broker.died")
    back = house.visitor(entry).join()
    house.wait_until(lambda: back.says(MINE.format("survivor")))
    assert not back.says(MINE.format("other-1"))


def test_newcomers_of_a_big_fleet_wait_for_each_other_and_leavers_do_not(
    another_house, now, monkeypatch
):
    house = another_house

    def has_rules(device: str) -> bool:
        return f"user {device}\n" in house.settings.access_file.read_text()

    monkeypatch.setattr(
        "provisioning.broker.supervisor.RELOAD_REST_PER_CERTIFICATE", timedelta(hours=1)
    )
    leaver = house.certify("hasty")
    visitor = house.visitor(leaver).join()
    house.wait_until(lambda: has_rules("hasty"))
    house.certify("waiting")
    with pytest.raises(AssertionError, match="in time"):
        house.wait_until(lambda: has_rules("waiting"), patience_s=2.5)

    house.authority.revoke([leaver.serial], reason="key-compromise", at=now())

    assert visitor.lost.get(timeout=PATIENCE_S)
    house.wait_until(lambda: has_rules("waiting"))


def test_a_device_at_two_locations_may_speak_for_both_until_the_old_certificate_goes():
    places = [
        DeviceAddress("KX-01", "cam"),
        DeviceAddress("LB-01", "cam"),
        DeviceAddress("KX-01", "cam"),
    ]
    assert acl.render(places).count("onlooker/v1/KX-01/cam/audience") == 1
    assert acl.render(places).count("onlooker/v1/LB-01/cam/audience") == 1


def test_the_command_runs_a_broker_and_ends_it_in_order(tmp_path, now, port):
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
        built(),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == f"mqtts://localhost:{port}\n".encode()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 0
    assert not any(
        (tmp_path / "mosquitto.conf").as_posix().encode() in path.read_bytes()
        for path in Path("/proc").glob("[0-9]*/cmdline")
    )


def test_a_broker_without_an_authority_says_what_to_do(tmp_path):
    command = [sys.executable, "-m", "provisioning", "broker", "--dir", tmp_path]
    command += ["--user", Path("/proc/self").owner(), "--auth-plugin", built()]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 1
    assert "register.sqlite is missing: is this an authority's folder?" in outcome.stderr


def test_a_folder_too_deep_for_a_socket_is_refused_at_once(tmp_path, now):
    deep = tmp_path / ("d" * 120)
    create_authority(deep / "ca", name="Test", secret=None, at=now())
    command = [sys.executable, "-m", "provisioning", "broker", "--dir", deep]
    command += ["--host", "localhost", "--user", Path("/proc/self").owner(), "--no-auth-plugin"]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 1
    assert "is too long for a socket: choose a --dir" in outcome.stderr


def test_a_broker_that_cannot_listen_ends_with_mosquittos_own_reason(tmp_path, now):
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
