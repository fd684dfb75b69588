"""A notification as an e-mail in two forms, HTML and text, with the headers to unsubscribe.

A scheduled report has its table in both forms, and the same table with a figure as an attached PDF.

`List-Unsubscribe-Post` lets a mail program unsubscribe with one POST (RFC 8058). The HTML has
styles in its elements, no script, and loads nothing: no image reports that it was opened.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from html import escape
from typing import Final

from cloud.messaging.smtp import MailRelay
from cloud.notifications.message import NoticeItem, NoticeMessage, make_line
from cloud.notifications.reports.report_pdf import write_report_pdf

ONE_LINE: Final = default.clone(max_line_length=990)
"""Headers are not folded: a folded address is encoded, and mail programs do not decode it there."""
ONE_CLICK: Final = "List-Unsubscribe=One-Click"
PAGE_STYLE: Final = "margin:0;padding:0;background-color:#fbfaf7;color:#12343b"
BOX_STYLE: Final = (
    "max-width:600px;margin:0 auto;padding:24px 16px;"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Arial,sans-serif"
)
CARD_STYLE: Final = (
    "margin:16px 0;padding:16px;background-color:#ffffff;border:1px solid #d9e2e3;"
    "border-radius:8px;overflow-wrap:anywhere"
)
TITLE_STYLE: Final = "margin:0 0 12px;font-size:18px;line-height:1.3;color:#12343b"
LABEL_STYLE: Final = "padding:2px 12px 2px 0;color:#4f666c;text-align:left;vertical-align:top;" \
    "font-weight:normal;overflow-wrap:normal"  # fmt: skip
VALUE_STYLE: Final = "padding:2px 0;color:#12343b;vertical-align:top;overflow-wrap:anywhere"
LINK_STYLE: Final = "color:#1f5f6b"
TABLE_STYLE: Final = (
    "margin:16px 0 0;width:100%;border-collapse:collapse;font-size:14px;"
    "font-variant-numeric:tabular-nums"
)
CELL_STYLE: Final = "padding:4px 8px 4px 0;border-bottom:1px solid #d9e2e3;color:#12343b;"
FOOT_STYLE: Final = "margin:24px 0 0;font-size:13px;color:#4f666c"


def write_mail(to: str, message: NoticeMessage, relay: MailRelay, now: datetime) -> EmailMessage:
    """The mail; a repeated attempt has the same Message-ID."""
    mail = EmailMessage(policy=ONE_LINE)
    mail["From"], mail["To"] = relay.sender, to
    mail["Subject"] = f"[Onlooker] {message.subject}"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message.key}@{relay.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
    mail["List-Unsubscribe-Post"] = ONE_CLICK
    mail.set_content(message.text())
    mail.add_alternative(write_html(message), subtype="html")
    for item in message.items:
        if item.report is not None:
            pdf, name = write_report_pdf(item.report, item.at), f"report-{item.at:%Y-%m-%d}.pdf"
            mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
    return mail


def write_html(message: NoticeMessage) -> str:
    """The HTML of a message; every text of users is escaped."""
    title = escape(message.subject)
    cards = "".join(_write_card(message, item) for item in message.items)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title></head>\n<body style="{PAGE_STYLE}">'
        f'<div style="{BOX_STYLE}"><h1 style="margin:0;font-size:22px;line-height:1.3">{title}</h1>'
        f'\n{cards}<p style="{FOOT_STYLE}">'
        f'<a href="{escape(message.unsubscribe_url)}" style="{LINK_STYLE}">Stop these e-mails</a>'
        "</p></div></body></html>\n"
    )


def _write_card(message: NoticeMessage, item: NoticeItem) -> str:
    rows = "".join(_write_rows(message, item))
    return (
        f'<div style="{CARD_STYLE}"><h2 style="{TITLE_STYLE}">{escape(make_line(item.title))}</h2>'
        f'<table style="border-collapse:collapse">{rows}</table>{_write_report(item)}'
        f'<p style="margin:12px 0 0"><a href="{escape(message.url(item))}" style="{LINK_STYLE}">'
        f"Details</a></p></div>\n"
    )


def _write_rows(message: NoticeMessage, item: NoticeItem) -> Iterator[str]:
    for label, text in message.write_facts(item):
        yield (
            f'<tr><th scope="row" style="{LABEL_STYLE}">{escape(label)}</th>'
            f'<td style="{VALUE_STYLE}">{escape(text)}</td></tr>'
        )


def _write_report(item: NoticeItem) -> str:
    """The table of a report; the first column has names, the others figures."""
    if item.report is None:
        return ""
    head = _write_cells(item.report.columns, "th")
    body = "".join(f"<tr>{_write_cells(row, 'td')}</tr>" for row in item.report.rows)
    notes = "".join(f'<p style="{FOOT_STYLE}">{escape(one)}</p>' for one in item.report.notes)
    return f'<table style="{TABLE_STYLE}"><tr>{head}</tr>{body}</table>{notes}'


def _write_cells(row: Sequence[str], tag: str) -> str:
    return "".join(
        f'<{tag} style="{CELL_STYLE}text-align:{"left" if number == 0 else "right"}">'
        f"{escape(make_line(cell))}</{tag}>"
        for number, cell in enumerate(row)
    )
