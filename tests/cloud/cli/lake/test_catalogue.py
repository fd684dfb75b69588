"""`python -m cloud lake catalogue`: an operator writes the pages."""

import json
from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.auth.audit import read_entries
from cloud.database import connect, reading
from tests.cloud.databases import new_database


@pytest.fixture
def run(tmp_path: Path, capsys):
    url = new_database(tmp_path)

    def run(folder: Path) -> tuple[int, str, str]:
        common = ["lake", "--database", url, "--lake", str(tmp_path / "lake")]
        status = main([*common, "catalogue", "--out", str(folder)])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return run


def test_the_pages_of_an_empty_lake_are_written_and_recorded(run, tmp_path: Path):
    status, out, _ = run(tmp_path / "pages")
    assert status == 0
    assert out.splitlines()[0].endswith(f"open {tmp_path}/pages/index.html")
    page = (tmp_path / "pages" / "raw.audience_reports.html").read_text()
    assert "Nothing has been committed to this table." in page
    engine = connect(f"sqlite:///{tmp_path}/onlooker.db")
    with reading(engine) as connection:
        (entry,) = read_entries(connection)
    engine.dispose()
    assert entry.action == "lake.catalogue_written"
    assert json.loads(entry.details)["pages"] > 10


def test_a_folder_that_cannot_be_written_is_refused(run, tmp_path: Path):
    (tmp_path / "file").write_text("x")
    status, _, err = run(tmp_path / "file")
    assert status == 2
    assert "the catalogue cannot be written to" in err
