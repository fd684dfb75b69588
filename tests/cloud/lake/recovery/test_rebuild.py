"""Raw tables are written anew from landing, with the corrections, and nothing is lost by it."""

import json
from datetime import timedelta

import msgspec
import pytest

from cloud.auth.audit import record_change
from cloud.database import writing
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS
from cloud.lake.quarantine import QUARANTINE, QuarantinedRow, to_table
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.raw.reports import promote_reports
from cloud.lake.reader import read_table
from cloud.lake.recovery.rebuild import REPAIRED, RebuiltDay, rebuild_days
from cloud.lake.tables import LakeTable
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.tables import TRUSTED_TABLES
from cloud.lake.verification import verify
from cloud.lake.writer import append
from tests.cloud.conftest import Reports
from tests.cloud.lake.conftest import NOW
from tests.cloud.lake.recovery.landed import TODAY, YESTERDAY, find_file, numbers
from tests.cloud.lake.trusted.rows import build_rows, to_raw


@pytest.mark.parametrize("table", [RAW_REPORTS, QUARANTINE], ids=lambda table: table.full_name)
def test_a_damaged_file_is_written_anew(landed: Lake, table: LakeTable):
    before = read_table(landed, RAW_REPORTS).sort_by("starts_at")
    find_file(landed, table)[1].write_bytes(b"x")
    assert list(rebuild_days(landed, [TODAY, YESTERDAY], now=NOW)) == [
        RebuiltDay(TODAY, 1, 1), RebuiltDay(YESTERDAY, 1, 0),
    ]  # fmt: skip
    assert read_table(landed, RAW_REPORTS).sort_by("starts_at") == before
    assert read_table(landed, QUARANTINE).num_rows == 1
    assert [one for one in verify(landed) if one.is_current] == []
    assert list(promote_reports(landed, now=NOW)) == []


def test_quarantined_rows_of_uploads_stay(landed: Lake):
    other = QuarantinedRow("raw.orders_placed", 7, TODAY, "row_width", "found 2 cells", "a,b")
    append(landed, QUARANTINE, to_table([other]), now=NOW)
    assert list(rebuild_days(landed, [TODAY], now=NOW)) == [RebuiltDay(TODAY, 1, 1)]
    names = read_table(landed, QUARANTINE)["table_name"].to_pylist()
    assert sorted(names) == ["raw.audience_reports", "raw.orders_placed"]


def test_corrections_are_applied_again(landed: Lake, report: Reports):
    (_, row) = to_raw("audience_reports", build_rows(9)["audience_reports"])
    append(landed, RAW_REPORTS, row, now=NOW)
    shown = {name: row.column(name)[0].as_py() for name in RAW_REPORTS.schema.names}
    contents = {
        LANDED_REPORTS.full_name: msgspec.json.encode(report(2)).decode(),
        RAW_REPORTS.full_name: json.dumps(shown, default=str),
    }
    with writing(landed.engine) as connection:
        for about, content in contents.items():
            record_change(
                connection, at=NOW, actor="ann", action=REPAIRED, about=about,
                details={"content": content},
            )  # fmt: skip
    assert list(rebuild_days(landed, [TODAY], now=NOW)) == [RebuiltDay(TODAY, 3, 0)]
    assert numbers(landed) == [1, 2, 3, 9]
    assert read_table(landed, QUARANTINE).num_rows == 0


def test_a_day_of_which_landing_has_not_every_row_is_left_as_it_is(landed: Lake):
    for number in (8, 9):
        append(landed, *to_raw("audience_reports", build_rows(number)["audience_reports"]), now=NOW)
    (day,) = rebuild_days(landed, [TODAY], now=NOW)
    assert day.stopped is not None
    assert "has 3 rows, landing and corrections give 1: the others would be lost" in day.stopped
    (day,) = rebuild_days(landed, [TODAY - timedelta(days=9)], now=NOW)
    assert day.stopped == "it has no landed rows: restore its raw files from a copy"
    find_file(landed, LANDED_REPORTS)[1].unlink()
    (day,) = rebuild_days(landed, [TODAY], now=NOW)
    assert "is missing: expected" in (day.stopped or "")
    assert numbers(landed) == [1, 3, 8, 9]


def test_every_feed_has_a_contracted_target():
    """A rebuild looks up the corrections of a raw table by its contract."""
    targets = {table for feed in FEEDS for table in feed.raw.targets}
    assert targets == {one.source for one in contracted_tables() if one.target in TRUSTED_TABLES}
