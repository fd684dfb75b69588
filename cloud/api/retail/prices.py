"""`/api/retail/prices`: observed prices with the approved ones, overrides, roll-backs.

An observed price has the time of its price point; a product in a store without a point of the last
14 days is missing. An approved price without a recent point is listed with `observed` null.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, NaiveDatetime
from sqlalchemy import Connection

from cloud.api.operations.transactions import change_database_once
from cloud.api.retail.workflow import CHANGE_REFUSALS
from cloud.api.retail.workflow_models import (
    ID_PATTERN,
    ApprovedPriceResponse,
    Code,
    CodeFilter,
    PriceMinor,
    ReasonText,
    StrictModel,
    describe_price,
)
from cloud.app.idempotency.idempotent_request import Idempotent
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import RETAIL_ROLES, allow_roles
from cloud.sales.retail.hard_rules import HardRuleCheck
from cloud.sales.retail.manual_prices import (
    NewOverride,
    RollBackResult,
    roll_back_batch,
    roll_back_price,
    set_override,
)
from cloud.sales.retail.observations import (
    ObservedPrice,
    StoreTraits,
    read_newest,
    read_stores,
)
from cloud.sales.retail.prices import (
    ApprovedPrice,
    PriceKey,
    PriceState,
    list_prices,
    read_in_force,
    read_path,
)
from cloud.sales.retail.store_time import StoreTimeError, read_zone, to_instant
from cloud.sales.retail.tables import retail_prices

MOST: Final = 2_000
PATH: Final = timedelta(days=90)

PriceId = Annotated[str, Path(alias="price", pattern=ID_PATTERN, examples=["0" * 32])]
PriceBatchId = Annotated[str, Path(alias="price_batch", pattern=ID_PATTERN, examples=["0" * 32])]

router = APIRouter(tags=["retail prices"], dependencies=[allow_roles(*RETAIL_ROLES)])


class ObservedPriceResponse(BaseModel):
    """The newest price point of a product in a store."""

    price_minor: int = Field(examples=[399])
    list_price_minor: int = Field(examples=[399])
    cost_minor: int = Field(examples=[251])
    competitor_price_minor: int | None
    inventory: int | None
    promotion: str | None = Field(examples=["deal"])
    observed_at: datetime
    age_s: int = Field(description="seconds since the price point")


class RetailPriceRow(BaseModel):
    """A product in a store: what was observed, and what is approved now."""

    product: str = Field(examples=["orange-1l"])
    store: str = Field(examples=["S-01"])
    region: str | None = Field(examples=["north"])
    category: str | None = Field(examples=["juice/orange"])
    currency: str = Field(examples=["GBP"])
    observed: ObservedPriceResponse | None
    approved: ApprovedPriceResponse | None


class RetailPricesResponse(BaseModel):
    """Prices by product and store."""

    at: datetime
    prices: list[RetailPriceRow]
    left_out: int = Field(description="rows beyond the 2,000 that are listed: filter further")


class StoreResponse(BaseModel):
    """A store."""

    store: str = Field(examples=["S-01"])
    region: str
    setting: str = Field(examples=["urban"])
    cluster: str
    latitude: float
    longitude: float
    timezone: str | None


class StoresResponse(BaseModel):
    """The stores, by name."""

    stores: list[StoreResponse]


class PricePathResponse(BaseModel):
    """The approved prices of the last 90 days, and those to come."""

    prices: list[ApprovedPriceResponse]


class StorePriceRequest(StrictModel):
    """A price to set by hand until an instant."""

    product: Code
    store: Code
    price_minor: PriceMinor
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["GBP"])]
    reason: ReasonText
    starts_at: AwareDatetime | None = Field(None, description="null: at once")
    ends_at: AwareDatetime | None = Field(None, description="or `ends_local`; at most 90 days")
    ends_local: NaiveDatetime | None = Field(None, description="in the local time of the store")


class RollBackRequest(StrictModel):
    """Why prices are rolled back."""

    reason: ReasonText


class RollBackResponse(BaseModel):
    """One price of a roll-back."""

    price: ApprovedPriceResponse
    restored: ApprovedPriceResponse | None = Field(description="the price in its place")
    refused: str | None = Field(description="why it stays as it is")


class RollBacksResponse(BaseModel):
    """Each price of a roll-back."""

    results: list[RollBackResponse]


READ: Final = problem_responses(*REFUSALS, 422, 500, 503)
CHANGE: Final = problem_responses(*CHANGE_REFUSALS)


@router.get("/api/retail/prices", responses=READ)
async def get_retail_prices(
    request: Request,
    product: CodeFilter = None,
    store: CodeFilter = None,
    region: CodeFilter = None,
) -> RetailPricesResponse:
    """List the newest observed price and the approved price of products in stores."""
    now = get_context(request).clock()

    def read(connection: Connection) -> RetailPricesResponse:
        stores = None if store is None else [store]
        if region is not None:
            named = [one.store for one in read_stores(connection, region)]
            stores = named if store is None else [one for one in named if one == store]
        products = None if product is None else [product]
        observed = read_newest(connection, now, products, stores)
        approved = {
            key: price
            for key, price in read_in_force(connection, None, now).items()
            if (products is None or key.product in products)
            and (stores is None or key.store in stores)
        }
        keys = sorted(observed.keys() | approved.keys())
        shown = [
            _describe_row(key, observed.get(key), approved.get(key), now) for key in keys[:MOST]
        ]
        return RetailPricesResponse(at=now, prices=shown, left_out=max(0, len(keys) - MOST))

    return await read_database(request, read)


@router.get("/api/retail/stores", responses=READ)
async def get_retail_stores(request: Request, region: CodeFilter = None) -> StoresResponse:
    """List the stores with their place and region."""
    found = await read_database(request, lambda connection: read_stores(connection, region))
    return StoresResponse(stores=[_describe_store(one) for one in found])


@router.get("/api/retail/prices/path", responses=READ)
async def get_price_path(
    request: Request,
    product: Annotated[str, Query(min_length=1, max_length=63)],
    store: Annotated[str, Query(min_length=1, max_length=63)],
) -> PricePathResponse:
    """List the approved prices of one product in one store, and those that are scheduled."""
    now, key = get_context(request).clock(), PriceKey(product, store)

    def read(connection: Connection) -> PricePathResponse:
        path: Sequence[ApprovedPrice] = read_path(connection, [key], now - PATH, now).get(key, ())
        cells = retail_prices.c
        coming = list_prices(
            connection, cells.product == product, cells.store == store,
            cells.state == PriceState.SCHEDULED.value, most=100,
        )  # fmt: skip
        return PricePathResponse(prices=[describe_price(one) for one in (*path, *coming)])

    return await read_database(request, read)


@router.post(
    "/api/retail/prices/overrides",
    status_code=201,
    response_model=ApprovedPriceResponse,
    responses=CHANGE,
)
async def override_price(
    request: Request, asked: StorePriceRequest, idempotent: Idempotent
) -> Response:
    """Set a price by hand until an instant; the hard rules hold for it too."""

    def act(connection: Connection, actor: str, now: datetime) -> ApprovedPriceResponse:
        new = NewOverride(
            key=PriceKey(asked.product, asked.store), price_minor=asked.price_minor,
            currency=asked.currency, reason=asked.reason, starts_at=asked.starts_at,
            ends_at=_read_end(connection, asked),
        )  # fmt: skip
        return describe_price(set_override(connection, new, HardRuleCheck(now), by=actor, now=now))

    return await change_database_once(request, idempotent, act, 201)


@router.post(
    "/api/retail/prices/{price}/roll-back", response_model=RollBackResponse, responses=CHANGE
)
async def roll_back(
    request: Request, name: PriceId, asked: RollBackRequest, idempotent: Idempotent
) -> Response:
    """Return to the price before an approved one; a scheduled price is cancelled."""

    def act(connection: Connection, actor: str, now: datetime) -> RollBackResponse:
        check = HardRuleCheck(now)
        return describe_roll_back(
            roll_back_price(connection, name, asked.reason, check, by=actor, now=now)
        )

    return await change_database_once(request, idempotent, act)


@router.post(
    "/api/retail/price-batches/{price_batch}/roll-back",
    response_model=RollBacksResponse,
    responses=CHANGE,
)
async def roll_back_several(
    request: Request, name: PriceBatchId, asked: RollBackRequest, idempotent: Idempotent
) -> Response:
    """Roll back every price that was approved together; each has its own result."""

    def act(connection: Connection, actor: str, now: datetime) -> RollBacksResponse:
        check = HardRuleCheck(now)
        found = roll_back_batch(connection, name, asked.reason, check, by=actor, now=now)
        return RollBacksResponse(results=[describe_roll_back(one) for one in found])

    return await change_database_once(request, idempotent, act)


def describe_roll_back(result: RollBackResult) -> RollBackResponse:
    """The result of one roll-back as a document."""
    restored = None if result.restored is None else describe_price(result.restored)
    price = describe_price(result.price)
    return RollBackResponse(price=price, restored=restored, refused=result.refused)


def _read_end(connection: Connection, asked: StorePriceRequest) -> datetime:
    if asked.ends_local is not None and asked.ends_at is None:
        return to_instant(asked.ends_local, read_zone(connection, asked.store))
    if asked.ends_at is None or asked.ends_local is not None:
        raise StoreTimeError("give the end of an override as `ends_at` or as `ends_local`")
    return asked.ends_at


def _describe_store(one: StoreTraits) -> StoreResponse:
    return StoreResponse(**{name: getattr(one, name) for name in StoreResponse.model_fields})


def _describe_row(
    key: PriceKey, observed: ObservedPrice | None, approved: ApprovedPrice | None, now: datetime
) -> RetailPriceRow:
    either = observed or approved
    assert either is not None, "a key comes from one of the two"
    return RetailPriceRow(
        product=key.product,
        store=key.store,
        region=None if observed is None else observed.region,
        category=None if observed is None else observed.category,
        currency=either.currency,
        observed=None if observed is None else _describe_observed(observed, now),
        approved=None if approved is None else describe_price(approved),
    )


def _describe_observed(one: ObservedPrice, now: datetime) -> ObservedPriceResponse:
    names = ObservedPriceResponse.model_fields.keys() - {"age_s"}
    age_s = int((now - one.observed_at).total_seconds())
    return ObservedPriceResponse(**{name: getattr(one, name) for name in names}, age_s=age_s)
