"""A folder is watched: complete files once, changed ones again, nothing else."""

from pathlib import Path

from cloud.cli.products.watch import FolderWatch


def look(watch: FolderWatch) -> list[str]:
    return [one.path.name for one in watch.look()]


def test_a_file_is_given_once_when_it_has_stopped_growing(tmp_path: Path):
    folder = tmp_path / "orders"
    folder.mkdir()
    watch, path = FolderWatch(tmp_path), folder / "orders.csv"
    assert look(watch) == []
    path.write_text("a")
    assert look(watch) == []
    path.write_text("ab")
    assert look(watch) == []
    assert look(watch) == ["orders.csv"]
    assert look(watch) == []
    path.write_text("abc")
    assert look(watch) == []
    assert look(watch) == ["orders.csv"]


def test_hidden_files_links_folders_and_other_products_are_left_alone(tmp_path: Path):
    folder = tmp_path / "orders"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / "unknown").mkdir()
    (tmp_path / "unknown" / "x.csv").write_text("x")
    (folder / ".hidden.csv").write_text("x")
    (folder / "link.csv").symlink_to(tmp_path / "unknown" / "x.csv")
    watch = FolderWatch(tmp_path)
    assert [look(watch), look(watch)] == [[], []]
