"""What is due is expired and recorded; a lake of another database is left alone."""

from dataclasses import astuple
from datetime import timedelta
from pathlib import Path

import pytest

from cloud.auth.audit import read_entries
from cloud.database import reading
from cloud.lake.compaction import compact
from cloud.lake.expiry import ExpiryResult, expire
from cloud.lake.lake import Lake
from cloud.lake.ownership import OldManifestError
from cloud.lake.writer import append
from tests.cloud.databases import SQLITE_ONLY, new_engine
from tests.cloud.lake.conftest import DAY_1, NOW, READINGS, readings

pytestmark = SQLITE_ONLY
NOTHING = ExpiryResult(0, 0, 0, 0)


@pytest.fixture
def compacted(lake: Lake) -> Lake:
    """Four files that one replaces."""
    for hour in range(4):
        append(lake, READINGS, readings((DAY_1, "KX-01", hour, 1)), now=NOW)
    list(compact(lake, READINGS, now=NOW))
    return lake


def read_actions(lake: Lake) -> list[tuple[str, str]]:
    with reading(lake.engine) as connection:
        return [(entry.actor, entry.action) for entry in read_entries(connection)]


def test_nothing_that_is_due_is_recorded_as_nothing(compacted: Lake):
    assert expire(compacted, actor="ann", now=NOW) == NOTHING
    assert read_actions(compacted) == []


def test_replaced_files_are_retired_then_deleted_and_each_run_is_recorded(compacted: Lake):
    later, much_later = NOW + timedelta(hours=2), NOW + timedelta(days=15)
    assert astuple(expire(compacted, actor="ann", now=later)) == (0, 4, 0, 0)
    assert astuple(expire(compacted, actor="ann", now=much_later)) == (0, 0, 4, 0)
    assert expire(compacted, actor="ann", now=much_later) == NOTHING
    assert read_actions(compacted) == [("ann", "lake.expired")] * 2


def test_a_lake_of_another_database_is_left_alone(compacted: Lake, tmp_path: Path):
    before = sorted(compacted.storage.list_files())
    other = Lake(compacted.storage, new_engine(tmp_path, "other.db"))
    with pytest.raises(OldManifestError):
        expire(other, actor="ann", now=NOW + timedelta(days=9_999))
    assert sorted(compacted.storage.list_files()) == before
    other.engine.dispose()
