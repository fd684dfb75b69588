"""Reports as they were sent, so that each attempt to send one has the same figures."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Column, Connection, Index, String, Table, Text, delete, select

from cloud import database
from cloud.notifications.reports.report_document import ReportDocument

RETENTION: Final = timedelta(days=92)
"""As for the events of notifications."""

sent_reports = Table(
    "sent_reports",
    database.metadata,
    Column("id", String(32), primary_key=True),
    Column("schedule", String(32), nullable=False),
    Column("due_at", database.Instant, nullable=False),
    Column("content", Text, nullable=False),  # JSON: ReportDocument
    Index("ix_sent_reports_due_at", "due_at"),
)


def store_report(
    connection: Connection, report: str, schedule: str, due_at: datetime, content: ReportDocument
) -> None:
    """Store a report under its id."""
    text = msgspec.json.encode(content).decode()
    connection.execute(
        sent_reports.insert().values(id=report, schedule=schedule, due_at=due_at, content=text)
    )


def read_reports(connection: Connection, reports: Collection[str]) -> Mapping[str, ReportDocument]:
    """The reports with these ids."""
    columns = sent_reports.c
    rows = connection.execute(
        select(columns.id, columns.content).where(columns.id.in_(sorted(reports)))
    )
    return {row.id: msgspec.json.decode(row.content, type=ReportDocument) for row in rows}


def delete_old_reports(connection: Connection, now: datetime) -> int:
    """Delete reports after a quarter; returns how many."""
    return connection.execute(
        delete(sent_reports).where(sent_reports.c.due_at <= now - RETENTION)
    ).rowcount
