"""The same contract for a local folder and for S3."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from pyarrow import fs

from cloud.lake.storage import Storage, StorageError, hash_stream, open_storage
from cloud.lake.tables import Zone

PATH = "raw/readings/day=2026-11-18/a.parquet"


@pytest.fixture(params=["folder", "s3", "s3-by-zone"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch) -> Storage:
    if request.param == "folder":
        return open_storage(str(tmp_path / "lake"))
    endpoint = request.getfixturevalue("s3_endpoint")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    bucket = tmp_path.name.replace("_", "-")[-50:].strip("-")
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    if request.param == "s3":
        s3.create_bucket(Bucket=bucket)
        return open_storage(f"s3://{bucket}/lake", endpoint=endpoint)
    for zone in Zone:
        s3.create_bucket(Bucket=f"{zone}-{bucket}")
    return open_storage(f"s3://{{zone}}-{bucket}", endpoint=endpoint)


def publish(storage: Storage, path: str = PATH, content: bytes = b"rows") -> None:
    staged = storage.stage()
    staged.write_bytes(content)
    storage.publish(staged, path)
    assert not staged.exists()


def test_a_published_file_can_be_read(storage: Storage):
    publish(storage)
    assert storage.exists(PATH)
    assert storage.size(PATH) == 4
    with storage.open(PATH) as file:
        assert file.read() == b"rows"
    assert abs(storage.changed_at(PATH) - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_staged_file_is_not_listed_under_its_path(storage: Storage):
    storage.stage().write_bytes(b"half")
    assert not storage.exists(PATH)
    assert list(storage.list_files("raw")) == []


def test_files_are_not_staged_in_a_folder_that_another_user_could_replace(tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    spool = tmp_path / "spool"
    spool.symlink_to(tmp_path / "elsewhere")
    storage = Storage(fs.LocalFileSystem(), str(tmp_path / "lake"), spool)
    with pytest.raises(StorageError, match="spool is not a folder of this user"):
        storage.stage()


def test_files_of_all_folders_are_listed(storage: Storage):
    publish(storage)
    publish(storage, "trusted/readings/day=2026-11-18/b.parquet")
    assert list(storage.list_files("raw")) == [PATH]
    assert len([path for path in storage.list_files() if not path.startswith("_")]) == 2


def test_folders_are_listed_by_name(storage: Storage):
    publish(storage, "_records/raw/readings/1.json")
    publish(storage, "_records/raw/visits/1.json")
    assert sorted(storage.list_folders("_records/raw")) == ["readings", "visits"]
    assert storage.list_folders("_records/curated") == []
    assert list(storage.list_files()) == []
    assert len(list(storage.list_files("_records/raw"))) == 2


@pytest.mark.parametrize("prefix", ["", "_retired/"])
def test_each_zone_can_have_a_bucket(prefix: str):
    storage = open_storage("s3://onlooker-{zone}-1/lake")
    for zone in Zone:
        path = f"{prefix}{zone}/readings/day=2026-11-18/a.parquet"
        assert storage.locate(path) == f"onlooker-{zone}-1/lake/{path}"


def test_a_small_file_is_replaced_and_not_listed(storage: Storage):
    path = "_lists/raw/readings/day=2026-11-18/files.txt"
    for content in (b"one", b"another"):
        storage.write(path, content)
        with storage.open(path) as file:
            assert file.read() == content
    assert list(storage.list_files()) == []


def test_a_move_can_be_repeated(storage: Storage):
    publish(storage)
    for _ in range(2):
        storage.move(PATH, f"_retired/{PATH}")
        assert not storage.exists(PATH)
        assert storage.exists(f"_retired/{PATH}")


def test_a_file_that_is_nowhere_cannot_be_moved(storage: Storage):
    with pytest.raises(OSError, match=r"a\.parquet"):
        storage.move(PATH, f"_retired/{PATH}")


def test_a_deletion_can_be_repeated(storage: Storage):
    publish(storage)
    for _ in range(2):
        storage.delete(PATH)
        assert not storage.exists(PATH)


def test_the_names_of_new_folders_are_on_disk_with_the_file(tmp_path: Path, monkeypatch):
    synced: list[str] = []
    sync = os.fsync

    def record(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    storage = open_storage(str(tmp_path / "lake"))
    monkeypatch.setattr(os, "fsync", record)
    publish(storage)
    expected = ["lake", "lake/raw", "lake/raw/readings", "lake/raw/readings/day=2026-11-18"]
    assert {str(tmp_path / one) for one in expected} <= set(synced)


def test_the_digest_is_that_of_the_content(storage: Storage):
    publish(storage, content=b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2
    assert hash_stream(storage.open(PATH)) == expected


def test_an_address_of_another_kind_is_refused():
    with pytest.raises(StorageError, match="gs:// is not supported: give a folder or s3://bucket"):
        open_storage("gs://bucket/lake")


def test_a_folder_that_cannot_be_created_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be created: Not a directory"):
        open_storage(str(tmp_path / "file" / "lake"))
