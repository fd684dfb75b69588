"""The table of a report as text is aligned."""

from cloud.notifications.reports.report_document import ReportDocument


def test_columns_are_aligned() -> None:
    rows = (("King's Cross", "22.5 %", "400"), ("Bank", "—", ""))
    report = ReportDocument("Title", "", ("Location", "Rate", "Visits"), rows, (), "%")
    assert report.lines == [
        "Location      Rate    Visits",
        "King's Cross  22.5 %  400",
        "Bank          —",
    ]
