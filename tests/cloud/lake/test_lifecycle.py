"""Files that no snapshot has are retired, kept for time travel, and deleted unless held."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.database import reading, writing
from cloud.lake.compaction import compact
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import (
    delete_expired,
    delete_unlisted,
    drop_days,
    place_hold,
    read_holds,
    release_hold,
    retire,
)
from cloud.lake.manifest import (
    UnknownSnapshotError,
    read_added_files,
    read_files,
    write_position,
)
from cloud.lake.reader import read_table
from cloud.lake.storage import Storage
from cloud.lake.tables import Zone
from cloud.lake.verification import Fault, verify
from cloud.lake.writer import append
from tests.cloud.lake.conftest import DAY_1, DAY_2, NOW, READINGS, readings

LATER = NOW + timedelta(hours=2)
MUCH_LATER = NOW + timedelta(days=15)


@pytest.fixture
def compacted(lake: Lake) -> Lake:
    for hour in range(4):
        append(lake, READINGS, readings((DAY_1, "KX-01", hour, 1)), now=NOW)
    list(compact(lake, READINGS, now=NOW))
    return lake


def list_folder(lake: Lake, folder: str = "raw") -> list[str]:
    return list(lake.storage.list_files(folder))


def test_replaced_files_leave_the_folder_and_can_still_be_read(compacted: Lake):
    assert len(list_folder(compacted)) == 5
    assert retire(compacted, now=NOW) == 0, "a query may still be reading them"
    assert retire(compacted, now=LATER) == 4
    assert len(list_folder(compacted)) == 1
    assert read_table(compacted, READINGS, at=4).num_rows == 4
    assert read_table(compacted, READINGS).num_rows == 4
    assert list(verify(compacted)) == []


def test_an_interrupted_retirement_is_completed(compacted: Lake):
    with reading(compacted.engine) as connection:
        path = read_files(connection, "raw.readings", at=4)[0].path
    compacted.storage.move(path, f"_retired/{path}")  # and then the power failed
    assert list(verify(compacted)) == []
    assert retire(compacted, now=LATER) == 4
    assert read_table(compacted, READINGS, at=4).num_rows == 4


def test_a_missing_file_does_not_stop_the_others(compacted: Lake):
    with reading(compacted.engine) as connection:
        removed = read_files(connection, "raw.readings", at=4)
    lost = removed[1].path
    compacted.storage.delete(lost)
    assert retire(compacted, now=LATER) == 4
    assert len(list_folder(compacted)) == 1
    (fault,) = verify(compacted)
    assert (fault.path, fault.fault, fault.is_current) == (lost, Fault.MISSING, False)
    assert delete_expired(compacted, now=MUCH_LATER) == 4
    assert list(verify(compacted)) == []


def test_expired_files_are_deleted_and_their_snapshots_unknown(compacted: Lake):
    retire(compacted, now=LATER)
    assert delete_expired(compacted, now=LATER) == 0
    assert delete_expired(compacted, now=MUCH_LATER) == 4
    assert list_folder(compacted, "_retired") == []
    assert delete_expired(compacted, now=MUCH_LATER) == 0
    with pytest.raises(UnknownSnapshotError, match=r"snapshot 4 of raw\.readings has expired"):
        read_table(compacted, READINGS, at=4)
    assert read_table(compacted, READINGS).num_rows == 4
    assert list(verify(compacted)) == []


def test_landed_files_are_not_deleted_before_they_are_promoted(lake: Lake):
    landed = replace(READINGS, zone=Zone.LANDING)
    for hour in range(4):
        append(lake, landed, readings((DAY_1, "KX-01", hour, 1)), now=NOW)
    with writing(lake.engine) as connection:
        write_position(connection, "raw.readings", "landing.readings", 2, before=0)
    list(compact(lake, landed, now=NOW))
    retire(lake, now=LATER)
    assert delete_expired(lake, now=MUCH_LATER) == 2
    with writing(lake.engine) as connection:
        kept = [read_added_files(connection, "landing.readings", one) for one in (3, 4)]
        assert [len(files) for files in kept] == [1, 1]
        write_position(connection, "raw.readings", "landing.readings", 4, before=2)
    assert delete_expired(lake, now=MUCH_LATER) == 2


def test_files_of_later_zones_are_deleted_without_waiting_for_their_readers(compacted: Lake):
    with writing(compacted.engine) as connection:
        write_position(connection, "trusted.readings", "raw.readings", 1, before=0)
    retire(compacted, now=LATER)
    assert delete_expired(compacted, now=MUCH_LATER) == 4


def test_an_interrupted_deletion_leaves_a_file_that_is_deleted_later(compacted: Lake, monkeypatch):
    retire(compacted, now=LATER)

    def fail(self: Storage, path: str) -> None:
        raise OSError("the power failed")

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "delete", fail)
        with pytest.raises(OSError, match="the power failed"):
            delete_expired(compacted, now=MUCH_LATER)
    assert [one.fault for one in verify(compacted)] == [Fault.UNLISTED]
    assert delete_expired(compacted, now=MUCH_LATER) == 3
    assert len(delete_unlisted(compacted, now=NOW + timedelta(days=9_999))) == 1
    assert list(verify(compacted)) == []
    assert read_table(compacted, READINGS).num_rows == 4


def test_old_days_are_dropped(lake: Lake):
    append(lake, READINGS, readings((DAY_1, "KX-01", 1, 1), (DAY_2, "KX-01", 1, 2)), now=NOW)
    snapshot = drop_days(lake, READINGS, before=DAY_2, now=NOW)
    assert snapshot is not None
    assert snapshot.rows_removed == 1
    assert read_table(lake, READINGS).column("visits").to_pylist() == [2]
    assert drop_days(lake, READINGS, before=DAY_2, now=NOW) is None


def test_a_hold_keeps_its_days_until_it_is_released(compacted: Lake):
    days = (DAY_1, DAY_1)
    with writing(compacted.engine) as connection:
        number = place_hold(connection, "raw.readings", days, "case 17", "counsel", NOW)
    assert drop_days(compacted, READINGS, before=DAY_2, now=NOW) is None
    retire(compacted, now=LATER)
    assert delete_expired(compacted, now=MUCH_LATER) == 0
    with reading(compacted.engine) as connection:
        (hold,) = read_holds(connection, "raw.readings")
        assert read_holds(connection, "raw.other") == []
    assert (hold.reason, hold.author, hold.first_on) == ("case 17", "counsel", DAY_1)
    with writing(compacted.engine) as connection:
        assert release_hold(connection, number, MUCH_LATER)
        assert not release_hold(connection, number, MUCH_LATER)
    assert delete_expired(compacted, now=MUCH_LATER) == 4


def test_files_of_a_commit_that_failed_are_deleted_after_a_day(lake: Lake):
    append(lake, READINGS, readings((DAY_1, "KX-01", 1, 1)), now=NOW)
    staged = lake.storage.stage()
    staged.write_bytes(b"rows")
    path = "raw/readings/day=2026-11-18/unlisted.parquet"
    lake.storage.publish(staged, path)
    lake.storage.stage().write_bytes(b"half a file")
    written_at = lake.storage.changed_at(path)
    assert delete_unlisted(lake, now=written_at + timedelta(hours=23)) == []
    found = delete_unlisted(lake, now=written_at + timedelta(hours=25))
    assert len(found) == 2
    assert path in found
    assert list(verify(lake)) == []
    assert read_table(lake, READINGS).num_rows == 1


def test_files_that_the_lake_did_not_write_are_not_deleted(lake: Lake):
    append(lake, READINGS, readings((DAY_1, "KX-01", 1, 1)), now=NOW)
    others = ["onlooker.db", "raw/notes.txt", "backup/day=2026-11-18/a.parquet", "_staging/a.csv"]
    for path in others:
        staged = lake.storage.stage()
        staged.write_bytes(b"of the operator")
        lake.storage.publish(staged, path)
    written_at = lake.storage.changed_at(others[-1])
    assert delete_unlisted(lake, now=written_at + timedelta(days=3)) == []
    assert all(map(lake.storage.exists, others))
