"""What DuckDB writes beyond its memory is deleted, also after its program was killed."""

import os
import signal
from pathlib import Path

import pytest

from cloud.lake.spill import LOCK, PREFIX, create_spill_folder


def test_a_folder_is_deleted_at_the_end(tmp_path: Path) -> None:
    with create_spill_folder(tmp_path) as folder:
        (folder / "spill").write_text("rows")
        with create_spill_folder(tmp_path) as other:
            assert sorted(tmp_path.iterdir()) == sorted([folder, other])
        assert (folder / "spill").exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_the_folder_of_a_killed_program_is_deleted_by_the_next(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with create_spill_folder(tmp_path):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (abandoned,) = tmp_path.iterdir()
    with create_spill_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert not abandoned.exists()


def test_folders_that_are_not_complete_and_other_names_stay(tmp_path: Path) -> None:
    new, other = tmp_path / f"{PREFIX}new", tmp_path / "other"
    for folder in (new, other):
        folder.mkdir()
    (other / LOCK).touch()
    with create_spill_folder(tmp_path):
        pass
    assert sorted(tmp_path.iterdir()) == [new, other]
