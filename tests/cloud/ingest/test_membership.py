"""A camera added to the sites file is accepted; an invalid file changes nothing."""

from pathlib import Path

import pytest

from cloud.ingest.membership import Membership
from cloud.sites.reload import CHECK_EVERY_S
from cloud.sites.sites_file import SAMPLE
from cloud.yaml_document import DocumentError
from wire.scalars import DeviceId, LocationId

KX = LocationId("KX-01")
OLD, NEW = DeviceId("kx-01-cam-1"), DeviceId("kx-01-cam-2")


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "estate.yaml"
    file.write_text(SAMPLE.read_text())
    return file


def test_a_camera_that_is_added_is_known_at_the_next_look(file: Path) -> None:
    clock = Clock()
    membership = Membership(file, steady_clock=clock)
    file.write_text(SAMPLE.read_text().replace("[kx-01-cam-1,", "[kx-01-cam-1, kx-01-cam-2,"))
    assert not membership.is_listed(KX, NEW)
    clock.now_s += CHECK_EVERY_S
    assert membership.is_listed(KX, NEW)


@pytest.mark.parametrize("spoil", [lambda file: file.write_text("{"), lambda file: file.unlink()])
def test_a_spoilt_file_changes_nothing_and_is_complained_of_once(
    file: Path, spoil: object, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    membership = Membership(file, steady_clock=clock)
    spoil(file)  # type: ignore[operator]
    for _ in range(3):
        clock.now_s += CHECK_EVERY_S
        assert membership.is_listed(KX, OLD)
    assert [record.getMessage() for record in caplog.records] == ["sites_file.refused"]


def test_a_file_that_cannot_be_read_is_no_beginning(tmp_path: Path) -> None:
    with pytest.raises(DocumentError):
        Membership(tmp_path / "nowhere.yaml")
