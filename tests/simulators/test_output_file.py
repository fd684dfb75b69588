"""An output file is complete or absent."""

from pathlib import Path

import pytest

from simulators.output_file import replace_file


def test_a_complete_file_replaces_the_earlier_one(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_text("earlier")
    with replace_file(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "earlier"
        assert partial.suffix == ".mp4"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interrupted_file_is_deleted_and_the_earlier_one_stays(tmp_path, error):
    path = tmp_path / "clip.mp4"
    path.write_text("earlier")
    with pytest.raises(error), replace_file(path) as partial:  # noqa: PT012
        partial.write_text("half")
        raise error
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_is_written_directly():
    with replace_file(Path("/dev/null")) as partial:
        partial.write_text("gone")
    assert not Path("/dev/null").is_file()


def test_a_link_keeps_pointing_to_the_file_it_names(tmp_path):
    target, link = tmp_path / "clip.mp4", tmp_path / "link.mp4"
    target.write_text("earlier")
    link.symlink_to(target)
    with replace_file(link) as partial:
        partial.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"
