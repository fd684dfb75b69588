"""One hour of one screen in OpenRTB 2.6: the `dooh`, `device` and `imp` objects.

`bidfloor` is per thousand impressions and `qty.multiplier` is the impressions of one play: floor x
multiplier x plays is the exact price of the slot, so neither is rounded before. The currency is
always written, since the default of the standard is USD. An hour without expected audience has no
price per thousand and is not offered (an absent floor would mean zero). The publisher measures
(`sourcetype` 2); no independent party has audited it.
"""

from collections.abc import Sequence
from typing import Any, Final

from cloud.forecast.intervals.interval import Interval
from cloud.pricing.cpm import cpm_per_second, floor_cpm, multiplier
from cloud.pricing.impressions import SUPPRESSED_BELOW, PlayImpressions, Spot, Tier
from cloud.pricing.placement import build_device, build_dooh, build_formats
from cloud.pricing.rtb_deals import InventoryDeal, describe_deals
from cloud.pricing.slot import Slot
from cloud.sites.site_model import Site

SOURCE_PUBLISHER: Final = 2
EXPIRES_S: Final = 3600
"""From auction to play: a loop may come round an hour later."""

Element = dict[str, Any]


def build_inventory_element(
    site: Site,
    slot: Slot,
    spot: Spot,
    price_minor: int,
    rungs: PlayImpressions,
    free: int | None = None,
    deals: Sequence[InventoryDeal] = (),
) -> Element:
    """One loop position in that hour, with the deals of the buyer.

    `free` positions are available, all of them without it; `imp` is empty without free positions or
    without an expected audience.
    """
    free = site.loop.positions if free is None else free
    impressions = build_impressions(site, slot, spot, price_minor, rungs, free)
    if deals:
        for one in impressions:
            one["pmp"] = describe_deals(deals, site.currency, is_private=False)
    return {
        "dooh": build_dooh(site),
        "device": build_device(site, slot),
        "imp": impressions,
    }


def build_impressions(
    site: Site, slot: Slot, spot: Spot, price_minor: int, rungs: PlayImpressions, free: int
) -> list[Element]:
    """The one impression that is for sale, or none."""
    per_play = multiplier(rungs.ots.p50)
    if per_play <= 0 or free <= 0:
        return []
    floor = floor_cpm(price_minor, spot, per_play, site.currency)
    formats = build_formats(site, float(cpm_per_second(floor, spot)))
    return [
        {
            "id": f"{slot.starts_at:%Y-%m-%dT%H:%MZ}/1",
            **formats,
            "bidfloor": float(floor),
            "bidfloorcur": site.currency,
            "dt": int(slot.starts_at.timestamp() * 1000),
            "exp": EXPIRES_S,
            "qty": {"multiplier": float(per_play), "sourcetype": SOURCE_PUBLISHER},
            "metric": _metrics(rungs),
            "ext": {"onlooker": _provenance(site, spot, price_minor, rungs, free)},
        }
    ]


def _metrics(rungs: PlayImpressions) -> list[Element]:
    """How many in view see at least a second of the play, and how long each of these looks."""
    found = {
        "viewability": min(1.0, rungs.ots.p50 / rungs.gross.p50),
        "attention_seconds": rungs.attention_s.p50 / rungs.ots.p50,
    }
    return [
        {"type": name, "value": round(value, 6), "vendor": "EXCHANGE"}
        for name, value in found.items()
    ]


def _provenance(
    site: Site, spot: Spot, price_minor: int, rungs: PlayImpressions, free: int
) -> Element:
    """Who measured what with which instrument, and how sure that is."""
    source = rungs.provenance
    tiers = {Tier.GROSS: rungs.gross, Tier.OTS: rungs.ots, Tier.LTS: rungs.lts}
    audience = None
    if rungs.audience is not None:
        audience = {cell: _interval(value) for cell, value in rungs.audience.items()}
    return {
        "impression_tier": str(Tier.OTS),
        "impressions_per_play": {str(name): _interval(tier) for name, tier in tiers.items()},
        "audience_per_play": audience,
        "suppressed_below": SUPPRESSED_BELOW,
        "attention_s_per_play": _interval(rungs.attention_s),
        "seen_share": round(rungs.seen_share, 6),
        "slot_price_minor": price_minor,
        "plays_per_hour": float(spot.plays_per_hour),
        "loop_s": spot.loop_s,
        "positions": site.loop.positions,
        "free_positions": free,
        "venue": site.venue,
        "basis": source.basis,
        "measured_by": source.measured_by,
        "visits": source.visits,
        "reason": source.reason,
        "cutoff_at": source.cutoff_at.isoformat() if source.cutoff_at else None,
        "forecast": source.forecast,
        "formula": source.formula,
        "calibration": source.calibration.version,
    }


def _interval(interval: Interval) -> dict[str, float]:
    return {name: round(getattr(interval, name), 6) for name in ("p10", "p50", "p90")}
