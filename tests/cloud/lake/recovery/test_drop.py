"""Only a damaged file can be dropped, and the audit log says which rows were lost."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from cloud.auth.audit import read_entries
from cloud.database import reading, writing
from cloud.ingest import report_store
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS, land_reports
from cloud.lake.lifecycle import place_hold, release_hold
from cloud.lake.manifest import read_files
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.raw.reports import promote_reports
from cloud.lake.recovery.drop import DropError, drop_file
from cloud.lake.skipped import read_skipped
from cloud.lake.verification import verify
from tests.cloud.conftest import NINE, Reports
from tests.cloud.lake.conftest import NOW
from tests.cloud.lake.recovery.landed import find_file, numbers


def test_a_landed_file_is_dropped_only_when_it_is_damaged_and_passed(landed: Lake, report: Reports):
    with writing(landed.engine) as connection:
        report_store.write_reports(
            connection, [report(4, starts_at=NINE + timedelta(days=1))], NINE
        )
    list(land_reports(landed, now=NOW))
    with reading(landed.engine) as connection:
        *_, file = read_files(connection, LANDED_REPORTS.full_name)

    def drop(path: str) -> object:
        return drop_file(landed, path, reason="disk failed", actor="ann", now=NOW)

    with pytest.raises(DropError, match="only a damaged file can be dropped"):
        drop(find_file(landed, LANDED_REPORTS)[0])
    with pytest.raises(DropError, match="no table has the file nothing"):
        drop("nothing")
    Path(landed.storage.locate(file.path)).write_bytes(b"")
    with pytest.raises(DropError, match="is not promoted yet"):
        drop(file.path)
    with writing(landed.engine) as connection:
        days = (file.day, file.day)
        hold = place_hold(connection, LANDED_REPORTS.full_name, days, "case 17", "ann", NOW)
    assert [one.skipped for one in promote_reports(landed, now=NOW)] == [1]
    with pytest.raises(DropError, match="is under legal hold 1: case 17"):
        drop(file.path)
    with writing(landed.engine) as connection:
        release_hold(connection, hold, NOW)
    drop(file.path)
    with reading(landed.engine) as connection:
        assert read_skipped(connection) == []
        (entry,) = read_entries(connection)
    details = json.loads(entry.details)
    assert (entry.actor, entry.action, entry.object) == (
        "ann", "lake.file_dropped", LANDED_REPORTS.full_name,
    )  # fmt: skip
    assert (details["rows"], details["reason"], details["not_in"]) == (
        1, "disk failed", [RAW_REPORTS.full_name],
    )  # fmt: skip
    assert [one for one in verify(landed) if one.is_current] == []
    assert sum(one.promoted + one.skipped for one in promote_reports(landed, now=NOW)) == 0
    assert numbers(landed) == [1, 3]
