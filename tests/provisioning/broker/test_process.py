"""The broker's process: its log never blocks it, and a reload never ends it."""

import os
import pwd
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning import key_store
from provisioning.__main__ import main as provisioning_main
from provisioning.authority.ca import create_authority
from provisioning.broker.audit import AuditLog
from provisioning.broker.log_monitor import AuditEvent
from provisioning.broker.process import BrokerProcess, LogReader
from provisioning.broker.session_control import SessionControlError
from provisioning.broker.session_ender import SessionEnder
from provisioning.folder_lock import FolderLock, FolderLockedError
from provisioning.key_store import FileOwner
from simulators.servers.mosquitto import free_port
from tests.auth_plugin import build_auth_plugin
from tests.provisioning.installation import wait_until

PATIENCE_S = 10.0
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def audit_event(client, event="publish.flood"):
    return AuditEvent(START, event, client, "", ends_session=True)


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


def test_a_session_that_does_not_end_is_tried_again_and_delays_no_other():
    tries, may_continue = [], threading.Event()

    def end(_control, client):
        tries.append(client)
        assert may_continue.wait(PATIENCE_S)
        if client == "stuck":
            raise SessionControlError("no answer")

    ender = SessionEnder(Path("socket"), end=end)
    for client in ("stuck", "stuck", "other"):
        ender.request(audit_event(client))
    assert ender.results() == []
    may_continue.set()
    ended = []
    wait_until(lambda: ended.extend(ender.results()) or len(ended) == 2)
    assert [(one.audit_event.client, one.error) for one in ended] == [
        ("stuck", "no answer"),
        ("other", ""),
    ]
    assert tries == ["stuck", "stuck", "stuck", "other"]
    ender.close()


def test_a_folder_is_locked_for_one_process_until_it_releases_the_lock(tmp_path):
    lock = FolderLock(tmp_path, "broker")
    lock.take()
    with pytest.raises(FolderLockedError, match=rf"another broker \(process {os.getpid()}\) uses"):
        FolderLock(tmp_path, "broker").take()
    FolderLock(tmp_path, "CA service").take()
    lock.release()
    lock.release()
    FolderLock(tmp_path, "broker").take()


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


def test_another_account_is_refused_without_root(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: pwd.getpwnam("nobody").pw_uid)
    words = ["broker", "--dir", str(tmp_path / "broker"), "--user", "mosquitto", "--no-auth-plugin"]
    assert provisioning_main(words) == 1
    error = capsys.readouterr().err
    assert "--user mosquitto: only root can run Mosquitto as another account" in error
    assert not (tmp_path / "broker").exists()


def test_a_file_has_its_owner_and_mode_before_it_is_renamed(tmp_path, monkeypatch):
    attributes = []
    target = tmp_path / "access.acl"
    replace = Path.replace

    def record_attributes(draft, name):
        found = draft.stat()
        attributes.append((stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid))
        return replace(draft, name)

    monkeypatch.setattr(Path, "replace", record_attributes)
    owner = FileOwner(os.geteuid(), os.getegid())
    key_store.write_private(target, b"rules", owner=owner)
    assert attributes == [(0o600, owner.uid, owner.gid)]
    assert key_store.is_private(target, owner)
    target.chmod(0o644)
    assert not key_store.is_private(target, owner)


def test_only_the_owner_can_read_the_audit_and_a_full_disk_is_logged(tmp_path, caplog):
    audit = AuditLog(tmp_path / "audit.jsonl")
    audit.write(audit_event("cam-1"))
    assert stat.S_IMODE((tmp_path / "audit.jsonl").stat().st_mode) == 0o600
    AuditLog(Path("/dev/full")).write(audit_event("cam-2"))
    assert "audit.not_written" in caplog.text


@pytest.mark.broker
def test_a_flood_ends_the_session_without_the_plugin_too(installation_without_plugin):
    installation = installation_without_plugin
    client = installation.create_client(installation.certify("flooder")).connect()
    for _ in range(3_500):
        client.paho.publish("onlooker/v1/KX-01/flooder/heartbeat", b"{}", qos=0)
    assert client.disconnections.get(timeout=PATIENCE_S)
    installation.wait_for_audit("publish.flood", "flooder")
    assert installation.supervisor.last_death == ""


def test_a_second_authority_in_a_folder_is_refused(tmp_path):
    folder = tmp_path / "ca"
    create_authority(folder, name="Test", secret=None, at=datetime.now(UTC))
    trust = (folder / "trust.pem").read_bytes()
    with pytest.raises(RuntimeError, match="is not empty"):
        create_authority(folder, name="Other", secret=None, at=datetime.now(UTC))
    assert (folder / "trust.pem").read_bytes() == trust
