"""`GET /api/inventory`: one hour of every screen as OpenRTB 2.6 puts a DOOH placement up for sale.

Hard truths. `qty.multiplier` and `bidfloor` belong together: the floor is per thousand impressions
of the OTS tier, so floor x multiplier x plays is the slot's price to the penny, and neither is
rounded on the way. `sourcetype` 2: the publisher measures; nobody independent has audited it.
Venue ids go out as OpenOOH 1.1 (taxonomy 5), the newest the standard has a number for.
"""

from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud.api.access import opened_to
from cloud.api.desk import Desk
from cloud.api.keys import Role
from cloud.api.problem import REFUSALS, documented
from cloud.estate import Site
from cloud.forecast.interval import Interval
from cloud.pricing.cpm import cpm_per_second, floor_cpm, multiplier
from cloud.pricing.impressions import Ladder
from cloud.pricing.quote import quote
from cloud.pricing.slot import Slot, parse_slot

TAXONOMY: Final = 5
SOURCE_PUBLISHER: Final = 2
OUT_OF_HOME: Final = 8
EXPIRES_S: Final = 3600
VENUE_1_1: Final = {"10503": "10502", "10603": "106", "10604": "10602", "10504": "105"}
"""OpenOOH 1.2 ids that 1.1 does not have, and what it calls them."""
MOST: Final = 200

router = APIRouter(tags=["inventory"], dependencies=[opened_to(Role.SALES, Role.ADVERTISER)])


class Inventory(BaseModel):
    """One page of screens: each element holds the `dooh`, `device` and `imp` objects."""

    time_slot: str = Field(examples=["2026-11-23T08:00"])
    total: int = Field(examples=[8])
    screens: list[dict[str, Any]]


@router.get("/api/inventory", responses=documented(*REFUSALS, 404, 422, 500, 503))
async def inventory(
    request: Request,
    time_slot: Annotated[str, Query(examples=["2026-11-23T08:00"], max_length=60)],
    location: Annotated[list[str] | None, Query(max_length=MOST)] = None,
    venue: Annotated[list[str] | None, Query(description="OpenOOH 1.2 ids", max_length=50)] = None,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    count: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Inventory:
    """Put one hour of the screens up for sale, in the words of OpenRTB 2.6."""
    desk: Desk = request.app.state.desk
    chosen = [desk.estate.location(one) for one in location] if location else list(desk.estate)
    sites = [site for site in chosen if not venue or site.venue in venue]
    page = sites[offset : offset + count]

    def offered() -> list[dict[str, Any]]:
        return [_screen(desk, site, parse_slot(time_slot, site.zone)) for site in page]

    screens = await run_in_threadpool(offered)
    return Inventory(time_slot=time_slot, total=len(sites), screens=screens)


def _screen(desk: Desk, site: Site, slot: Slot) -> dict[str, Any]:
    return {
        "dooh": {
            "id": site.id,
            "name": site.name,
            "venuetype": [VENUE_1_1.get(site.venue, site.venue)],
            "venuetypetax": TAXONOMY,
            "keywords": site.placement,
        },
        "device": _device(site, slot),
        "imp": [_impression(desk, site, slot)],
    }


def _device(site: Site, slot: Slot) -> dict[str, Any]:
    offset = slot.local.utcoffset()
    geo = {"lat": site.latitude_deg, "lon": site.longitude_deg, "type": 3}
    if offset is not None:
        geo["utcoffset"] = offset.total_seconds() / 60
    face = site.screen
    return {"devicetype": OUT_OF_HOME, "w": face.width_px, "h": face.height_px, "geo": geo}


def _impression(desk: Desk, site: Site, slot: Slot) -> dict[str, Any]:
    made = desk.forecast(site)
    outlook = made.forecast.outlook(slot.starts_at)
    rungs = made.plays.ladder(outlook)
    price_pence = quote(site, slot, outlook, desk.card).price_pence
    per_play = multiplier(rungs.ots.p50)
    sold = {}
    if per_play > 0:
        floor = floor_cpm(price_pence, made.plays.spot, per_play)
        sold = {"bidfloor": float(floor), "bidfloorcur": site.currency}
    video: dict[str, Any] = {
        "mimes": ["video/mp4"],
        "w": site.screen.width_px,
        "h": site.screen.height_px,
        "minduration": site.loop.spot_s,
        "maxduration": site.loop.spot_s,
        "boxingallowed": 0,
    }
    if sold:
        video["mincpmpersec"] = float(cpm_per_second(floor, made.plays.spot))
    return {
        "id": f"{slot.starts_at:%Y-%m-%dT%H:%MZ}/1",
        "video": video,
        **sold,
        "dt": int(slot.starts_at.timestamp() * 1000),
        "exp": EXPIRES_S,
        "qty": {"multiplier": float(per_play), "sourcetype": SOURCE_PUBLISHER},
        "ext": {"onlooker": _provenance(rungs, price_pence, made.plays.spot.plays_per_hour)},
    }


def _provenance(rungs: Ladder, price_pence: int, plays_per_hour: Decimal) -> dict[str, Any]:
    source = rungs.provenance
    tiers = {"gross": rungs.gross, "viewable_ots": rungs.ots, "lts": rungs.lts}
    audience = None
    if rungs.audience is not None:
        audience = {cell: _interval(value) for cell, value in rungs.audience.items()}
    return {
        "impressions_per_play": {name: _interval(tier) for name, tier in tiers.items()},
        "audience_per_play": audience,
        "attention_s_per_play": _interval(rungs.attention_s),
        "impression_tier": "viewable_ots",
        "slot_price_pence": price_pence,
        "plays_per_hour": float(plays_per_hour),
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
    names = ("p10", "p50", "p90")
    return {name: round(getattr(interval, name), 6) for name in names}
