"""A report is stored as it was computed, and deleted after a quarter."""

from datetime import timedelta

from sqlalchemy import Connection

from cloud.notifications.reports.report_document import ReportBar, ReportDocument
from cloud.notifications.reports.sent_reports import (
    RETENTION,
    delete_old_reports,
    read_reports,
    store_report,
)
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.notifications.notice_world import NOON

BARS = (ReportBar("Bank", 1.5, 1.0, 2.0), ReportBar("Euston"))
REPORT = ReportDocument("Title", "7 days", ("Location",), (("Bank",),), BARS, "%", ("A note.",))


@SQLITE_ONLY
def test_a_report_is_read_as_it_was_stored(connection: Connection) -> None:
    store_report(connection, "a", "schedule", NOON, REPORT)
    store_report(connection, "b", "schedule", NOON + timedelta(days=7), REPORT)
    assert read_reports(connection, ["a", "unknown"]) == {"a": REPORT}
    assert delete_old_reports(connection, NOON + RETENTION) == 1
    assert list(read_reports(connection, ["a", "b"])) == ["b"]
