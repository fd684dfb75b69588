"""Propose make-goods for the lines of a campaign whose flight has ended."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from cloud.campaigns.booked_hours import CampaignLine
from cloud.campaigns.guarantees import read_guarantees
from cloud.campaigns.line_hours import read_line_hours
from cloud.campaigns.make_good_store import MakeGood, Remedy, propose_make_good
from cloud.campaigns.make_goods import Shortfall, compute_shortfall, measure_delivery
from cloud.campaigns.totals import DeliveryTotals
from cloud.campaigns.usual_audience import UsualAudience
from cloud.database.billing import cpm_contracts


def find_shortfalls(
    connection: Connection,
    lines: Mapping[str, CampaignLine],
    usual: UsualAudience,
    now: datetime,
) -> dict[str, Shortfall]:
    """The certain shortfalls of sold lines whose flight has ended, by line.

    Lines that are paid by the thousand impressions have none: only what they delivered is billed.
    """
    ended = {name: line for name, line in lines.items() if line.is_sold and line.ends_at <= now}
    for name in _find_paid_by_impressions(connection, ended):
        del ended[name]
    totals: dict[str, DeliveryTotals] = defaultdict(DeliveryTotals)
    for hour in read_line_hours(connection, ended, now, usual).hours:
        totals[hour.hour.booked.line_id].add(hour)
    guarantees = read_guarantees(connection, ended)
    found = {
        name: compute_shortfall(
            measure_delivery(totals[name], guarantees.get(name)), totals[name].price_minor
        )
        for name in ended
    }
    return {name: shortfall for name, shortfall in found.items() if shortfall is not None}


def propose_make_goods(
    connection: Connection,
    lines: Mapping[str, CampaignLine],
    usual: UsualAudience,
    remedy: Remedy,
    *,
    by: str,
    now: datetime,
) -> list[MakeGood]:
    """Propose a make-good for each certain shortfall, unless the line has an approved one."""
    shortfalls = find_shortfalls(connection, lines, usual, now)
    proposed = (
        propose_make_good(connection, lines[name], shortfall, remedy, by=by, now=now)
        for name, shortfall in sorted(shortfalls.items())
    )
    return [one for one in proposed if one is not None]


def _find_paid_by_impressions(connection: Connection, line_ids: Iterable[str]) -> Sequence[str]:
    columns = cpm_contracts.c
    query = select(columns.line_id).where(columns.line_id.in_(sorted(line_ids)))
    return connection.execute(query).scalars().all()
