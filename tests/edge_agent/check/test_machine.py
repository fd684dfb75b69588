"""Disk, clock and outbox of the machine, looked at without changing anything."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.check import machine
from edge_agent.check.findings import Level
from edge_agent.outbox import Outbox
from edge_agent.outbox.lock import is_in_use

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MIB = 2**20


@pytest.mark.parametrize(
    ("now", "synchronized", "cloud", "level", "sentence"),
    [
        (NOON, True, None, Level.OK, "synchronised"),
        (NOON, None, None, Level.OK, "2026-11-23T12:00:00+00:00"),
        (NOON, False, None, Level.WARNING, "not synchronised"),
        (NOON, False, NOON + timedelta(seconds=59), Level.WARNING, "not synchronised"),
        (NOON, True, NOON + timedelta(seconds=61), Level.FAILURE, "61 s behind the cloud"),
        (NOON, True, NOON - timedelta(hours=1), Level.FAILURE, "3600 s ahead of the cloud"),
        (datetime(1970, 1, 1, tzinfo=UTC), None, None, Level.FAILURE, "is not a plausible time"),
    ],
)
def test_the_clock(now, synchronized, cloud, level, sentence):
    result = machine.check_clock(now, is_synchronised=synchronized, reference_at=cloud)
    assert result.level is level
    assert sentence in result.found


@pytest.mark.parametrize(
    ("free", "level"),
    [(63 * MIB, Level.FAILURE), (271 * MIB, Level.WARNING), (272 * MIB, Level.OK)],
)
def test_the_required_disk_space_includes_the_outbox_limit(tmp_path, free, level):
    folder = tmp_path / "not" / "there"
    result = machine.check_disk(folder, 16 * MIB, lambda _: free)
    assert result.level is level
    assert not folder.exists()


def test_an_outbox_is_inspected_and_nothing_is_created(tmp_path):
    path = tmp_path / "var" / "cam.outbox.sqlite3"
    assert machine.check_outbox(path).level is Level.OK
    assert list(tmp_path.iterdir()) == []


def test_a_running_agent_is_found_by_its_outbox(tmp_path):
    path = tmp_path / "cam.outbox.sqlite3"
    assert not is_in_use(path)
    outbox = Outbox(path)
    try:
        assert is_in_use(path)
        assert "in use by a running agent" in machine.check_outbox(path).found
    finally:
        outbox.close()
    assert not is_in_use(path)


def test_a_folder_that_cannot_be_written_fails(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    if os.geteuid() == 0:  # who may write anywhere
        monkeypatch.setattr(os, "access", lambda _, mode: not mode & os.W_OK)
    result = machine.check_writable_folder(tmp_path / "video", "recordings")
    assert result.level is Level.FAILURE


def test_a_file_in_the_place_of_a_folder_fails(tmp_path):
    (tmp_path / "video").write_text("")
    assert machine.check_writable_folder(tmp_path / "video", "recordings").level is Level.FAILURE
