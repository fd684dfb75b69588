"""The audit log: private, rotated when full, and never the cause of an error."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from provisioning.broker.audit import AuditLog
from provisioning.broker.log_monitor import AuditEvent

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


def test_a_full_audit_log_is_rotated(tmp_path, monkeypatch):
    monkeypatch.setattr("provisioning.broker.audit.MAX_BYTES", 300)
    audit = AuditLog(tmp_path / "audit.jsonl")
    for number in range(4):
        audit.write(AuditEvent(at(number), "publish.denied", "cam-1", "x" * 60))
    assert (tmp_path / "audit.1.jsonl").exists()
    assert not (tmp_path / "audit.jsonl").exists()


def test_only_the_owner_can_read_the_audit_and_a_full_disk_is_logged(tmp_path, caplog):
    audit = AuditLog(tmp_path / "audit.jsonl")
    audit.write(AuditEvent(START, "publish.flood", "cam-1", ""))
    assert stat.S_IMODE((tmp_path / "audit.jsonl").stat().st_mode) == 0o600
    AuditLog(Path("/dev/full")).write(AuditEvent(START, "publish.flood", "cam-2", ""))
    assert "audit.not_written" in caplog.text


def denial(number, detail=""):
    return AuditEvent(at(number), "publish.denied", f"cam-{number}", detail)


def lines_of(path):
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


def test_a_line_is_one_json_object_whatever_a_client_chose(tmp_path):
    audit = AuditLog(tmp_path / "audit.jsonl")
    audit.write(denial(1, 'a"\n\r\x00\u2028{}'))
    audit.write(denial(2))
    first, second = (tmp_path / "audit.jsonl").read_bytes().split(b"\n")[:2]
    assert msgspec.json.decode(first)["detail"] == 'a"\n\r\x00\u2028{}'
    assert msgspec.json.decode(second)["client"] == "cam-2"


def test_a_line_after_a_truncated_one_starts_on_a_new_line(tmp_path):
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"at":"2026-11-2')
    AuditLog(path).write(denial(1))
    AuditLog(path).write(denial(2))
    truncated, *whole = path.read_bytes().splitlines()
    assert truncated == b'{"at":"2026-11-2'
    assert [msgspec.json.decode(line)["client"] for line in whole] == ["cam-1", "cam-2"]


def test_a_second_rotation_replaces_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr("provisioning.broker.audit.MAX_BYTES", 150)
    audit = AuditLog(tmp_path / "audit.jsonl")
    for number in range(1, 6):
        audit.write(denial(number))
    assert [one["client"] for one in lines_of(tmp_path / "audit.1.jsonl")] == ["cam-3", "cam-4"]
    assert [one["client"] for one in lines_of(tmp_path / "audit.jsonl")] == ["cam-5"]


def test_a_folder_that_is_missing_is_logged_and_not_raised(tmp_path, caplog):
    AuditLog(tmp_path / "absent" / "audit.jsonl").write(denial(1))
    [record] = caplog.records
    assert (record.message, record.event) == ("audit.not_written", "publish.denied")
    assert record.reason == "No such file or directory"
