"""Make-goods: what is owed to an advertiser when a line has certainly delivered less than booked.

The rule is pure. A shortfall exists only where even the upper limit (P90) of the delivery is below
what was booked or guaranteed. Its size is that of the best estimate, so that a wide interval
neither creates a credit nor makes one larger:

    shortfall = (booked - P50) / booked     credit = price of the line * shortfall

The plays of hours of which nothing is known are missing, not zero: the best estimate counts them at
the rate of the other hours, and never above the upper limit.

The credit is rounded once, to the minor unit, half up.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from cloud.campaigns.guarantees import Guarantee, Metric
from cloud.campaigns.totals import DeliveryTotals
from cloud.forecast.intervals.interval import Interval

ONE: Final = Decimal(1)
THOUSAND: Final = 1_000


@dataclass(frozen=True, slots=True)
class DeliveredAmount:
    """What was promised and what was delivered, in one metric, with P10 and P90."""

    metric: Metric
    booked: Decimal
    delivered: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A certain shortfall: its share of what was booked, and the credit for it."""

    amount: DeliveredAmount
    share: Decimal
    credit_minor: int


def compute_shortfall(amount: DeliveredAmount, price_minor: int) -> Shortfall | None:
    """The shortfall of a line; None where the delivery may have reached what was booked."""
    if amount.booked <= 0 or amount.high >= amount.booked:
        return None
    share = min(ONE, (amount.booked - amount.delivered) / amount.booked)
    credit = (share * price_minor).quantize(ONE, ROUND_HALF_UP)
    return Shortfall(amount, share, int(credit))


def measure_delivery(totals: DeliveryTotals, guarantee: Guarantee | None) -> DeliveredAmount:
    """What a line has delivered, in the metric of its guarantee; without one, in booked plays."""
    if guarantee is None or guarantee.metric is Metric.PLAYS:
        booked = Decimal(totals.ordered_milli) / THOUSAND
        promised = booked if guarantee is None else Decimal(guarantee.amount)
        plays = Decimal(totals.plays)
        unknown = Decimal(totals.unknown_milli) / THOUSAND
        found = Interval(float(plays), float(plays), float(plays + unknown))
        return _to_amount(Metric.PLAYS, promised, found, totals)
    promised = Decimal(guarantee.amount)
    if guarantee.measured_only:
        return _measure_observed(totals, guarantee.metric, promised)
    is_ots = guarantee.metric is Metric.OTS
    found = (totals.ots if is_ots else totals.attention_s).interval
    return _to_amount(guarantee.metric, promised, found, totals)


def _measure_observed(totals: DeliveryTotals, metric: Metric, promised: Decimal) -> DeliveredAmount:
    """Only what cameras measured: the amount has no interval."""
    measured = totals.measured
    thousandths = measured.ots_milli if metric is Metric.OTS else measured.looking_ms
    amount = Decimal(thousandths) / THOUSAND
    return DeliveredAmount(metric, promised, amount, amount, amount)


def _to_amount(
    metric: Metric, promised: Decimal, found: Interval, totals: DeliveryTotals
) -> DeliveredAmount:
    low, known, high = (Decimal(str(round(one, 3))) for one in (found.p10, found.p50, found.p90))
    return DeliveredAmount(metric, promised, _estimate_whole(known, high, totals), low, high)


def _estimate_whole(known: Decimal, high: Decimal, totals: DeliveryTotals) -> Decimal:
    """The delivery with the plays of which nothing is known, at the rate of the others."""
    known_milli = totals.ordered_milli - totals.unknown_milli
    if totals.unknown_milli <= 0:
        return known
    return min(high, known * totals.ordered_milli / known_milli) if known_milli > 0 else high
