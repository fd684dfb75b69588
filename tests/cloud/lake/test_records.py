"""Each snapshot leaves a record in the lake, without gaps, also when a program ends before it."""

import pytest

from cloud.lake.lake import Lake
from cloud.lake.records import has_newer_records, read_newer_records, record_path, write_records
from cloud.lake.storage import Storage, StorageError
from cloud.lake.verification import verify
from cloud.lake.writer import append
from tests.cloud.databases import SQLITE_ONLY, new_engine
from tests.cloud.lake.conftest import DAY_1, NOW, READINGS, readings

pytestmark = SQLITE_ONLY
NAME = READINGS.full_name


def add(lake: Lake, hour: int) -> None:
    append(lake, READINGS, readings((DAY_1, "KX-01", hour, 1)), now=NOW)


def test_a_record_says_what_the_manifest_says(lake: Lake, tmp_path):
    add(lake, 1)
    add(lake, 2)
    older = Lake(lake.storage, new_engine(tmp_path, "older.db"))
    first, second = read_newer_records(older, NAME)
    older.engine.dispose()
    assert (first.number, second.number, second.rows_added) == (1, 2, 1)
    (file,) = second.added
    assert file.day == DAY_1
    assert file.to_data_file().bounds["location"] == ("KX-01", "KX-01")
    assert not has_newer_records(lake, NAME)
    assert list(verify(lake)) == []


def test_a_record_that_was_not_written_is_written_by_the_next_commit(lake: Lake, monkeypatch):
    def fail(self: Storage, path: str, content: bytes) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "write", fail)
        add(lake, 1)
    assert not lake.storage.exists(record_path(NAME, 1))
    add(lake, 2)
    assert all(lake.storage.exists(record_path(NAME, number)) for number in (1, 2))


def test_a_record_that_is_not_one_is_named(lake: Lake):
    lake.storage.write(record_path(NAME, 1), b"{}")
    with pytest.raises(StorageError, match=r"000000000001\.json is not a record of a snapshot"):
        list(read_newer_records(lake, NAME))
    write_records(lake, [NAME])  # without a snapshot there is nothing to write
