"""Reports of the analyses of attention: locations, hours of the day and visitor groups."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cloud.analytics.analytics_query import AnalyticsQuery, AttentionMeasure
from cloud.analytics.attention import (
    compute_effectiveness,
    compute_hours_of_day,
    compute_site_rates,
)
from cloud.analytics.rate_cell import CellState, RateCell
from cloud.analytics.ratio import RatioEstimate
from cloud.analytics.shrinkage import ShrunkRate
from cloud.analytics.visitor_groups import compute_groups
from cloud.notifications.reports.figures import (
    INTERVALS,
    MEASURES,
    UNITS,
    UNKNOWN,
    scale,
    write_cell,
    write_count,
    write_interval,
    write_period,
    write_rate,
    write_share,
)
from cloud.notifications.reports.report_document import MOST_ROWS, ReportBar, ReportDocument
from cloud.sites.sites import Sites

SHARES: Final = AttentionMeasure.VIEWERS


def report_map(
    connection: Connection, sites: Sites, asked: AnalyticsQuery, now: datetime
) -> ReportDocument:
    """The locations, the highest rate first."""
    found = compute_site_rates(connection, sites, asked, now)
    found.sort(key=lambda one: (one.cell.rate is None, -_value(one.cell), one.site.id))
    shown = found[:MOST_ROWS]
    return ReportDocument(
        title="Attention by location",
        period=write_period(asked, now),
        columns=("Location", "Rate", "95 % interval", "Observed", "Visits"),
        rows=tuple(
            (one.site.name, *write_cell(one.cell, asked.measure), *_coverage(one.cell))
            for one in shown
        ),
        bars=tuple(_bar(one.site.name, one.cell.rate, asked.measure) for one in shown),
        unit=UNITS[asked.measure],
        notes=(f"Rate: {MEASURES[asked.measure]}.", INTERVALS, *_omitted(len(found))),
    )


def report_locations(
    connection: Connection, sites: Sites, asked: AnalyticsQuery, now: datetime
) -> ReportDocument:
    """The ranked locations with their shrunk rates."""
    found = compute_effectiveness(connection, sites, asked, now)
    names = {str(one.site.id): one.site.name for one in found.rates}
    ranked = sorted(
        found.shrunk.locations.items() if found.shrunk else (), key=lambda pair: pair[1].rank
    )
    unranked = len(found.rates) - len(ranked)
    shown = ranked[:MOST_ROWS]
    return ReportDocument(
        title="Location effectiveness",
        period=write_period(asked, now),
        columns=("Location", "Rank", "May be", "Rate", "95 % interval"),
        rows=tuple(_ranked_row(names[name], one, asked.measure) for name, one in shown),
        bars=tuple(
            _bar(names[name], RatioEstimate(one.value, 0, None, one.low, one.high), asked.measure)
            for name, one in shown
        ),
        unit=UNITS[asked.measure],
        notes=(
            f"Rate: {MEASURES[asked.measure]}, shrunk towards the mean of the locations.",
            f"{unranked} locations have no rank: fewer than seven observed days.",
            *_omitted(len(ranked)),
        ),
    )


def report_time(
    connection: Connection, sites: Sites, asked: AnalyticsQuery, now: datetime
) -> ReportDocument:
    """The hours of the local day."""
    found = sorted(compute_hours_of_day(connection, sites, asked, now).items())
    return ReportDocument(
        title="Attention by hour of the day",
        period=write_period(asked, now),
        columns=("Hour", "Rate", "95 % interval", "Observed", "Visits"),
        rows=tuple(
            (f"{hour:02}:00", *write_cell(cell, asked.measure), *_coverage(cell))
            for hour, cell in found
        ),
        bars=tuple(_bar(f"{hour:02}:00", cell.rate, asked.measure) for hour, cell in found),
        unit=UNITS[asked.measure],
        notes=(f"Rate: {MEASURES[asked.measure]}.", INTERVALS, "Hours are those of local clocks."),
    )


def report_demographics(
    connection: Connection, asked: AnalyticsQuery, now: datetime
) -> ReportDocument:
    """The age groups and genders."""
    found = compute_groups(connection, asked, now)
    return ReportDocument(
        title="Visitors by age and gender",
        period=write_period(asked, now),
        columns=("Group", "Share", "Visits", "Attention rate", "95 % interval"),
        rows=tuple(
            (
                f"{one.age}, {one.gender}", write_share(one.share), write_count(one.visits),
                write_rate(one.rate.value if one.rate else None, SHARES),
                write_interval(one.rate, SHARES),
            )
            for one in found.groups
        ),
        bars=tuple(_bar(f"{one.age}, {one.gender}", one.rate, SHARES) for one in found.groups),
        unit=UNITS[SHARES],
        notes=(
            f"Age and gender are estimates. Of {write_count(found.described_visits)} described "
            f"visits, {write_count(found.suppressed_visits)} are in groups that are not shown, "
            "since one of them has fewer than ten.",
            f"{write_count(found.undescribed_visits)} visits are not described. {INTERVALS}",
        ),
    )  # fmt: skip


def _value(cell: RateCell) -> float:
    return cell.rate.value if cell.rate else 0.0


def _coverage(cell: RateCell) -> tuple[str, str]:
    visits = write_count(cell.sums.visits) if cell.state is CellState.MEASURED else UNKNOWN
    return write_share(cell.sums.observed_share), visits


def _ranked_row(name: str, found: ShrunkRate, measure: AttentionMeasure) -> tuple[str, ...]:
    limits = RatioEstimate(found.value, 0, None, found.low, found.high)
    return (
        name, str(found.rank), f"{found.rank_best} to {found.rank_worst}",
        write_rate(found.value, measure), write_interval(limits, measure),
    )  # fmt: skip


def _bar(label: str, rate: RatioEstimate | None, measure: AttentionMeasure) -> ReportBar:
    if rate is None:
        return ReportBar(label)
    values = (None if one is None else one * scale(measure) for one in (rate.low, rate.high))
    return ReportBar(label, rate.value * scale(measure), *values)


def _omitted(count: int) -> tuple[str, ...]:
    return (f"{count - MOST_ROWS} more are on the page.",) if count > MOST_ROWS else ()
