"""The performance of a campaign: delivery, audience and costs, as a whole and by part.

`measured` figures are those of the mart `campaign_performance`; the others add the estimated
audience of plays that were not observed. Costs per thousand are P10, P50 and P90 of the price of
the booked time, divided by the audience: the least audience gives the highest cost.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from sqlalchemy import Connection

from cloud.campaigns.campaign import Campaign
from cloud.campaigns.demographics import (
    CampaignDemographics,
    list_shown_hours,
    read_demographics,
)
from cloud.campaigns.estimates import EstimatedHour
from cloud.campaigns.guarantees import Guarantee, Metric, read_guarantees
from cloud.campaigns.line_hours import read_line_hours
from cloud.campaigns.pacing import Pacing, compute_pacing
from cloud.campaigns.totals import DeliveryTotals, sum_hours
from cloud.campaigns.usual_audience import UsualAudience
from cloud.forecast.intervals.interval import Interval
from cloud.money import exponent

THOUSAND: Final = 1_000
CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Performance:
    """What a campaign has delivered until an instant."""

    campaign: Campaign
    at: datetime
    hours: Sequence[EstimatedHour]
    totals: DeliveryTotals
    pacing: Pacing
    demographics: CampaignDemographics | None
    guarantees: Mapping[str, Guarantee]


def read_performance(
    connection: Connection, campaign: Campaign, usual: UsualAudience, now: datetime
) -> Performance:
    """Compute the performance of a campaign."""
    lines = campaign.sold_lines
    found = read_line_hours(connection, lines, now, usual).hours
    guarantees = read_guarantees(connection, lines)
    goal = sum_goals(campaign, guarantees)
    return Performance(
        campaign=campaign,
        at=now,
        hours=found,
        totals=sum_hours(found),
        pacing=compute_pacing(lines, found, usual, now, goal_ots=goal),
        demographics=read_demographics(connection, list_shown_hours(found)),
        guarantees=guarantees,
    )


def sum_goals(campaign: Campaign, guarantees: Mapping[str, Guarantee]) -> int | None:
    """The guaranteed opportunities to see; None unless every sold line has a guarantee of them."""
    amounts = [
        guarantee.amount
        for name in campaign.sold_lines
        if (guarantee := guarantees.get(name)) is not None and guarantee.metric is Metric.OTS
    ]
    return sum(amounts) if amounts and len(amounts) == len(campaign.sold_lines) else None


def sum_by(
    hours: Iterable[EstimatedHour], key_of: Callable[[EstimatedHour], Hashable]
) -> Mapping[Hashable, DeliveryTotals]:
    """The totals of each key, in the order of the hours."""
    found: dict[Hashable, DeliveryTotals] = defaultdict(DeliveryTotals)
    for hour in hours:
        found[key_of(hour)].add(hour)
    return found


def compute_cost(price_minor: int, audience: Interval) -> Interval | None:
    """The price of a thousand, in minor units; None where nobody may have been there."""
    if not audience.p10:
        return None
    thousand = price_minor * THOUSAND
    return Interval(thousand / audience.p90, thousand / audience.p50, thousand / audience.p10)


def compute_attention_for_money(totals: DeliveryTotals, currency: str) -> Interval | None:
    """Attention seconds for one unit of the currency: P10, P50 and P90.

    None without a price, or where nothing is known of the audience. The price is that of the whole
    booked time, the audience that of all plays, estimated where they were not observed.
    """
    if not totals.price_minor or not totals.has_audience:
        return None
    price = totals.price_minor / 10 ** exponent(currency)
    seconds = totals.attention_s.interval
    return Interval(seconds.p10 / price, seconds.p50 / price, seconds.p90 / price)


def compute_roi(
    price_minor: int, ots: Interval, value_per_thousand_minor: Decimal
) -> tuple[Decimal, Decimal, Decimal] | None:
    """(value - cost) / cost at P10, P50 and P90, with the value that the advertiser states.

    None without a cost. Minus one: nothing came back.
    """
    if not price_minor:
        return None
    low, middle, high = (
        (value_per_thousand_minor * Decimal(people) / THOUSAND - price_minor) / price_minor
        for people in (ots.p10, ots.p50, ots.p90)
    )
    return _round(low), _round(middle), _round(high)


def _round(number: Decimal) -> Decimal:
    return number.quantize(CENT, ROUND_HALF_UP)
