"""A database that was restored from an older copy: nothing is deleted; an operator decides."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cloud.auth.audit import read_entries
from cloud.database import reading, writing
from cloud.ingest import report_store
from cloud.lake.compaction import compact
from cloud.lake.expiry import expire
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS, land_reports
from cloud.lake.ownership import OldManifestError, require_listed_files
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.raw.reports import promote_reports
from cloud.lake.reader import read_table
from cloud.lake.recovery.reconcile import adopt, discard, find_newer_tables
from cloud.lake.storage import open_storage
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from cloud.lake.verification import verify
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import new_engine
from tests.cloud.lake.conftest import NOW
from wire.clock import utc_now

LATER = NOW + timedelta(days=3)


def update(lake: Lake) -> None:
    list(land_reports(lake, now=NOW))
    list(promote_reports(lake, now=NOW))
    list(promote_days(lake, contracted_tables(), now=NOW))


def receive(lake: Lake, report: Reports, *numbers: int) -> None:
    with writing(lake.engine) as connection:
        report_store.write_reports(connection, [report(one) for one in numbers], NINE)


def numbers(lake: Lake) -> list[int]:
    found = read_table(lake, contracted_tables()[0].target)
    return sorted(found.column("first_sequence").to_pylist())


_written: list[Path] = []


def write_lake(folder: Path, report: Reports) -> None:
    """The lake has two reports and a compaction that its database, of an older copy, has not."""
    lake = Lake(open_storage(str(folder / "lake")), new_engine(folder))
    receive(lake, report, 1)
    update(lake)
    receive(lake, report, 2)
    lake.engine.dispose()
    shutil.copy(folder / "onlooker.db", folder / "copy.db")
    update(lake)
    receive(lake, report, 3)
    update(lake)
    list(compact(lake, RAW_REPORTS, now=NOW, min_files=2))
    lake.engine.dispose()


@pytest.fixture
def restored(tmp_path: Path, report: Reports, tmp_path_factory) -> Iterator[Lake]:
    """A copy of that lake."""
    if not _written:
        folder = tmp_path_factory.mktemp("restored")
        write_lake(folder, report)
        _written.append(folder)
    shutil.copytree(_written[0], tmp_path, dirs_exist_ok=True)
    lake = Lake(open_storage(str(tmp_path / "lake")), new_engine(tmp_path, "copy.db"))
    yield lake
    lake.engine.dispose()


def test_nothing_is_changed_before_an_operator_decides(restored: Lake):
    before = sorted(restored.storage.list_files())
    for refused in (
        lambda: require_listed_files(restored),
        lambda: expire(restored, actor="ann", now=LATER),
    ):
        with pytest.raises(OldManifestError, match=r"a snapshot of .+ that the database does not"):
            refused()
    assert sorted(restored.storage.list_files()) == before


def test_adopted_snapshots_are_complete_and_rows_are_landed_once(restored: Lake, report: Reports):
    receive(restored, report, 4)  # has the number that report 3 had in the lost database
    found = {one.table_name: len(one.records) for one in find_newer_tables(restored)}
    assert found[LANDED_REPORTS.full_name] == 2
    assert found[RAW_REPORTS.full_name] == 3
    adopt(restored, find_newer_tables(restored), actor="ann", now=LATER)
    assert find_newer_tables(restored) == []
    assert list(verify(restored)) == []
    assert numbers(restored) == [1, 2, 3]
    update(restored)
    assert numbers(restored) == [1, 2, 3, 4]
    landed = read_table(restored, LANDED_REPORTS).column("first_sequence").to_pylist()
    assert sorted(landed) == [1, 2, 3, 4]
    expire(restored, actor="ann", now=LATER)
    assert list(verify(restored)) == []
    with reading(restored.engine) as connection:
        entry = next(iter(read_entries(connection)))
    assert (entry.actor, entry.action) == ("ann", "lake.snapshots_adopted")
    assert json.loads(entry.details)[LANDED_REPORTS.full_name] == {
        "files": 2, "first": 2, "last": 3, "rows_added": 2,
    }  # fmt: skip


def test_a_lost_database_is_adopted_from_nothing(restored: Lake, tmp_path: Path):
    empty = Lake(restored.storage, new_engine(tmp_path, "empty.db"))
    adopt(empty, find_newer_tables(empty), actor="ann", now=LATER)
    assert numbers(empty) == [1, 2, 3]
    assert list(verify(empty)) == []
    empty.engine.dispose()


def test_discarded_snapshots_are_recorded_and_their_files_deleted_later(restored: Lake):
    discard(restored, find_newer_tables(restored), reason="test data", actor="ann", now=LATER)
    require_listed_files(restored)
    with reading(restored.engine) as connection:
        (entry,) = read_entries(connection)
    assert json.loads(entry.details)["reason"] == "test data"
    expire(restored, actor="ann", now=utc_now() + timedelta(days=2))
    assert list(verify(restored)) == []
    update(restored)  # report 2 is in the database still
    assert numbers(restored) == [1, 2]
