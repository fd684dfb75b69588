"""`GET /api/locations`: the screens that are measured and sold."""

from decimal import Decimal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, allow_roles
from cloud.money import major
from cloud.sites.site_model import Site
from cloud.sites.venue_names import list_broader_venues, name_venue

router = APIRouter(tags=["locations"], dependencies=[allow_roles(*EVERYBODY)])


class ScreenFace(BaseModel):
    """The size of the screen."""

    width_m: float = Field(examples=[1.21])
    height_m: float = Field(examples=[2.15])
    width_px: int = Field(examples=[1080])
    height_px: int = Field(examples=[1920])


class VenueResponse(BaseModel):
    """A kind of venue."""

    id: str = Field(examples=["105"], description="OpenOOH 1.2 venue id")
    name: str = Field(examples=["Subway"])


class LocationResponse(BaseModel):
    """One location with its screen."""

    id: str = Field(examples=["KX-01"])
    formerly: list[str] = Field(examples=[["KX-1"]], description="former ids")
    name: str = Field(examples=["King's Cross St Pancras, Northern ticket hall"])
    latitude_deg: float = Field(examples=[51.5308])
    longitude_deg: float = Field(examples=[-0.1238])
    timezone: str = Field(examples=["Europe/London"])
    venue: str = Field(examples=["10503"], description="OpenOOH 1.2 venue id")
    venue_name: str = Field(examples=["Subway station"])
    broader_venues: list[VenueResponse] = Field(description="the broadest first")
    placement: str = Field(examples=["ticket_hall"])
    screen: ScreenFace
    loop_s: int = Field(examples=[60], description="length of the loop of spots")
    spot_s: int = Field(examples=[10], description="length of one advertiser's spot in it")
    base_rate: Decimal = Field(examples=["18.00"], description="one loop position for one hour")
    currency: str = Field(examples=["GBP"])
    traffic: str = Field(examples=["high_traffic_station"])
    demographic: str = Field(examples=["professionals_25_45"])
    cameras: int = Field(examples=[2])


class LocationsResponse(BaseModel):
    """Every location."""

    locations: list[LocationResponse]


@router.get("/api/locations", responses=problem_responses(*REFUSALS, 500))
async def list_locations(request: Request) -> LocationsResponse:
    """List every location with its screen, venue, base rate and attributes."""
    context: AppContext = get_context(request)
    return LocationsResponse(locations=[_describe(site) for site in context.sites])


def _describe(site: Site) -> LocationResponse:
    face = site.screen
    return LocationResponse(
        id=site.id,
        formerly=list(site.formerly),
        name=site.name,
        latitude_deg=site.latitude_deg,
        longitude_deg=site.longitude_deg,
        timezone=site.timezone,
        venue=site.venue,
        venue_name=name_venue(site.venue),
        broader_venues=[
            VenueResponse(id=one, name=name_venue(one)) for one in list_broader_venues(site.venue)
        ],
        placement=site.placement,
        screen=ScreenFace(
            width_m=face.width_m,
            height_m=face.height_m,
            width_px=face.width_px,
            height_px=face.height_px,
        ),
        loop_s=site.loop.length_s,
        spot_s=site.loop.spot_s,
        base_rate=major(site.base_rate_minor, site.currency),
        currency=site.currency,
        traffic=site.attributes.traffic,
        demographic=site.attributes.demographic,
        cameras=len(site.cameras),
    )
