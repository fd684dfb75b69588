"""A file has its name only when it is complete."""

from pathlib import Path

import pytest

from wire.whole_file import write_whole_file


def test_a_failure_leaves_the_earlier_file_and_nothing_beside_it(tmp_path: Path):
    file = tmp_path / "export.csv"
    file.write_text("earlier")
    with pytest.raises(TypeError), write_whole_file(file) as out:
        out.writelines([b"half", None])
    assert file.read_text() == "earlier"
    assert [*tmp_path.iterdir()] == [file]


def test_a_complete_file_replaces_the_earlier_one_unless_it_must_be_new(tmp_path: Path):
    file, linked = tmp_path / "export.csv", tmp_path / "latest.csv"
    linked.symlink_to(file)
    with write_whole_file(linked) as out:
        out.write(b"one")
    assert (file.read_text(), linked.is_symlink()) == ("one", True)
    with pytest.raises(FileExistsError), write_whole_file(file, must_be_new=True) as out:
        out.write(b"two")
    assert file.read_text() == "one"
    new = tmp_path / "new"
    with write_whole_file(new, must_be_new=True) as out:
        out.write(b"two")
    assert (new.read_text(), new.stat().st_mode & 0o777) == ("two", 0o600)


def test_a_device_is_written_to_and_not_replaced():
    with write_whole_file(Path("/dev/null")) as out:
        out.write(b"x")
    assert Path("/dev/null").is_char_device()
