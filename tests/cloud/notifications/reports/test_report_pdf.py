"""A report as PDF and as a mail: bars with intervals, hostile names as text."""

from email.message import EmailMessage

import pypdfium2
import pytest

from cloud.messaging.smtp import MailRelay
from cloud.notifications.kinds import NoticeTopic
from cloud.notifications.mail import write_mail
from cloud.notifications.message import NoticeItem, NoticeMessage
from cloud.notifications.reports.report_document import ReportBar, ReportDocument
from cloud.notifications.reports.report_pdf import write_report_pdf
from tests.cloud.notifications.messages import HOSTILE, TOKEN, ZoneInfo
from tests.cloud.notifications.notice_world import LINK, NOON
from tests.cloud.notifications.test_mail import Elements

REPORT = ReportDocument(
    title="Attention by location",
    period="28 days before 20 November 2026",
    columns=("Location", "Rate", "Visits"),
    rows=(("King's Cross", "22.5 %", "400"), (f"{HOSTILE} #emph[x] 東", "not observed", "—")),
    bars=(ReportBar("King's Cross", 22.5, 18.0, 27.0), ReportBar(HOSTILE)),
    unit="%",
    notes=("Intervals are 95 %.",),
)


def test_the_pdf_has_the_table_and_reads_no_markup() -> None:
    pdf = write_report_pdf(REPORT, NOON)
    assert write_report_pdf(REPORT, NOON) == pdf
    document = pypdfium2.PdfDocument(pdf)
    text = document[0].get_textpage().get_text_range()
    document.close()
    for shown in ("22.5 %", "0 to 27.0 %", "not observed", "#emph[x] ?", "Intervals are 95 %."):
        assert shown in text


@pytest.mark.parametrize("bars", [(), (ReportBar("a", 0.0),), (ReportBar("a"),)])
def test_a_report_without_values_is_set(bars: tuple[ReportBar, ...]) -> None:
    empty = ReportDocument("Empty", "", ("Figure",), (), bars, "", ())
    assert write_report_pdf(empty, NOON).startswith(b"%PDF")


def test_the_mail_has_the_table_twice_and_the_pdf() -> None:
    item = NoticeItem(
        id=7, kind=NoticeTopic.SCHEDULED_REPORT, account="acme", at=NOON, title="Mornings",
        facts=(), path="/analytics/map?days=7&hour_from=8", report=REPORT,
    )  # fmt: skip
    message = NoticeMessage(
        batch="b", items=(item,), is_digest=False, zone=ZoneInfo("UTC"), link=LINK,
        unsubscribe_token=TOKEN,
    )  # fmt: skip
    mail = write_mail("ann@acme.example", message, MailRelay(), NOON)
    body, pdf = mail.iter_parts()
    assert (pdf.get_content_type(), pdf.get_filename()) == (
        "application/pdf",
        "report-2026-11-20.pdf",
    )
    assert isinstance(body, EmailMessage)
    text, html = (part.get_content() for part in body.iter_parts())
    assert "King's Cross" in text
    assert "22.5 %" in text
    assert "\u202e" not in text + html
    assert {"script", "img"}.isdisjoint(Elements(html).tags)
    assert f"{LINK}/analytics/map?days=7&amp;hour_from=8" in html
    assert mail["List-Unsubscribe"] is not None
