"""The price of a slot as a price per thousand impressions, and back without losing a penny.

Hard truths. OpenRTB's `bidfloor` is per thousand impressions, not per play: the multiplier decides
what it means, so the multiplier is never rounded below six decimals. Everything is Decimal; pence
are rounded once, at the end.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from cloud.pricing.impressions import Spot

THOUSAND: Final = Decimal(1000)
PENNY: Final = Decimal(1)
CPM_STEP: Final = Decimal("1e-8")
MULTIPLIER_STEP: Final = Decimal("1e-6")


class CpmError(ValueError):
    """A price for impressions that nobody makes."""


def multiplier(impressions_per_play: float) -> Decimal:
    """Impressions of one play, to six decimals."""
    return Decimal(repr(float(impressions_per_play))).quantize(MULTIPLIER_STEP, ROUND_HALF_UP)


def floor_cpm(price_pence: int, spot: Spot, per_play: Decimal) -> Decimal:
    """Pounds for a thousand impressions when an hour of one share costs `price_pence`."""
    impressions = spot.plays_per_hour * _some(per_play)
    return (THOUSAND * Decimal(price_pence) / 100 / impressions).quantize(CPM_STEP, ROUND_HALF_UP)


def slot_price_pence(cpm: Decimal, spot: Spot, per_play: Decimal) -> int:
    """What an hour of one share costs at a price per thousand."""
    pence = cpm / THOUSAND * spot.plays_per_hour * _some(per_play) * 100
    return int(pence.quantize(PENNY, ROUND_HALF_UP))


def cpm_per_second(cpm: Decimal, spot: Spot) -> Decimal:
    """OpenRTB's `mincpmpersec`."""
    return (cpm / Decimal(str(spot.spot_s))).quantize(CPM_STEP, ROUND_HALF_UP)


def attention_cpm(price_pence: int, attention_s: Decimal) -> Decimal:
    """What a thousand seconds of looking cost, in pounds."""
    return (THOUSAND * Decimal(price_pence) / 100 / _some(attention_s)).quantize(
        CPM_STEP, ROUND_HALF_UP
    )


def play_cost_pence(cpm: Decimal, per_play: Decimal, plays: int = 1) -> int:
    """What plays cost by the invoice's rule: price / 1000 x multiplier, rounded once."""
    pence = cpm / THOUSAND * per_play * plays * 100
    return int(pence.quantize(PENNY, ROUND_HALF_UP))


def _some(impressions: Decimal) -> Decimal:
    if not (impressions.is_finite() and impressions > 0):
        raise CpmError(
            f"{impressions} impressions have no price per thousand: quote the slot by the hour"
        )
    return impressions
