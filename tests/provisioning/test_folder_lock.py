"""The lock of a folder: one process for each role."""

import os
from pathlib import Path

import pytest

from provisioning.folder_lock import FolderLock, FolderLockedError

OPEN_FILES = Path("/proc/self/fd")


def test_a_folder_is_locked_for_one_process_until_it_releases_the_lock(tmp_path):
    lock = FolderLock(tmp_path, "broker")
    lock.take()
    with pytest.raises(FolderLockedError, match=rf"another broker \(process {os.getpid()}\) uses"):
        FolderLock(tmp_path, "broker").take()
    FolderLock(tmp_path, "CA service").take()
    lock.release()
    lock.release()
    FolderLock(tmp_path, "broker").take()


def test_a_missing_folder_is_created_and_the_lock_file_is_private(tmp_path):
    folder = tmp_path / "a" / "b"
    FolderLock(folder, "CA service").take()
    [file] = folder.iterdir()
    assert file.name == ".CA-service.lock"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == f"{os.getpid()}\n"


def test_the_lock_file_of_a_process_that_was_killed_does_not_lock(tmp_path):
    (tmp_path / ".broker.lock").write_text("12345678901234567890\n")
    lock = FolderLock(tmp_path, "broker")
    lock.take()
    assert (tmp_path / ".broker.lock").read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("content", ["", "\n", "  "])
def test_a_holder_that_wrote_no_process_id_is_unknown(tmp_path, content):
    holder = FolderLock(tmp_path, "broker")
    holder.take()
    (tmp_path / ".broker.lock").write_text(content)
    with pytest.raises(FolderLockedError) as refused:
        FolderLock(tmp_path, "broker").take()
    assert str(refused.value) == (
        f"another broker (process unknown) uses {tmp_path}: stop it first, or give another folder"
    )
    holder.release()


def test_a_refused_lock_leaves_no_file_descriptor_open(tmp_path):
    holder = FolderLock(tmp_path, "broker")
    holder.take()
    before = len(list(OPEN_FILES.iterdir()))
    for _ in range(5):
        with pytest.raises(FolderLockedError):
            FolderLock(tmp_path, "broker").take()
    assert len(list(OPEN_FILES.iterdir())) == before
    holder.release()


def test_a_folder_that_cannot_be_created_is_an_error_of_the_system(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        FolderLock(tmp_path / "file" / "folder", "broker").take()
