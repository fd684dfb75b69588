"""The content of a scheduled report, as its user may see it on the page of the view."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cloud.analytics.analytics_query import AnalyticsQueryError, parse_query
from cloud.analytics.saved_views import AnalyticsPage, SavedView
from cloud.auth.access import STAFF_ROLES
from cloud.auth.accounts.account_store import read_clients
from cloud.auth.keys import Role
from cloud.auth.users.user import User
from cloud.notifications.reports.analysis_reports import (
    report_demographics,
    report_locations,
    report_map,
    report_time,
)
from cloud.notifications.reports.campaign_report import report_campaigns
from cloud.notifications.reports.report_document import ReportDocument
from cloud.sites.openooh import VenueError
from cloud.sites.sites import Sites, UnknownLocation

AUDIENCE_ROLES: Final = frozenset({Role.SALES, Role.OPERATIONS, Role.ADMIN})
"""Who may read the audience of locations, as the routes of `/api/analytics` allow it."""


class ReportRefusedError(RuntimeError):
    """A view that its user may not see any more."""


def compute_report(
    connection: Connection, sites: Sites, view: SavedView, user: User, now: datetime
) -> ReportDocument:
    """The report; where it cannot be computed any more, one without rows that says why."""
    try:
        return _compute(connection, sites, view, user, now)
    except (AnalyticsQueryError, UnknownLocation, VenueError, ReportRefusedError) as error:
        why = f"The report cannot be computed: {error}. Change or delete the saved view."
        return ReportDocument(view.name, "", ("Figure",), (), (), "", (why,))


def _compute(
    connection: Connection, sites: Sites, view: SavedView, user: User, now: datetime
) -> ReportDocument:
    if view.page is AnalyticsPage.CAMPAIGNS:
        return report_campaigns(connection, sites, _accounts(connection, user), now)
    if user.roles.isdisjoint(AUDIENCE_ROLES):
        raise ReportRefusedError("your roles do not allow the audience of locations")
    asked = parse_query(view.query)
    asked.select(sites)
    match view.page:
        case AnalyticsPage.MAP:
            return report_map(connection, sites, asked, now)
        case AnalyticsPage.TIME:
            return report_time(connection, sites, asked, now)
        case AnalyticsPage.LOCATIONS:
            return report_locations(connection, sites, asked, now)
        case AnalyticsPage.DEMOGRAPHICS:
            return report_demographics(connection, asked, now)


def _accounts(connection: Connection, user: User) -> frozenset[str] | None:
    if not user.roles.isdisjoint(STAFF_ROLES):
        return None
    clients = read_clients(connection, user.account) if Role.AGENCY in user.roles else frozenset()
    return frozenset({user.account}) | clients
