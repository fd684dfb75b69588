"""`/api/products`, `/api/dayparts`, `/api/screens/{location}/restrictions`: what is offered.

Buyers read; the sales team changes. A changed product applies to the next request; quotes, holds
and orders keep what they were made of.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from cloud.api.audience import LocationName
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import (
    MUTATION_REFUSALS,
    Idempotent,
    IdempotentRequest,
)
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import change_once, read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth import audit
from cloud.auth.access import BUYER_ROLES, allow_roles, caller_name
from cloud.auth.keys import Role
from cloud.booking.audit_log.catalogue_comparisons import (
    PUT_DAYPART,
    PUT_PRODUCT,
    PUT_RESTRICTIONS,
    REMOVE_PRODUCT,
)
from cloud.booking.inventory.dayparts import WeeklyHours
from cloud.booking.inventory.products import (
    NamedDaypart,
    Product,
    read_dayparts,
    read_products,
    remove_product,
    store_daypart,
    store_product,
)
from cloud.booking.inventory.restrictions import (
    ScreenRestrictions,
    read_restrictions,
    store_restrictions,
)
from cloud.booking.slots import DeliveryType

NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"

router = APIRouter(tags=["booking"])
READERS: Final = [allow_roles(*BUYER_ROLES, Role.OPERATIONS)]
EDITORS: Final = [allow_roles(Role.SALES)]
ItemName = Annotated[str, Path(pattern=NAME_PATTERN, examples=["commuters"])]
READ_PROBLEMS: Final = problem_responses(*REFUSALS, 404, 422, 500, 503)
CHANGE_PROBLEMS: Final = problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503)


class ProductRequest(BaseModel):
    """A product; with several locations it is a package."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120, examples=["Commuters"])
    delivery: DeliveryType = DeliveryType.GUARANTEED
    locations: list[str] = Field(min_length=1, max_length=500, examples=[["KX-01", "LB-01"]])
    daypart: str | None = Field(default=None, max_length=63, description="null: every hour")
    min_hours: int = Field(default=1, ge=1, le=10_000, description="of one quote or hold")


class ProductResponse(ProductRequest):
    """A product that is for sale."""

    id: str
    is_package: bool
    changed_at: datetime


class ProductsResponse(BaseModel):
    """Every product that is for sale."""

    products: list[ProductResponse]


