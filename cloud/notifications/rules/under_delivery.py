"""Lines for which the rule of alerts has found that they deliver less than expected."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from cloud.alerting.rules import AlertKind
from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.campaign import make_campaign_id
from cloud.database import alerts
from cloud.notifications.event import Fact, NoticeEvent
from cloud.notifications.kinds import NoticeTopic
from cloud.notifications.rules.campaigns import LOOK_BACK
from cloud.sites.sites import Sites

MOST_MESSAGE: Final = 400


def find_under_deliveries(
    connection: Connection, sites: Sites, now: datetime
) -> Iterator[NoticeEvent]:
    """The open alerts of the last two days; each names its order line in place of a camera."""
    columns = alerts.c
    wanted = select(columns.id, columns.device, columns.message, columns.raised_at).where(
        columns.kind == AlertKind.UNDER_DELIVERY.value,
        columns.cleared_at.is_(None),
        columns.raised_at > now - LOOK_BACK,
    )
    raised = connection.execute(wanted).all()
    lines = read_lines(connection, sites, "line_id", {row.device for row in raised})
    for row in raised:
        line = lines.get(row.device)
        if line is None:
            continue
        campaign = make_campaign_id((line.account, line.advertiser, line.campaign))
        yield NoticeEvent(
            kind=NoticeTopic.UNDER_DELIVERY,
            key=str(row.id),
            account=line.account,
            at=row.raised_at,
            title=f"{line.campaign} delivers less than expected",
            facts=(
                Fact("Campaign", line.campaign),
                Fact("Line", line.line_id),
                Fact("Screen", line.location),
                Fact("Measured", row.message[:MOST_MESSAGE]),
                Fact("Since", at=row.raised_at),
            ),
            path=f"/api/campaigns/{campaign}",
            subject=line.line_id,
        )
