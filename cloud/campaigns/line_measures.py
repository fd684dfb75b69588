"""Measures of the alert rule for under-delivery.

The value is the share of what the forecast expects by now that is missing for sure, even at the
upper limit of the delivery (P90). A line is judged when two hours of it have ended. The alert names
the order line in place of a camera, and is cleared a day after the end of the flight: then
make-goods follow.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from cloud.alerting.rules import AlertKind, Measure
from cloud.booking.order_store import read_newest
from cloud.campaigns.booked_hours import CampaignLine, to_campaign_line
from cloud.campaigns.estimates import HOUR_S, EstimatedHour
from cloud.campaigns.guarantees import Metric, read_guarantees
from cloud.campaigns.line_hours import read_line_hours
from cloud.campaigns.pacing import Pacing, compute_pacing
from cloud.campaigns.usual_audience import ForecastOf, UsualAudience, forecast_from_database
from cloud.database import EPOCH
from cloud.sites.sites import Sites

MIN_HOURS: Final = 2


def measure_lines(
    connection: Connection,
    sites: Sites,
    ids: Iterable[str],
    at: datetime,
    forecast_of: ForecastOf | None,
) -> Iterator[Measure]:
    """The measures of lines; zero for those that are not in their flight any more."""
    rows = read_newest(connection, "line_id", ids)
    lines = {name: to_campaign_line(row, sites) for name, row in rows.items()}
    usual = UsualAudience(sites, forecast_of or forecast_from_database(connection, at))
    running = {name: line for name, line in lines.items() if line.is_sold and at < line.ends_at}
    hours: Mapping[str, list[EstimatedHour]] = defaultdict(list)
    for hour in read_line_hours(connection, running, at, usual).hours:
        hours[hour.hour.booked.line_id].append(hour)
    guarantees = read_guarantees(connection, running)
    for name, line in sorted(lines.items()):
        if name not in running:
            message = "the flight has ended, or the line is not sold any more"
            yield Measure(AlertKind.UNDER_DELIVERY, line.location, name, 0.0, message)
            continue
        guarantee = guarantees.get(name)
        is_ots = guarantee is not None and guarantee.metric is Metric.OTS
        goal = guarantee.amount if guarantee is not None and is_ots else None
        pacing = compute_pacing({name: line}, hours[name], usual, at, goal_ots=goal)
        yield from measure_line(line, hours[name], pacing, at)


def measure_line(
    line: CampaignLine, hours: Sequence[EstimatedHour], pacing: Pacing, at: datetime
) -> Iterator[Measure]:
    """The measure of one line; none where too little of it has passed, or nothing is expected."""
    at_s = (at - EPOCH) // timedelta(seconds=1)
    ended = {
        hour.hour.booked.key for hour in hours if hour.hour.booked.key.hour_at + HOUR_S <= at_s
    }
    if pacing.ratio is None or len(ended) < MIN_HOURS:
        return
    low, high = pacing.ratio.p10, pacing.ratio.p90
    message = (
        f"line {line.line_id} of {line.campaign} has delivered {low:.0%} to {high:.0%} of the "
        f"audience to be expected by now: check its creatives and the player"
    )
    value = max(0.0, 1.0 - high)
    yield Measure(AlertKind.UNDER_DELIVERY, line.location, line.line_id, value, message)