class WeeklyHoursRequest(BaseModel):
    """Hours of weekdays on a clock, which must be named."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120, examples=["Morning peak"])
    hours: str = Field(max_length=120, examples=["7-9"], description="all when empty")
    weekdays: list[int] = Field(min_length=1, max_length=7, examples=[[1, 2, 3, 4, 5]])
    zone: str = Field(
        min_length=1, max_length=63, examples=["local"],
        description="`local`: the clock of each screen; or a name such as UTC",
    )  # fmt: skip


class WeeklyHoursResponse(WeeklyHoursRequest):
    """A daypart."""

    id: str


class WeeklyHoursList(BaseModel):
    """Every daypart."""

    dayparts: list[WeeklyHoursResponse]


class PixelSize(BaseModel):
    """The size of a creative."""

    model_config = ConfigDict(extra="forbid")

    width_px: int = Field(ge=1, le=32_768, examples=[1080])
    height_px: int = Field(ge=1, le=32_768, examples=[1920])


class RestrictionsRequest(BaseModel):
    """What a screen does not show."""

    model_config = ConfigDict(extra="forbid")

    categories: list[str] = Field(
        default=[], max_length=200, examples=[["IAB8-5"]], description="IAB categories, not shown"
    )
    sizes: list[PixelSize] = Field(
        default=[], max_length=20, description="that are shown; empty: the screen's own"
    )
    max_length_s: int | None = Field(
        default=None, ge=1, le=3_600, description="of a creative; null: the spot of the loop"
    )
    reason: str = Field(min_length=3, max_length=200, examples=["a school is next to it"])


class RestrictionsResponse(RestrictionsRequest):
    """The restrictions of a screen; without any, `reason` says so."""

    location: str


@router.get(
    "/api/products", response_model=ProductsResponse, responses=READ_PROBLEMS, dependencies=READERS
)
async def list_products(request: Request) -> Response:
    """List the products that are for sale."""

    def read(connection: Connection) -> Any:
        return {"products": [_describe_product(one) for one in read_products(connection)]}

    return await _read(request, read)


@router.put(
    "/api/products/{product}",
    response_model=ProductResponse,
    responses=CHANGE_PROBLEMS,
    dependencies=EDITORS,
)
async def put_product(
    request: Request, product: ItemName, asked: ProductRequest, idempotent: Idempotent
) -> Response:
    """Offer a product, or change it."""
    sites = get_context(request).sites

    def store(connection: Connection, by: str, now: datetime) -> Any:
        locations = tuple(sites.location(name).id for name in asked.locations)
        new = Product(
            id=product, name=asked.name, delivery=asked.delivery, daypart=asked.daypart,
            locations=tuple(dict.fromkeys(locations)), min_hours=asked.min_hours,
            changed_by=by, changed_at=now,
        )  # fmt: skip
        store_product(connection, new)
        return _describe_product(new)

    return await _change(request, idempotent, PUT_PRODUCT, product, asked, store)


@router.delete(
    "/api/products/{product}",
    status_code=204,
    response_class=Response,
    responses=CHANGE_PROBLEMS,
    dependencies=EDITORS,
)
async def delete_product(request: Request, product: ItemName, idempotent: Idempotent) -> Response:
    """Offer a product no longer."""

    def remove(connection: Connection, _by: str, now: datetime) -> None:
        remove_product(connection, product, now)

    return await _change(request, idempotent, REMOVE_PRODUCT, product, None, remove)


@router.get(
    "/api/dayparts", response_model=WeeklyHoursList, responses=READ_PROBLEMS, dependencies=READERS
)
async def list_dayparts(request: Request) -> Response:
    """List the dayparts."""

    def read(connection: Connection) -> Any:
        return {"dayparts": [_describe_daypart(one) for one in read_dayparts(connection)]}

    return await _read(request, read)


@router.put(
    "/api/dayparts/{daypart}",
    response_model=WeeklyHoursResponse,
    responses=CHANGE_PROBLEMS,
    dependencies=EDITORS,
)
async def put_daypart(
    request: Request, daypart: ItemName, asked: WeeklyHoursRequest, idempotent: Idempotent
) -> Response:
    """Store a daypart, or change it."""

    def store(connection: Connection, by: str, now: datetime) -> Any:
        hours = WeeklyHours(asked.hours, frozenset(asked.weekdays), asked.zone)
        new = NamedDaypart(
            id=daypart, name=asked.name, daypart=hours, changed_by=by, changed_at=now
        )
        store_daypart(connection, new)
        return _describe_daypart(new)

    return await _change(request, idempotent, PUT_DAYPART, daypart, asked, store)


@router.get(
    "/api/screens/{location}/restrictions",
    response_model=RestrictionsResponse,
    responses=READ_PROBLEMS,
    dependencies=READERS,
)
async def get_restrictions(request: Request, location: LocationName) -> Response:
    """Read what a screen does not show."""
    site = get_context(request).sites.location(location)

    def read(connection: Connection) -> Any:
        found = read_restrictions(connection, [site]).get(site.id)
        return _describe_restrictions(site.id, found)

    return await _read(request, read)


@router.put(
    "/api/screens/{location}/restrictions",
    response_model=RestrictionsResponse,
    responses=CHANGE_PROBLEMS,
    dependencies=EDITORS,
)
async def put_restrictions(
    request: Request,
    location: LocationName,
    asked: RestrictionsRequest,
    idempotent: Idempotent,
) -> Response:
    """Set what a screen does not show, in place of what was set before."""
    site = get_context(request).sites.location(location)

    def store(connection: Connection, by: str, now: datetime) -> Any:
        sizes = frozenset((one.width_px, one.height_px) for one in asked.sizes)
        new = ScreenRestrictions(
            location=site.id, categories=frozenset(asked.categories), sizes=sizes,
            max_length_s=asked.max_length_s, reason=asked.reason, changed_by=by,
            changed_at=now,
        )  # fmt: skip
        store_restrictions(connection, new)
        return _describe_restrictions(site.id, new)

    return await _change(request, idempotent, PUT_RESTRICTIONS, site.id, asked, store)


async def _read(request: Request, read: Callable[[Connection], Any]) -> Response:
    body = await read_database(request, lambda connection: msgspec.json.encode(read(connection)))
    return Response(body, media_type="application/json")


async def _change(
    request: Request,
    idempotent: IdempotentRequest,
    action: str,
    about: str,
    asked: BaseModel | None,
    change: Callable[[Connection, str, datetime], Any],
) -> Response:
    """Change an item, with an entry of what is stored; answer with what `change` returns."""
    context: AppContext = get_context(request)
    by = caller_name(request)[:120]
    details = {} if asked is None else asked.model_dump(mode="json")

    def run(connection: Connection) -> Reply:
        now = context.clock()
        found = change(connection, by, now) or {}
        stored = {name: found.get(name, value) for name, value in details.items()}
        audit.record_change(
            connection, at=now, actor=by, action=action, about=about, details=stored
        )
        return Reply(200, msgspec.json.encode(found)) if found else Reply(204)

    return await change_once(request, idempotent, run)


def _describe_product(product: Product) -> dict[str, Any]:
    shown = {name: getattr(product, name) for name in Product.__slots__ if name != "changed_by"}
    return {**shown, "is_package": product.is_package}


def _describe_daypart(named: NamedDaypart) -> dict[str, Any]:
    return {
        "id": named.id,
        "name": named.name,
        "hours": named.daypart.hours,
        "weekdays": sorted(named.daypart.weekdays),
        "zone": named.daypart.zone,
    }


def _describe_restrictions(location: str, found: ScreenRestrictions | None) -> dict[str, Any]:
    sizes = sorted(found.sizes) if found else []
    return {
        "location": location,
        "categories": sorted(found.categories) if found else [],
        "sizes": [{"width_px": width, "height_px": height} for width, height in sizes],
        "max_length_s": found.max_length_s if found else None,
        "reason": found.reason if found else "no restrictions are set",
    }
