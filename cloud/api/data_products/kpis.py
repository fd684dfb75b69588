"""`/api/data-products/{product}/kpis/{kpi}`: a key figure by period and dimensions."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from cloud.api.campaigns.callers import CallerOf
from cloud.api.data_products.access import NAME, READERS, KpiName, ProductName, find_visible
from cloud.api.data_products.documents import KpiPointDocument, KpiResponse
from cloud.api.data_products.failures import (
    DataUnavailable,
    InvalidQuestion,
    UnknownDataProduct,
)
from cloud.api.data_products.products import (
    Filters,
    Limit,
    Offset,
    Search,
    describe_unit,
    read_pairs,
)
from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import Caller

router = APIRouter(tags=["data products"], dependencies=[READERS])


class KpiGrain(StrEnum):
    """The length of a period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@router.get(
    "/api/data-products/{product}/kpis/{kpi}",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def read_kpi(
    request: Request,
    product: ProductName,
    kpi: KpiName,
    who: CallerOf,
    grain: KpiGrain = KpiGrain.MONTH,
    since: Annotated[date | None, Query(description="first day of the first period")] = None,
    until: Annotated[date | None, Query(description="periods that start before this day")] = None,
    by: Annotated[
        list[Annotated[str, Query(pattern=NAME)]], Query(max_length=3, description="dimensions")
    ] = [],  # noqa: B006 - FastAPI copies it
    filters: Filters = [],  # noqa: B006
    search: Search = None,
    order: Annotated[
        str, Query(pattern=r"^-?[a-z][a-z0-9_]{0,62}$", description="starts_on, value, a dimension")
    ] = "starts_on",
    limit: Limit = 100,
    offset: Offset = 0,
) -> KpiResponse:
    """Read a key figure: periods, dimensions, filters, search, order, a page at a time."""
    from cloud.products.kpis.statement import Grain, KpiQuery

    query = KpiQuery(
        Grain(grain), since, until, tuple(dict.fromkeys(by)), read_pairs(filters), search, order,
        limit, offset,
    )  # fmt: skip
    return await run_in_threadpool(_read, get_context(request), who, product, kpi, query)


def _read(context: AppContext, who: Caller, name: str, kpi_name: str, query: Any) -> KpiResponse:
    from cloud.products.kpis.definition import UnknownKpiError, find_kpi
    from cloud.products.kpis.service import KpiQueryError, KpiUnavailableError

    product = find_visible(who, name)
    try:
        kpi = find_kpi(product, kpi_name)
    except UnknownKpiError as error:
        raise UnknownDataProduct(f"{product.name}: {error}") from error
    now = context.clock()
    service = context.served_products.service(context.engine, product)
    try:
        answer = service.answer(kpi, query, now)
    except KpiQueryError as error:
        raise InvalidQuestion(str(error)) from error
    except KpiUnavailableError as error:
        raise DataUnavailable(str(error)) from error
    return KpiResponse(
        name=kpi.name, title=kpi.title, unit=describe_unit(kpi.unit), grain=query.grain.value,
        points=[
            KpiPointDocument(
                starts_on=one.starts_on, dimensions=dict(one.dimensions), value=one.value,
                base=one.base, is_complete=one.is_complete,
            )
            for one in answer.points
        ],
        total=answer.total, data_until=answer.last_on, read_at=answer.read_at,
        age_s=(now - answer.read_at).total_seconds(), problem=answer.problem,
    )  # fmt: skip
