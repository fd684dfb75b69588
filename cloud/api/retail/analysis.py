"""`GET /api/retail/analysis/{product}`: elasticity, demand curve, stores, season, age of the data.

The elasticity of a product is the mean of its stores, weighted by their units at the current price;
its range is the mean of theirs. Curves add up the stores of one currency.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import numpy as np
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.retail.curves import RetailCurve, describe_curve
from cloud.api.retail.descriptions import describe_estimate, describe_rules
from cloud.api.retail.models import RetailEvidence, RetailRulesRef
from cloud.api.retail.recommend import ProductName
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.retail.answer_cache import digest_inputs
from cloud.app.retail.price_inputs import PriceInputs, UnknownRetailPrice, list_keys_of
from cloud.app.retail.recommending import (
    KnownPrices,
    assess_known,
    read_known_prices,
    split_currencies,
)
from cloud.app.retail.seasonality import SeasonMonth, read_season
from cloud.app.retail.services import RetailServices, get_retail
from cloud.auth.access import RETAIL_ROLES, allow_roles
from cloud.forecast.retail.demand_versions import DemandVersion, read_active_version
from cloud.forecast.retail.estimates import DemandEstimate, Evidence
from cloud.money import major
from cloud.pricing.retail.expectations import expect_week
from cloud.pricing.retail.ladder import Floats
from cloud.pricing.retail.scenarios import compute_curve

DIGITS: Final = 4

router = APIRouter(tags=["retail"], dependencies=[allow_roles(*RETAIL_ROLES)])


class ProductElasticity(BaseModel):
    """The elasticity of a product over its stores."""

    value: float = Field(examples=[-2.48])
    low: float = Field(examples=[-2.99])
    high: float = Field(examples=[-2.09])
    stores: dict[Evidence, int] = Field(description="number of stores with such evidence")


class AnalysedStore(BaseModel):
    """The product in one store."""

    store: str = Field(examples=["s-001"])
    region: str = Field(examples=["north"])
    currency: str = Field(examples=["GBP"])
    price: Decimal = Field(examples=["3.49"])
    observed_at: datetime
    units: float | None = Field(
        examples=[112.4], description="expected in a week at this price; null without an estimate"
    )
    demand: RetailEvidence | None


class RetailSeasonMonth(BaseModel):
    """A month of the year."""

    month: int = Field(examples=[12])
    points: int = Field(description="price points without promotion in two years")
    index: float | None = Field(
        examples=[1.18], description="1 is an average month; null: nothing was observed"
    )


class DemandModelResponse(BaseModel):
    """The model that the estimates come from, and how it scored; the same for every product."""

    version: str = Field(examples=["shrunk-1@2030-01-06"])
    chosen_at: datetime
    trained_at: datetime
    first_on: date = Field(description="Monday of the first week that it was fitted on")
    last_on: date = Field(description="Monday of the last week")
    backtest: dict[str, float | None] | None = Field(
        examples=[{"wmape": 0.31, "bias": -0.02}],
        description="scores of weeks that it had not seen; null: too few weeks for a backtest",
    )
    drift: dict[str, Any] = Field(description="of the nights since it was chosen; empty: none yet")


class AnalysisResponse(BaseModel):
    """What is known about the demand for a product."""

    product: str = Field(examples=["juice-1"])
    category: str = Field(examples=["juice/orange"])
    elasticity: ProductElasticity | None = Field(description="null: no store has an estimate")
    stores: list[AnalysedStore]
    curves: list[RetailCurve] = Field(description="one for each currency")
    season: list[RetailSeasonMonth]
    demand_model: DemandModelResponse | None = Field(description="null: none is trained yet")
    newest_point_at: datetime
    newest_point_age_s: int
    estimates_as_of: date | None = Field(description="of the oldest estimate")
    estimates_age_days: int | None
    rules: RetailRulesRef
    computed_at: datetime


@router.get(
    "/api/retail/analysis/{product}",
    response_model=AnalysisResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def analyse_product(request: Request, product: ProductName) -> Response:
    """Read the elasticity with its range, the demand curve, stores and season of a product."""
    context, retail = get_context(request), get_retail(request)
    found = await run_in_threadpool(_answer, context, retail, product)
    return found.answer(request)


def _answer(context: AppContext, retail: RetailServices, product: str) -> TaggedResponse:
    with database.reading(context.engine) as connection:
        now = context.clock()
        keys = list_keys_of(connection, product, now)
        known = read_known_prices(connection, retail.rules, keys, now)
        if not known.usable:
            raise UnknownRetailPrice(
                f"no store has a recent price point of {product}: send its price points first "
                "(POST /api/retail/price-points)"
            )
        version = read_active_version(connection)
        digest = digest_inputs(
            "analysis", known.usable, known.rules.rules.digest, now.date(), version
        )
        return retail.answers.find_or_compute(
            context.shared, digest, now, lambda: _compute(connection, product, known, version)
        )


def _compute(
    connection: Connection, product: str, known: KnownPrices, version: DemandVersion | None
) -> bytes:
    usable, now = known.usable, known.now
    estimates = [one.estimate for one in usable if one.estimate is not None]
    units = _read_units(known)
    elasticity = _average(estimates, units[~np.isnan(units)])
    season = read_season(connection, product, elasticity.value if elasticity else None, now)
    newest = max(one.current.at for one in usable)
    oldest = min((one.as_of for one in estimates), default=None)
    answer = AnalysisResponse(
        product=product,
        category=usable[0].state.category,
        elasticity=elasticity,
        stores=[
            _describe_store(one, None if np.isnan(sold) else float(sold), now)
            for one, sold in zip(usable, units, strict=True)
        ],
        curves=[
            describe_curve(currency, len(part.usable), compute_curve(assess_known(part)))
            for currency, part in split_currencies(known).items()
        ],
        season=[_describe_month(one) for one in season],
        demand_model=None if version is None else _describe_model(version),
        newest_point_at=newest,
        newest_point_age_s=int((now - newest).total_seconds()),
        estimates_as_of=oldest,
        estimates_age_days=None if oldest is None else (now.date() - oldest).days,
        rules=describe_rules(known.rules),
        computed_at=now,
    )
    return answer.model_dump_json().encode()


def _read_units(known: KnownPrices) -> Floats:
    """Expected units of a week at the current prices; NaN without an estimate."""
    situation = assess_known(known)
    states = situation.states
    return expect_week(situation, states.price_minor).units.value


def _average(estimates: Sequence[DemandEstimate], units: Floats) -> ProductElasticity | None:
    """The elasticities of the stores, weighted by units; None without an estimate."""
    if not estimates:
        return None
    weights = units if units.sum() > 0 else np.ones(len(estimates))
    names = ("elasticity", "elasticity_low", "elasticity_high")
    value, low, high = (
        round(float(np.average([getattr(one, name) for one in estimates], weights=weights)), DIGITS)
        for name in names
    )
    found = Counter(one.evidence for one in estimates)
    return ProductElasticity(value=value, low=low, high=high, stores=dict(found))


def _describe_store(one: PriceInputs, units: float | None, now: datetime) -> AnalysedStore:
    state = one.state
    return AnalysedStore(
        store=state.store,
        region=state.region,
        currency=state.currency,
        price=major(state.price_minor, state.currency),
        observed_at=one.current.at,
        units=None if units is None else round(units, 2),
        demand=None if one.estimate is None else describe_estimate(one.estimate, now),
    )


def _describe_month(one: SeasonMonth) -> RetailSeasonMonth:
    index = None if one.index is None else round(one.index, DIGITS)
    return RetailSeasonMonth(month=one.month, points=one.points, index=index)


def _describe_model(version: DemandVersion) -> DemandModelResponse:
    return DemandModelResponse(
        version=version.version,
        chosen_at=version.chosen_at,
        trained_at=version.trained_at,
        first_on=version.first_on,
        last_on=version.last_on,
        backtest=version.scores.get("test"),
        drift=dict(version.drift),
    )
