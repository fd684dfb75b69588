"""A folder and a database that belong to different lakes are refused before anything is deleted."""

from datetime import timedelta
from pathlib import Path

import pytest

from cloud.lake.lake import Lake
from cloud.lake.lifecycle import delete_unlisted, retire
from cloud.lake.ownership import (
    ForeignLakeError,
    OldManifestError,
    require_listed_files,
    require_own_files,
)
from cloud.lake.records import record_path
from cloud.lake.storage import open_storage
from cloud.lake.writer import append
from tests.cloud.databases import new_engine
from tests.cloud.lake.conftest import DAY_1, NOW, READINGS, readings


@pytest.fixture
def filled(lake: Lake) -> Lake:
    append(lake, READINGS, readings((DAY_1, "KX-01", 1, 1), (DAY_1, "KX-01", 2, 1)), now=NOW)
    return lake


def test_a_lake_with_its_own_database_is_accepted(filled: Lake):
    require_own_files(filled)
    assert require_listed_files(filled)


def test_an_empty_lake_of_an_empty_database_is_accepted(lake: Lake):
    require_own_files(lake)
    assert not require_listed_files(lake)


def test_a_new_database_deletes_no_file_of_a_lake(filled: Lake, tmp_path: Path):
    engine = new_engine(tmp_path, "new.db")
    (path,) = filled.storage.list_files("raw")
    long_after = filled.storage.changed_at(path) + timedelta(days=30)
    with pytest.raises(OldManifestError, match=r"a snapshot of raw\.readings that the database"):
        delete_unlisted(Lake(filled.storage, engine), now=long_after)
    filled.storage.delete(record_path(READINGS.full_name, 1))
    with pytest.raises(
        ForeignLakeError, match=f"the database lists no file, and the lake has {path}"
    ):
        delete_unlisted(Lake(filled.storage, engine), now=long_after)
    engine.dispose()
    assert filled.storage.exists(path)


def test_a_new_database_may_fill_a_lake_after_a_crash_before_its_first_commit(
    filled: Lake, tmp_path: Path
):
    filled.storage.delete(record_path(READINGS.full_name, 1))
    engine = new_engine(tmp_path, "new.db")
    assert not require_listed_files(Lake(filled.storage, engine))
    engine.dispose()


def test_another_folder_is_refused(filled: Lake, tmp_path: Path):
    elsewhere = Lake(open_storage(str(tmp_path / "elsewhere")), filled.engine)
    with pytest.raises(ForeignLakeError, match="none of the newest files that the database lists"):
        require_listed_files(elsewhere)


def test_a_lake_that_has_lost_one_file_of_several_is_accepted(filled: Lake):
    append(filled, READINGS, readings((DAY_1, "KX-01", 3, 1)), now=NOW)
    lost, _ = filled.storage.list_files("raw")
    filled.storage.delete(lost)
    require_own_files(filled)
    assert delete_unlisted(filled, now=NOW) == []


def test_retired_files_belong_to_the_lake(filled: Lake):
    (path,) = filled.storage.list_files("raw")
    filled.storage.move(path, f"_retired/{path}")  # a retirement that was interrupted
    require_own_files(filled)
    assert retire(filled, now=NOW) == 0
