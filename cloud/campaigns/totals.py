"""Totals over hours of lines: what was booked, shown and measured, and the estimated whole."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cloud.campaigns.estimates import AudienceBasis, EstimatedHour
from cloud.campaigns.interval_sum import IntervalSum


@dataclass(slots=True)
class MeasuredTotals:
    """Sums of the mart `campaign_performance`: only what a camera measured, to the unit."""

    plays: int = 0
    ots_milli: int = 0
    looking_ots_milli: int = 0
    observed_ms: int = 0
    person_ms: int = 0
    looking_ms: int = 0
    ots_price_minor: int = 0
    """The price of hours whose opportunities to see are known."""
    looking_price_minor: int = 0
    """The price of hours whose attention is known."""

    def add(self, found: EstimatedHour) -> None:
        """Add an hour."""
        hour = found.hour
        self.plays += hour.measured_plays or 0
        self.observed_ms += hour.observed_ms or 0
        self.person_ms += hour.person_ms
        self.looking_ms += hour.looking_ms
        if hour.ots_milli is not None:
            self.ots_milli += hour.ots_milli
            self.looking_ots_milli += hour.looking_ots_milli or 0
            self.ots_price_minor += hour.booked.price_minor
        if hour.observed_ms or hour.looking_ms:
            self.looking_price_minor += hour.booked.price_minor


@dataclass(slots=True)
class DeliveryTotals:
    """The delivery of some hours. Prices are in one currency only within one order."""

    hours: int = 0
    booked_s: int = 0
    price_minor: int = 0
    ordered_milli: int = 0
    plays: int = 0
    logged_plays: int = 0
    unknown_milli: int = 0
    estimated_plays: int = 0
    """Plays whose audience was not measured."""
    plays_without_audience: int = 0
    """Plays with neither a measurement nor a forecast; the audience has nothing of them."""
    expected_ms: int = 0
    observed_ms: int = 0
    measured: MeasuredTotals = field(default_factory=MeasuredTotals)
    ots: IntervalSum = field(default_factory=IntervalSum)
    viewers: IntervalSum = field(default_factory=IntervalSum)
    attention_s: IntervalSum = field(default_factory=IntervalSum)

    def add(self, found: EstimatedHour) -> None:
        """Add an hour."""
        hour = found.hour
        self.hours += 1
        self.booked_s += hour.booked.booked_s
        self.price_minor += hour.booked.price_minor
        self.ordered_milli += found.ordered_milli
        self.plays += hour.plays or 0
        self.logged_plays += hour.logged_plays or 0
        self.unknown_milli += found.unknown_milli
        if found.basis is not AudienceBasis.MEASURED:
            self.estimated_plays += hour.plays or 0
        if found.basis is AudienceBasis.UNKNOWN:
            self.plays_without_audience += hour.plays or 0
        self.expected_ms += found.expected_ms
        self.observed_ms += found.observed_ms
        self.measured.add(found)
        self.ots.combine(found.ots)
        self.viewers.combine(found.viewers)
        self.attention_s.combine(found.attention_s)

    @property
    def observed_share(self) -> float | None:
        """The part of the camera time of all plays that was measured; None without any."""
        return self.observed_ms / self.expected_ms if self.expected_ms else None

    @property
    def has_audience(self) -> bool:
        """Whether anything is known of the audience."""
        if self.plays > self.plays_without_audience:
            return True
        return self.hours > 0 and not self.unknown_milli and not self.plays


def sum_hours(hours: Iterable[EstimatedHour]) -> DeliveryTotals:
    """The totals of some hours."""
    totals = DeliveryTotals()
    for hour in hours:
        totals.add(hour)
    return totals
