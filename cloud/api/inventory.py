"""`GET /api/inventory`: one hour of every screen as OpenRTB 2.6 puts a DOOH placement up for sale.

Screens are asked for by their OpenOOH 1.2 venue and answered with what the exchanges know, 1.1.
What each field holds, and why, is in `cloud/pricing/inventory.py`.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud.api.access import opened_to
from cloud.api.desk import Desk
from cloud.api.in_force import desk_of
from cloud.api.keys import Role
from cloud.api.made import Made
from cloud.api.pricing import made_for_all, refuse_distant
from cloud.api.problem import REFUSALS, documented
from cloud.api.tag import NOT_MODIFIED, Tagged
from cloud.estate import Site
from cloud.pricing.inventory import Element, element
from cloud.pricing.quote import quote
from cloud.pricing.slot import Slot, parse_slot

MOST: Final = 200

router = APIRouter(tags=["inventory"], dependencies=[opened_to(Role.SALES, Role.ADVERTISER)])


class Inventory(BaseModel):
    """One page of screens: each element holds the `dooh`, `device` and `imp` objects."""

    time_slot: str = Field(examples=["2026-11-23T08:00"])
    total: int = Field(examples=[8])
    screens: list[dict[str, Any]]


@router.get(
    "/api/inventory",
    response_model=Inventory,
    responses={304: NOT_MODIFIED, **documented(*REFUSALS, 404, 422, 500, 503)},
)
async def inventory(
    request: Request,
    time_slot: Annotated[str, Query(examples=["2026-11-23T08:00"], max_length=60)],
    location: Annotated[list[str] | None, Query(max_length=MOST)] = None,
    venue: Annotated[list[str] | None, Query(description="OpenOOH 1.2 ids", max_length=50)] = None,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    count: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Response:
    """Put one hour of the screens up for sale, in the words of OpenRTB 2.6."""
    desk: Desk = desk_of(request)
    chosen = [desk.estate.location(one) for one in location] if location else list(desk.estate)
    sites = [site for site in chosen if not venue or site.venue in venue]
    page = sites[offset : offset + count]
    on_clock = {site.timezone: site.zone for site in page}
    slots = {clock: parse_slot(time_slot, zone) for clock, zone in on_clock.items()}
    for slot in slots.values():
        refuse_distant(slot, desk.clock())
    made = await made_for_all(desk, page)
    stands_on = ((site.id, known.at) for site, known in zip(page, made, strict=True))
    key = desk.key("inventory", time_slot, len(sites), *stands_on)
    answer = desk.answers.recall(key)
    if answer is None:

        def written() -> bytes:
            screens = [
                _screen(desk, site, slots[site.timezone], known)
                for site, known in zip(page, made, strict=True)
            ]
            told = Inventory(time_slot=time_slot, total=len(sites), screens=screens)
            return told.model_dump_json().encode()

        answer = desk.answers.keep(key, Tagged(await run_in_threadpool(written)))
    return answer.answer(request)


def _screen(desk: Desk, site: Site, slot: Slot, made: Made) -> Element:
    outlook = made.forecast.outlook(slot.starts_at)
    market = made.book.market(slot)
    price_pence = quote(site, slot, outlook, desk.card, market).price_pence
    free = market.occupancy.free if market.occupancy else site.loop.shares
    return element(site, slot, made.plays.spot, price_pence, made.plays.ladder(outlook), free)
