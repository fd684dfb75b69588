"""Pages are replaced as a whole, in a folder and in a bucket, beside the lake by default."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import fs

from cloud.lake.catalogue.page_folder import PageFolder, open_page_folder, place_beside
from cloud.lake.storage import StorageError


def fail() -> Iterator[str]:
    yield "half"
    raise OSError("the connection is lost")


@pytest.fixture(params=["folder", "bucket"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> PageFolder:
    """A local folder, and a file system of another kind."""
    if request.param == "folder":
        return open_page_folder(str(tmp_path / "pages"))
    (tmp_path / "pages").mkdir()
    return PageFolder(fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem()), "pages")


def test_a_page_is_replaced_when_all_of_it_is_known(folder: PageFolder, tmp_path: Path):
    folder.write("index.html", ["<p>", "ä</p>"])
    with pytest.raises(OSError, match="the connection is lost"):
        folder.write("index.html", fail())
    assert (tmp_path / "pages" / "index.html").read_text(encoding="utf-8") == "<p>ä</p>"


@pytest.mark.parametrize(
    ("lake", "expected"),
    [
        ("/var/lib/onlooker/lake", "/var/lib/onlooker/catalogue"),
        ("s3://bucket/lake", "s3://bucket/catalogue"),
        ("s3://bucket/of/lake/", "s3://bucket/of/catalogue"),
        ("s3://onlooker-test-{zone}-1", "s3://onlooker-test-catalogue-1"),
    ],
)
def test_the_pages_are_beside_the_lake(lake: str, expected: str):
    assert place_beside(lake) == expected


def test_nothing_is_beside_a_whole_bucket():
    with pytest.raises(StorageError, match="name the place of the pages by --catalogue"):
        place_beside("s3://bucket")


def test_an_address_is_shown_as_it_is_opened(folder: PageFolder):
    shown = folder.describe("index.html")
    assert shown.endswith("pages/index.html")
    assert shown.startswith("s3://") is not folder.root.startswith("/")
