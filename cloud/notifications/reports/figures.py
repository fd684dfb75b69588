"""Figures of a report as text. What is not known is a dash with its reason in the notes."""

from datetime import datetime
from typing import Final

from cloud.analytics.analytics_query import AnalyticsQuery, AttentionMeasure
from cloud.analytics.rate_cell import MIN_VISITS, CellState, RateCell
from cloud.analytics.ratio import RatioEstimate

UNKNOWN: Final = "—"
STATES: Final = {
    CellState.SUPPRESSED: f"fewer than {MIN_VISITS} visits",
    CellState.NOT_OBSERVED: "not observed",
    CellState.NOT_EXPECTED: "no camera",
}
MEASURES: Final = {
    AttentionMeasure.VIEWERS: "viewers in ended visits",
    AttentionMeasure.ATTENTION: "attention seconds in seconds of people in view",
    AttentionMeasure.ATTENTION_PER_HOUR: "attention seconds per observed hour",
}
UNITS: Final = {
    AttentionMeasure.VIEWERS: "%",
    AttentionMeasure.ATTENTION: "%",
    AttentionMeasure.ATTENTION_PER_HOUR: "s",
}
INTERVALS: Final = "Intervals are 95 %; days are the sample."


def scale(measure: AttentionMeasure) -> float:
    """What a value is multiplied by for its unit."""
    return 1.0 if measure is AttentionMeasure.ATTENTION_PER_HOUR else 100.0


def write_rate(value: float | None, measure: AttentionMeasure) -> str:
    """A rate with its unit."""
    if value is None:
        return UNKNOWN
    shown = value * scale(measure)
    return f"{shown:,.0f} s" if UNITS[measure] == "s" else f"{shown:.1f} %"


def write_interval(found: RatioEstimate | None, measure: AttentionMeasure) -> str:
    """The limits of a rate."""
    if found is None or found.low is None or found.high is None:
        return UNKNOWN
    low, high = found.low * scale(measure), found.high * scale(measure)
    return f"{low:,.0f} to {high:,.0f}" if UNITS[measure] == "s" else f"{low:.1f} to {high:.1f}"


def write_cell(cell: RateCell, measure: AttentionMeasure) -> tuple[str, str]:
    """The rate and the interval of a cell, or why there is none."""
    if cell.rate is None:
        return STATES.get(cell.state, UNKNOWN), UNKNOWN
    return write_rate(cell.rate.value, measure), write_interval(cell.rate, measure)


def write_share(share: float | None) -> str:
    """A share in percent."""
    return UNKNOWN if share is None else f"{share:.0%}".replace("%", " %")


def write_count(count: int | None) -> str:
    """A count, with thousands separated; None is few."""
    return f"fewer than {MIN_VISITS}" if count is None else f"{count:,}"


def write_period(asked: AnalyticsQuery, now: datetime) -> str:
    """The days, hours and weekdays of an analysis."""
    until = min(asked.until or now.date(), now.date())
    parts = [f"{asked.days} day{'s' if asked.days > 1 else ''} before {until.day} {until:%B %Y}"]
    if asked.hour_from or asked.hour_until != 24:
        parts.append(f"{asked.hour_from:02}:00 to {asked.hour_until:02}:00")
    if asked.weekday:
        names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
        parts.append(", ".join(names[day - 1] for day in sorted(set(asked.weekday))))
    return ", ".join(parts)
