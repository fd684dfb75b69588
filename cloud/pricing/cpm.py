"""The price of a slot as a price per thousand impressions, and back without a rounding loss.

OpenRTB's `bidfloor` is per thousand impressions, not per play, so the multiplier decides its
meaning: it is never rounded below six decimals. All amounts are Decimal; minor units are rounded
once, at the end.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from cloud.money import exponent, major
from cloud.pricing.impressions import Spot

THOUSAND: Final = Decimal(1000)
CPM_STEP: Final = Decimal("1e-8")
MULTIPLIER_STEP: Final = Decimal("1e-6")


class CpmError(ValueError):
    """A price per thousand without impressions."""


def multiplier(impressions_per_play: float) -> Decimal:
    """Impressions of one play, to six decimals."""
    return Decimal(repr(float(impressions_per_play))).quantize(MULTIPLIER_STEP, ROUND_HALF_UP)


def floor_cpm(price_minor: int, spot: Spot, per_play: Decimal, currency: str) -> Decimal:
    """Amount for a thousand impressions when an hour of one loop position costs `price_minor`."""
    impressions = spot.plays_per_hour * _some(per_play)
    return (THOUSAND * major(price_minor, currency) / impressions).quantize(CPM_STEP, ROUND_HALF_UP)


def slot_price_minor(cpm: Decimal, spot: Spot, per_play: Decimal, currency: str) -> int:
    """The price of an hour of one loop position at a price per thousand."""
    return _rounded(cpm / THOUSAND * spot.plays_per_hour * _some(per_play), currency)


def cpm_per_second(cpm: Decimal, spot: Spot) -> Decimal:
    """OpenRTB's `mincpmpersec`."""
    return (cpm / Decimal(str(spot.spot_s))).quantize(CPM_STEP, ROUND_HALF_UP)


def attention_cpm(price_minor: int, attention_s: Decimal, currency: str) -> Decimal:
    """What a thousand attention seconds cost."""
    return (THOUSAND * major(price_minor, currency) / _some(attention_s)).quantize(
        CPM_STEP, ROUND_HALF_UP
    )


def play_cost_minor(cpm: Decimal, per_play: Decimal, currency: str, plays: int = 1) -> int:
    """What plays cost by the invoice's rule: price / 1000 x multiplier, rounded once."""
    return _rounded(cpm / THOUSAND * per_play * plays, currency)


def _rounded(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(exponent(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def _some(impressions: Decimal) -> Decimal:
    if not (impressions.is_finite() and impressions > 0):
        raise CpmError(
            f"{impressions} impressions have no price per thousand: quote the slot by the hour"
        )
    return impressions
