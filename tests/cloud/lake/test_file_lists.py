"""Athena reads what the newest snapshot has, also while files are replaced and moved."""

from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from sqlalchemy import Engine

from cloud.database import reading
from cloud.lake.compaction import compact
from cloud.lake.file_lists import list_path, write_lists
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import delete_unlisted, drop_days, retire
from cloud.lake.manifest import read_files
from cloud.lake.reader import read_table
from cloud.lake.storage import open_storage
from cloud.lake.tables import Zone
from cloud.lake.verification import verify
from cloud.lake.writer import append
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import DAY_1, DAY_2, NOW, READINGS, readings

pytestmark = SQLITE_ONLY
NAME = READINGS.full_name


@pytest.fixture
def lake(engine: Engine, s3_endpoint: str, tmp_path: Path, monkeypatch) -> Lake:
    """On S3, with a bucket for each zone; two files on the first day and one on the second."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    s3 = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")
    bucket = tmp_path.name.replace("_", "-")[-50:].strip("-")
    for zone in Zone:
        s3.create_bucket(Bucket=f"{zone}-{bucket}")
    storage = open_storage(f"s3://{{zone}}-{bucket}", endpoint=s3_endpoint)
    lake = Lake(storage, engine)
    append(lake, READINGS, readings((DAY_1, "KX-01", 1, 1), (DAY_2, "KX-01", 1, 4)), now=NOW)
    append(lake, READINGS, readings((DAY_1, "KX-02", 2, 2)), now=NOW)
    return lake


def listed(lake: Lake, day) -> list[str]:
    """Paths in the list of a day, which all exist."""
    path = list_path(NAME, day)
    if not lake.storage.exists(path):
        return []
    with lake.storage.open(path) as file:
        addresses = file.read().decode().splitlines()
    bucket = lake.storage.locate("raw").partition("/")[0]
    paths = [address.removeprefix(f"s3://{bucket}/") for address in addresses]
    assert all(lake.storage.exists(path) for path in paths)
    return paths


def committed(lake: Lake, day) -> list[str]:
    with reading(lake.engine) as connection:
        return [file.path for file in read_files(connection, NAME, days=[day])]


def test_each_day_has_a_list_of_its_files(lake: Lake):
    assert write_lists(lake, NAME) == 2
    for day, files in ((DAY_1, 2), (DAY_2, 1)):
        assert listed(lake, day) == committed(lake, day)
        assert len(listed(lake, day)) == files
    assert write_lists(lake, NAME) == 0


def test_a_file_that_no_snapshot_has_is_not_listed(lake: Lake):
    lake.storage.write(f"raw/readings/day={DAY_1}/lost.parquet", b"of a commit that failed")
    write_lists(lake, NAME)
    assert listed(lake, DAY_1) == committed(lake, DAY_1)


def test_lists_are_renewed_before_replaced_files_move(lake: Lake):
    write_lists(lake, NAME)
    before = listed(lake, DAY_1)
    list(compact(lake, READINGS, now=NOW, min_files=2))
    assert listed(lake, DAY_1) == before
    assert retire(lake, now=NOW + timedelta(hours=2)) == 2
    assert len(listed(lake, DAY_1)) == 1
    assert read_table(lake, READINGS).column("visits").to_pylist() == [1, 2, 4]


def test_a_day_that_is_dropped_has_no_list(lake: Lake):
    write_lists(lake, NAME)
    drop_days(lake, READINGS, before=DAY_2, now=NOW)
    assert write_lists(lake, NAME) == 1
    assert (listed(lake, DAY_1), len(listed(lake, DAY_2))) == ([], 1)


def test_lists_are_neither_faults_nor_unlisted_files(lake: Lake):
    write_lists(lake, NAME)
    assert list(verify(lake)) == []
    assert delete_unlisted(lake, now=NOW + timedelta(days=900)) == []
    assert len(listed(lake, DAY_1)) == 2


def test_a_lake_in_a_folder_has_no_lists(engine: Engine, tmp_path: Path):
    folder = Lake(open_storage(str(tmp_path / "lake")), engine)
    append(folder, READINGS, readings((DAY_1, "KX-01", 1, 1)), now=NOW)
    assert write_lists(folder, NAME) == 0
