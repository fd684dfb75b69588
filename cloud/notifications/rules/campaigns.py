"""Campaigns that have started, and campaigns whose final report is ready.

A report is final when late data can change it no more: a week after the last flight.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, or_, select

from cloud.campaigns.campaign import Campaign, list_campaigns
from cloud.campaigns.delivery import LATE_DATA
from cloud.database import microseconds
from cloud.database.orders import order_line_versions
from cloud.notifications.event import Fact, NoticeEvent
from cloud.notifications.kinds import NoticeTopic
from cloud.sites.sites import Sites

LOOK_BACK: Final = timedelta(days=2)
"""Events of this time are found also when the program did not run."""


def find_campaign_events(
    connection: Connection, sites: Sites, now: datetime
) -> Iterator[NoticeEvent]:
    """Starts and final reports of the last two days."""
    accounts = _find_accounts(connection, now)
    if not accounts:
        return
    for campaign in list_campaigns(connection, sites, accounts):
        yield from judge_campaign(campaign, now)


def judge_campaign(campaign: Campaign, now: datetime) -> Iterator[NoticeEvent]:
    """The events of one campaign, of its lines that are sold."""
    sold = campaign.sold_lines.values()
    if not sold:
        return
    starts_at = min(line.starts_at for line in sold)
    ends_at = max(line.ends_at for line in sold)
    if _is_recent(starts_at, now) and now < ends_at:
        title = f"{campaign.name} has started"
        yield _event(NoticeTopic.CAMPAIGN_STARTED, campaign, starts_at, starts_at, title)
    final_at = ends_at + LATE_DATA
    if _is_recent(final_at, now):
        title = f"The final report of {campaign.name} is ready"
        yield _event(NoticeTopic.REPORT_READY, campaign, final_at, ends_at, title)


def _find_accounts(connection: Connection, now: datetime) -> frozenset[str]:
    """The accounts with a line whose start or report may be recent."""
    columns = order_line_versions.c
    last = now - LATE_DATA
    starts = columns.starts_at.between(now - LOOK_BACK, now)
    ends = columns.ends_at.between(last - LOOK_BACK, last)
    wanted = select(columns.account).distinct().where(or_(starts, ends))
    return frozenset(connection.execute(wanted).scalars())


def _is_recent(at: datetime, now: datetime) -> bool:
    return now - LOOK_BACK < at <= now


def _event(
    kind: NoticeTopic, campaign: Campaign, at: datetime, keyed_at: datetime, title: str
) -> NoticeEvent:
    sold = campaign.sold_lines.values()
    screens = len({line.location for line in sold})
    return NoticeEvent(
        kind=kind,
        key=f"{campaign.id}:{microseconds(keyed_at)}",
        account=campaign.account,
        at=at,
        title=title,
        facts=(
            Fact("Campaign", campaign.name),
            Fact("Advertiser", campaign.advertiser),
            Fact("Lines", f"{len(sold)} on {screens} screen{'' if screens == 1 else 's'}"),
            Fact("First hour", at=min(line.starts_at for line in sold)),
            Fact("Last hour ends", at=max(line.ends_at for line in sold)),
        ),
        path=f"/api/campaigns/{campaign.id}",
        subject=campaign.id,
    )
