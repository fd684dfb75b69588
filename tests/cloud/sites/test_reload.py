"""The sites file is read again without a restart; an invalid version changes nothing."""

from pathlib import Path

import pytest

from cloud.sites.reload import CHECK_EVERY_S, SitesFile
from cloud.sites.sites_file import SAMPLE
from cloud.yaml_document import DocumentError


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sites.yaml"
    path.write_text(SAMPLE.read_text())
    return path


def test_a_changed_file_is_read_at_the_next_check(path: Path) -> None:
    clock = Clock()
    sites_file = SitesFile(path, steady_clock=clock)
    before = sites_file.sites
    path.write_text(SAMPLE.read_text().replace("id: KX-01", "id: KX-77"))
    assert sites_file.sites is before
    clock.now_s += CHECK_EVERY_S
    assert sites_file.sites.location("KX-77").id == "KX-77"
    assert sites_file.problem is None


def test_a_broken_file_leaves_the_last_version_in_force_and_says_so_until_it_is_mended(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    sites_file = SitesFile(path, steady_clock=clock)
    before = sites_file.sites
    path.write_text("version: 1\nlocations: [")
    for _ in range(3):
        clock.now_s += CHECK_EVERY_S
        assert sites_file.sites is before
    assert [record.getMessage() for record in caplog.records] == ["sites_file.refused"]
    assert str(path) in (sites_file.problem or "")
    path.write_text(SAMPLE.read_text())
    clock.now_s += CHECK_EVERY_S
    assert len(sites_file.sites) == len(before)
    assert sites_file.problem is None


def test_an_unchanged_file_is_not_read_again(path: Path) -> None:
    clock = Clock()
    sites_file = SitesFile(path, steady_clock=clock)
    before = sites_file.sites
    clock.now_s += CHECK_EVERY_S
    assert sites_file.sites is before


def test_a_file_that_cannot_be_read_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(DocumentError):
        SitesFile(tmp_path / "nowhere.yaml")
