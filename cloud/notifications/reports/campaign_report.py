"""The report of campaigns: what each of an account returned for its price."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cloud.campaigns.campaign import list_campaigns
from cloud.campaigns.performance import (
    Performance,
    compute_attention_for_money,
    compute_cost,
    read_performance,
)
from cloud.campaigns.usual_audience import UsualAudience, forecast_from_database
from cloud.forecast.intervals.interval import Interval
from cloud.money import written
from cloud.notifications.reports.figures import UNKNOWN, write_share
from cloud.notifications.reports.report_document import ReportBar, ReportDocument
from cloud.sites.sites import Sites

MOST_CAMPAIGNS: Final = 20


def report_campaigns(
    connection: Connection, sites: Sites, accounts: Collection[str] | None, now: datetime
) -> ReportDocument:
    """The campaigns of some accounts, or of all for None; those that end last come first."""
    usual = UsualAudience(sites, forecast_from_database(connection, now))
    campaigns = list_campaigns(connection, sites, accounts)
    found = [read_performance(connection, one, usual, now) for one in campaigns[:MOST_CAMPAIGNS]]
    return ReportDocument(
        title="Return of campaigns",
        period="until now",
        columns=("Campaign", "Price", "Attention per unit", "P10 to P90", "Cost per 1,000 OTS",
                 "Observed"),
        rows=tuple(map(_row, found)),
        bars=tuple(map(_bar, found)),
        unit="s",
        notes=(
            "Attention seconds for one unit of the currency. Limits are P10 and P90; the audience "
            "is estimated where no camera observed it.",
        ),
    )  # fmt: skip


def _row(found: Performance) -> tuple[str, ...]:
    campaign, totals, currency = found.campaign, found.totals, _currency(found)
    if currency is None:
        return (campaign.name, *(UNKNOWN,) * 4, write_share(totals.observed_share))
    seconds = _seconds(found)
    cost = compute_cost(totals.price_minor, totals.ots.interval) if totals.has_audience else None
    return (
        campaign.name,
        f"{currency} {written(totals.price_minor, currency)}",
        UNKNOWN if seconds is None else f"{seconds.p50:,.1f} s",
        UNKNOWN if seconds is None else f"{seconds.p10:,.1f} to {seconds.p90:,.1f}",
        UNKNOWN if cost is None else written(round(cost.p50), currency),
        write_share(totals.observed_share),
    )


def _bar(found: Performance) -> ReportBar:
    seconds = _seconds(found)
    if seconds is None:
        return ReportBar(found.campaign.name)
    return ReportBar(found.campaign.name, seconds.p50, seconds.p10, seconds.p90)


def _seconds(found: Performance) -> Interval | None:
    currency = _currency(found)
    return None if currency is None else compute_attention_for_money(found.totals, currency)


def _currency(found: Performance) -> str | None:
    currencies = found.campaign.currencies
    return currencies[0] if len(currencies) == 1 else None
