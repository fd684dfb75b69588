"""Quarantined reports are promoted once, after the reader or their content was repaired."""

from collections.abc import Sequence

import pytest
from sqlalchemy import update

from cloud.database import reports, writing
from cloud.ingest import report_store
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import land_reports
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.raw.replay import RepairError, ReplayedDay, repair_report, replay_rows
from cloud.lake.raw.reports import REPORT_SOURCE, promote_reports
from cloud.lake.reader import read_table
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import NOW

pytestmark = SQLITE_ONLY


@pytest.fixture
def contents(lake: Lake, report: Reports) -> Sequence[str]:
    """Three reports, of which the first two cannot be read; what they should be."""
    with writing(lake.engine) as connection:
        report_store.write_reports(connection, [report(1), report(2), report(3)], NINE)
        bodies = connection.execute(reports.select().order_by(reports.c.id)).all()
        connection.execute(update(reports).where(reports.c.first_sequence < 3).values(body="{"))
    list(land_reports(lake, now=NOW))
    list(promote_reports(lake, now=NOW))
    return [row.body for row in bodies]


def sequences(lake: Lake) -> list[int]:
    return sorted(read_table(lake, RAW_REPORTS).column("first_sequence").to_pylist())


def test_what_can_be_read_leaves_the_quarantine(lake: Lake, contents: Sequence[str]):
    assert list(replay_rows(lake, REPORT_SOURCE, now=NOW)) == [ReplayedDay(NINE.date(), 0, 2)]
    first = {1: contents[0]}
    assert list(replay_rows(lake, REPORT_SOURCE, now=NOW, corrections=first)) == [
        ReplayedDay(NINE.date(), 1, 1)
    ]
    assert sequences(lake) == [1, 3]
    (left,) = read_table(lake, QUARANTINE).to_pylist()
    assert left["source_id"] == 2
    assert list(replay_rows(lake, REPORT_SOURCE, now=NOW, corrections=first)) == [
        ReplayedDay(NINE.date(), 0, 1)
    ]
    repair_report(lake, contents[1], now=NOW)
    assert sequences(lake) == [1, 2, 3]
    assert list(replay_rows(lake, REPORT_SOURCE, now=NOW)) == []
    with pytest.raises(RepairError, match="number 2, 2026-11-20T09:00:00"):
        repair_report(lake, contents[1], now=NOW)
