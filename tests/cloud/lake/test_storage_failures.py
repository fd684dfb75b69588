"""A storage that fails at any call, such as a full disk or a refused request, loses nothing."""

import errno
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud.database import writing
from cloud.ingest import report_store
from cloud.lake.compaction import compact
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS, land_reports
from cloud.lake.lifecycle import delete_expired, delete_unlisted, retire
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.raw.reports import promote_reports
from cloud.lake.reader import read_table
from cloud.lake.records import read_newer_records
from cloud.lake.skipped import read_skipped
from cloud.lake.storage import Storage, open_storage
from cloud.lake.verification import Fault, verify
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import new_engine
from tests.cloud.lake.conftest import NOW

CALLS = ("stage", "publish", "move", "delete", "exists", "size", "open")


class FailingStorage(Storage):
    """Every call after the first `remaining` ones fails."""

    def __init__(self, storage: Storage, remaining: int) -> None:
        super().__init__(storage.filesystem, storage.root, Path(storage.root) / "_staging")
        self.remaining = remaining

    def __getattribute__(self, name: str) -> Any:
        if name in CALLS:
            if self.remaining == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.remaining -= 1
        return super().__getattribute__(name)


def work(lake: Lake) -> None:
    """Land, promote, compact, retire and delete."""
    list(land_reports(lake, now=NOW, batch_rows=2))
    list(promote_reports(lake, now=NOW))
    for table in (LANDED_REPORTS, RAW_REPORTS):
        list(compact(lake, table, now=NOW, min_files=2))
    retire(lake, now=NOW + timedelta(hours=2))
    delete_expired(lake, now=NOW + timedelta(days=15))


def test_work_that_fails_at_every_call_is_completed_by_the_next_run(
    tmp_path: Path, report: Reports, caplog: pytest.LogCaptureFixture
):
    sound = Lake(open_storage(str(tmp_path / "lake")), new_engine(tmp_path))
    with writing(sound.engine) as connection:
        report_store.write_reports(connection, [report(one) for one in range(1, 5)], NINE)
    failures = 0
    while True:
        try:
            work(Lake(FailingStorage(sound.storage, failures), sound.engine))
            break
        except OSError:
            failures += 1
    assert failures > 10, "the storage hardly failed"
    assert "lake.record_not_written" in caplog.text
    for table in (LANDED_REPORTS, RAW_REPORTS):
        rows = read_table(sound, table).column("first_sequence").to_pylist()
        assert sorted(rows) == [1, 2, 3, 4]
    with writing(sound.engine) as connection:
        assert read_skipped(connection) == []
    assert {fault.fault for fault in verify(sound)} <= {Fault.UNLISTED}
    delete_unlisted(sound, now=NOW + timedelta(days=9_999))
    assert list(verify(sound)) == []
    empty = Lake(sound.storage, new_engine(tmp_path, "empty.db"))
    numbers = [one.number for one in read_newer_records(empty, RAW_REPORTS.full_name)]
    assert numbers == list(range(1, len(numbers) + 1)), "the records have gaps"
    sound.engine.dispose()
    empty.engine.dispose()
