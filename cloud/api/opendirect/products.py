"""OpenDirect's products, which are screens, and their avails with the present price."""

from decimal import Decimal
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.booking.avails import compute_selected
from cloud.api.booking.selection import Selection, SiteSelection
from cloud.api.opendirect.answers import (
    PREFIX,
    READ_PROBLEMS,
    Count,
    Offset,
    OpenDirectRoute,
    answer,
    answer_page,
    encode,
    take_page,
)
from cloud.api.opendirect.orders import OpenDirectTargeting, require_sellable, to_targeting
from cloud.api.orders.orders import ORDER_ROLES, Asker
from cloud.app.buyer import Buyer
from cloud.app.context import AppContext
from cloud.app.rate_card_reload import get_context
from cloud.app.slot_quotes import compute_quote
from cloud.auth.access import allow_roles
from cloud.auth.accounts.account_store import unknown_account
from cloud.booking.opendirect.products import describe_avails, describe_product
from cloud.booking.opendirect.targeting import TargetingError, list_demand, read_targets
from cloud.booking.sale_limits import find_site
from cloud.booking.slots import DeliveryType
from cloud.money import major
from cloud.sites.site_model import Site

router = APIRouter(
    prefix=PREFIX,
    tags=["opendirect"],
    route_class=OpenDirectRoute,
    dependencies=[allow_roles(*ORDER_ROLES)],
)
ProductId = Annotated[str, Path(examples=["KX-01"], max_length=64)]


class ProductSearch(BaseModel):
    """What products are searched for; all when nothing is given."""

    name: str | None = Field(default=None, max_length=100, examples=["King's Cross"])
    currency: str | None = Field(default=None, max_length=3)
    maxbaseprice: Decimal | None = Field(default=None, gt=0, le=10**8)


class AvailsSearch(BaseModel):
    """Products and a flight whose avails and price are asked for."""

    productids: list[str] = Field(min_length=1, max_length=100, examples=[["KX-01"]])
    accountid: str = Field(max_length=64, examples=["acme"])
    startdate: AwareDatetime = Field(examples=["2030-01-07T08:00:00Z"])
    enddate: AwareDatetime = Field(examples=["2030-01-07T10:00:00Z"])
    producttargeting: list[OpenDirectTargeting] = Field(default=[], max_length=20)


@router.get("/products", responses=READ_PROBLEMS)
async def list_products(
    request: Request, who: Asker, offset: Offset = 0, count: Count = 25
) -> Response:
    """List the products: every screen."""
    context: AppContext = get_context(request)
    return _answer_products(request, list(context.sites), offset, count)


@router.get("/products/{product}", responses=READ_PROBLEMS)
async def get_product(request: Request, product: ProductId, who: Asker) -> Response:
    """Return one product."""
    context: AppContext = get_context(request)
    site = context.sites.location(product)
    return answer(request, describe_product(site, context.booking_policy.reservation))


@router.post("/products/search", responses=READ_PROBLEMS)
async def search_products(
    request: Request, asked: ProductSearch, who: Asker, offset: Offset = 0, count: Count = 25
) -> Response:
    """Search products by name, currency and base price."""
    context: AppContext = get_context(request)
    found = [site for site in context.sites if _matches(site, asked)]
    return _answer_products(request, found, offset, count)


@router.post("/products/avails", responses=READ_PROBLEMS)
async def find_product_avails(request: Request, asked: AvailsSearch, who: Asker) -> Response:
    """Avails and price of some products for an account; an answer holds nothing."""
    context: AppContext = get_context(request)
    if not who.may_see(asked.accountid):
        raise unknown_account(asked.accountid)

    def read() -> bytes:
        found = [_find_avails(context, name, asked, who.name) for name in asked.productids]
        return encode({"avails": found})

    return Response(await run_in_threadpool(read), media_type="application/json")


def _find_avails(context: AppContext, product: str, asked: AvailsSearch, by: str) -> dict[str, Any]:
    site = find_site(context.sites, product)
    if site is None:
        raise TargetingError("productids", f"no product {product!r}: GET /products has all")
    targets = read_targets(to_targeting(asked.producttargeting), site)
    demand = list_demand(site, asked.startdate, asked.enddate, targets)
    require_sellable(site, demand, context.clock())
    quote = compute_quote(
        context, demand, DeliveryType.GUARANTEED, Buyer(asked.accountid, is_staff=False),
        account=asked.accountid, by=by,
    )  # fmt: skip
    pairs = [(one.starts_at_s, one.positions) for one in demand]
    screen = SiteSelection(site, *np.array(pairs, dtype=np.int64).T)
    selection = Selection((screen,), DeliveryType.GUARANTEED, frozenset())
    with database.reading(context.engine) as connection:
        (found,) = compute_selected(connection, selection, context.clock())
    return describe_avails(
        found, account=asked.accountid, price_minor=quote.total_minor, startdate=asked.startdate,
        enddate=asked.enddate,
    )  # fmt: skip


def _answer_products(request: Request, sites: list[Site], offset: int, count: int) -> Response:
    context: AppContext = get_context(request)
    reservation = context.booking_policy.reservation
    page = [describe_product(site, reservation) for site in take_page(sites, offset, count)]
    return answer_page(request, "products", page, len(sites))


def _matches(site: Site, asked: ProductSearch) -> bool:
    price = major(site.base_rate_minor, site.currency)
    return (
        (asked.name is None or asked.name.strip("*").lower() in site.name.lower())
        and asked.currency in (None, site.currency)
        and (asked.maxbaseprice is None or price <= asked.maxbaseprice)
    )
