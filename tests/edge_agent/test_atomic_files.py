import os
import stat

import pytest

from edge_agent.atomic_files import PRIVATE_MODE, PUBLIC_MODE, write_atomically


@pytest.mark.parametrize("mode", [PRIVATE_MODE, PUBLIC_MODE])
def test_a_file_has_its_content_and_mode_whatever_the_umask_is(tmp_path, mode):
    before = os.umask(0o777)
    try:
        write_atomically(tmp_path / "key.pem", b"secret", mode=mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == mode
    assert (tmp_path / "key.pem").read_bytes() == b"secret"


def test_missing_folders_are_created(tmp_path):
    write_atomically(tmp_path / "a" / "b" / "file", b"", mode=PUBLIC_MODE)
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b""


def test_a_longer_file_is_replaced_as_a_whole(tmp_path):
    (tmp_path / "file").write_bytes(b"old" * 1_000)
    write_atomically(tmp_path / "file", b"new", mode=PRIVATE_MODE)
    assert (tmp_path / "file").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_link_is_replaced_and_its_target_stays(tmp_path):
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "file").symlink_to(tmp_path / "target")
    write_atomically(tmp_path / "file", b"new", mode=PUBLIC_MODE)
    assert (tmp_path / "target").read_bytes() == b"old"
    assert not (tmp_path / "file").is_symlink()


@pytest.mark.parametrize("failing", ["fsync", "fchmod"])
def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, failing):
    (tmp_path / "file").write_bytes(b"old")

    def fail(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "file", b"new", mode=PUBLIC_MODE)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_in_place_of_the_file_is_an_error_and_stays(tmp_path):
    (tmp_path / "file" / "inner").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        write_atomically(tmp_path / "file", b"new", mode=PUBLIC_MODE)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file" / "inner").is_dir()
