"""A file is read as it was written; lines without a name or with a repeated one are refused."""

from pathlib import Path

import pytest

from cloud.fleet.assets.asset import COLUMNS, CameraAsset
from cloud.fleet.assets.csv_file import read_assets, write_assets
from cloud.fleet.registry.devices import RegistryError

ASSETS = [CameraAsset("a", "KX-01", 'SN "1", left'), CameraAsset("b")]


def test_assets_are_read_as_written(tmp_path: Path):
    path = tmp_path / "assets.csv"
    write_assets(path, ASSETS)
    assert path.read_text().splitlines()[0] == ",".join(COLUMNS)
    assert read_assets(path) == ASSETS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name,location\na,X\na,Y\n", "line 3: 'a' is also in line 2"),
        ("name,location\n,X\n", "line 2: found no name"),
        ("device\na\n", "line 2: found no name"),
    ],
)
def test_a_file_that_cannot_be_matched_is_refused(text, reason, tmp_path: Path):
    path = tmp_path / "assets.csv"
    path.write_text(text)
    with pytest.raises(RegistryError, match=reason):
        read_assets(path)
