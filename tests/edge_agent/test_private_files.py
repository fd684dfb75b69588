import os
import stat
from pathlib import Path

import pytest

from edge_agent.private_files import (
    create_private_folder,
    open_private_file,
    private_umask,
    refuse_special_file,
    restrict,
    restrict_folder,
)


@pytest.fixture(autouse=True)
def permissive_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_new_folders_are_private_and_existing_ones_keep_their_mode(tmp_path):
    (tmp_path / "shared").mkdir(mode=0o775)
    create_private_folder(tmp_path / "shared" / "a" / "b")
    assert mode(tmp_path / "shared") == 0o775
    assert mode(tmp_path / "shared" / "a") == mode(tmp_path / "shared" / "a" / "b") == 0o700
    create_private_folder(tmp_path / "shared")
    assert mode(tmp_path / "shared") == 0o775


def test_a_file_in_place_of_a_folder_is_an_error(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(NotADirectoryError, match="is not a folder"):
        create_private_folder(tmp_path / "file")
    with pytest.raises(OSError, match="file"):
        create_private_folder(tmp_path / "file" / "below")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("exists", [False, True])
def test_an_opened_file_is_private_and_keeps_its_content(tmp_path, exists):
    path = tmp_path / "outbox"
    if exists:
        path.write_bytes(b"old")
        path.chmod(0o664)
    os.close(open_private_file(path))
    assert mode(path) == 0o600
    assert path.read_bytes() == (b"old" if exists else b"")


def test_a_pipe_is_refused_without_waiting_for_its_other_end(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o666)
    with pytest.raises(OSError, match="not a regular file"):
        open_private_file(tmp_path / "pipe")
    assert mode(tmp_path / "pipe") == 0o666


def test_a_device_is_refused_and_keeps_its_mode():
    path = Path(os.devnull)
    before = mode(path)
    with pytest.raises(OSError, match="it is a device, pipe or socket"):
        refuse_special_file(path)
    restrict(path)
    assert mode(path) == before


def test_a_missing_file_is_not_special(tmp_path):
    refuse_special_file(tmp_path / "missing")
    refuse_special_file(tmp_path)
    restrict(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize(
    ("before", "after"), [(0o644, 0o600), (0o777, 0o700), (0o400, 0o400), (0o2770, 0o700)]
)
def test_only_the_rights_of_others_are_removed(tmp_path, before, after):
    path = tmp_path / "file"
    path.write_text("x")
    path.chmod(before)
    restrict(path)
    assert mode(path) == after


def test_a_folder_is_restricted_with_its_files(tmp_path):
    folder = tmp_path / "recording"
    folder.mkdir(mode=0o755)
    (folder / "000.ts").write_text("x")
    restrict_folder(folder)
    assert (mode(folder), mode(folder / "000.ts")) == (0o700, 0o600)
    restrict_folder(tmp_path / "missing")


def test_the_umask_is_restored_after_an_error(tmp_path):
    def write_and_fail():
        with private_umask():
            (tmp_path / "file").write_text("x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert mode(tmp_path / "file") == 0o600
    (tmp_path / "after").write_text("x")
    assert mode(tmp_path / "after") == 0o666
