"""Issue the reports that are due: compute each once, and store it with its event.

A report and its event, unique by schedule and local day, are stored in one transaction. So of two
processes one issues a report, and a restart issues none twice. The analysis is computed before
that transaction, which keeps no other writer waiting.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from cloud.analytics.report_schedules import ReportSchedule, read_schedules
from cloud.analytics.saved_views import SavedView, UnknownViewError, find_view
from cloud.auth.users.user import User
from cloud.auth.users.user_store import read_user
from cloud.database import reading, writing
from cloud.notifications.event import MOST_TITLE, Fact, NoticeEvent
from cloud.notifications.event_store import store_events
from cloud.notifications.kinds import NoticeTopic
from cloud.notifications.preference_store import read_all_preferences
from cloud.notifications.preferences import Preferences
from cloud.notifications.reports.report_content import compute_report
from cloud.notifications.reports.report_document import ReportDocument
from cloud.notifications.reports.sent_reports import delete_old_reports, store_report
from cloud.notifications.tables import notice_events
from cloud.sites.reload import SitesFile

log = logging.getLogger(__name__)
LOOK_BACK: Final = timedelta(days=2)
"""An interruption of two days loses no report; an older one would be late news."""
MOST_PATH: Final = 200
VIEWS_PAGE: Final = "/analytics/views"


@dataclass(frozen=True, slots=True)
class DueReport:
    """A report to issue now."""

    id: str
    schedule: ReportSchedule
    due_at: datetime
    view: SavedView
    user: User


@dataclass
class ReportIssuer:
    """Follows the sites file; the time comes from the caller."""

    engine: Engine
    sites_file: SitesFile

    def issue(self, now: datetime) -> int:
        """Issue what is due; returns how many reports."""
        with reading(self.engine) as connection:
            due = find_due_reports(connection, now)
        return sum(self._issue(one, now) for one in due)

    def _issue(self, due: DueReport, now: datetime) -> bool:
        try:
            with reading(self.engine) as connection:
                sites = self.sites_file.sites
                content = compute_report(connection, sites, due.view, due.user, due.due_at)
        except DBAPIError:
            raise
        except Exception:
            log.exception("reports.not_computed", extra={"schedule": due.schedule.id})
            return False
        with writing(self.engine) as connection:
            if not store_events(connection, [_event(due, content)], now):
                return False
            store_report(connection, due.id, due.schedule.id, due.due_at, content)
            delete_old_reports(connection, now)
        log.info("reports.issued", extra={"schedule": due.schedule.id, "rows": len(content.rows)})
        return True


def find_due_reports(connection: Connection, now: datetime) -> Sequence[DueReport]:
    """The reports that are due and have no event, of users who may sign in."""
    schedules = read_schedules(connection)
    chosen = read_all_preferences(connection, sorted({one.user for one in schedules}))
    due = {}
    for schedule in schedules:
        stored = chosen.get(schedule.user)
        preferences = Preferences() if stored is None else stored.preferences
        due_at = schedule.timing.last_due(now, preferences.zone)
        if max(schedule.created_at, now - LOOK_BACK) < due_at:
            day = due_at.astimezone(preferences.zone).date()
            due[make_report_id(schedule.id, day)] = schedule, due_at
    issued = _find_issued(connection, sorted(due))
    found = (
        _read(connection, name, schedule, due_at)
        for name, (schedule, due_at) in due.items()
        if name not in issued
    )
    return [one for one in found if one is not None]


def make_report_id(schedule: str, day: date) -> str:
    """Equal whenever the same report is found, also after a change of the user's time zone."""
    return hashlib.sha256(f"report:{schedule}:{day.isoformat()}".encode()).hexdigest()[:32]


def _find_issued(connection: Connection, reports: Sequence[str]) -> set[str]:
    columns = notice_events.c
    of_kind = columns.kind == NoticeTopic.SCHEDULED_REPORT.value
    return set(
        connection.execute(select(columns.key).where(of_kind, columns.key.in_(reports))).scalars()
    )


def _read(
    connection: Connection, name: str, schedule: ReportSchedule, due_at: datetime
) -> DueReport | None:
    user = read_user(connection, schedule.user)
    if user is None or user.disabled_at is not None:
        return None
    try:
        view = find_view(connection, schedule.view, user.id, user.account)
    except UnknownViewError:  # its owner shares it no more
        return None
    return DueReport(name, schedule, due_at, view, user)


def _event(due: DueReport, content: ReportDocument) -> NoticeEvent:
    path = f"/analytics/{due.view.page}?{due.view.query}".rstrip("?")
    return NoticeEvent(
        kind=NoticeTopic.SCHEDULED_REPORT,
        key=due.id,
        account=due.view.account,
        at=due.due_at,
        title=f"{due.view.name}: {due.schedule.timing.every} report"[:MOST_TITLE],
        facts=(Fact("Report", content.title), Fact("Period", content.period)),
        path=path if len(path) <= MOST_PATH else VIEWS_PAGE,
        subject=due.id,
        user=due.user.id,
    )
