"""`/api/data-products`: what there is, and the rows of results."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from cloud.api.campaigns.callers import CallerOf
from cloud.api.data_products.access import (
    READERS,
    ProductName,
    TableName,
    explaining_failures,
    find_shown,
    find_visible,
    list_visible,
)
from cloud.api.data_products.documents import (
    ColumnDocument,
    DataProductsResponse,
    KpiDocument,
    ProductCost,
    ProductDetail,
    ProductSummary,
    RunDocument,
    SectionDocument,
    ShownTableDocument,
    TableResponse,
    UnitDocument,
    UploadSpecification,
)
from cloud.api.data_products.failures import InvalidQuestion
from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import Caller
from cloud.database import reading

if TYPE_CHECKING:
    from cloud.lake.lake import Lake
    from cloud.products.definitions.product import DataProduct, ShownTable, Unit

MAX_PAGE: Final = 1_000
MOST_FILTERS: Final = 10
PAIR: Final = r"^[a-z][a-z0-9_]{0,62}:.{0,200}$"
Filters = Annotated[
    list[Annotated[str, Query(pattern=PAIR)]],
    Query(alias="filter", max_length=MOST_FILTERS, description="column:value, as often as needed"),
]
Search = Annotated[str | None, Query(max_length=100, description="text in any searched column")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]

router = APIRouter(tags=["data products"], dependencies=[READERS])


@router.get("/api/data-products", responses=problem_responses(*REFUSALS, 500, 503))
async def list_data_products(request: Request, who: CallerOf) -> DataProductsResponse:
    """List the data products that the caller may read."""
    return await run_in_threadpool(_list, get_context(request), who)


@router.get(
    "/api/data-products/{product}", responses=problem_responses(*REFUSALS, 404, 422, 500, 503)
)
async def get_data_product(request: Request, product: ProductName, who: CallerOf) -> ProductDetail:
    """Show one product: its results, page, uploads, key figures and cost."""
    return await run_in_threadpool(_describe, get_context(request), who, product)


@router.get(
    "/api/data-products/{product}/tables/{table}",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def read_data_product_table(
    request: Request,
    product: ProductName,
    table: TableName,
    who: CallerOf,
    filters: Filters = [],  # noqa: B006 - FastAPI copies it
    search: Search = None,
    order: Annotated[
        str | None,
        Query(pattern=r"^-?[a-z][a-z0-9_]{0,62}$", description="a column; -column: descending"),
    ] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> TableResponse:
    """Read rows of a result: filtered, searched, ordered, a page at a time."""
    from cloud.products.answers import TableQuery

    query = TableQuery(
        read_pairs(filters), search, (order,) if order is not None else (), limit, offset
    )
    return await run_in_threadpool(_read, get_context(request), who, product, table, query)


def read_pairs(filters: list[str]) -> tuple[tuple[str, str], ...]:
    """`column:value` as pairs."""
    return tuple((name, value) for name, _, value in (one.partition(":") for one in filters))


def describe_unit(unit: "Unit") -> UnitDocument:
    """The unit of a column or a figure."""
    return UnitDocument(kind=unit.kind, currency=unit.currency)


def _list(context: AppContext, who: Caller) -> DataProductsResponse:
    if context.served_products.address is None:
        return DataProductsResponse(configured=False, products=[])
    with explaining_failures():
        lake = context.served_products.open(context.engine)
        found = [ProductSummary(**_summarise(lake, one)) for one in list_visible(who)]
    return DataProductsResponse(configured=True, products=found)


def _summarise(lake: "Lake", product: "DataProduct") -> dict[str, Any]:
    from cloud.products.runs import read_last_run

    run = read_last_run(lake, product.name)
    last = None if run is None else RunDocument(
        started_at=run.started_at, rows_written=run.rows_written,
        tables_changed=run.tables_changed, failure=run.failure,
    )  # fmt: skip
    file = product.file
    return {
        "name": file.name, "title": file.title, "purpose": file.purpose, "owner": file.owner,
        "last_run": last,
    }  # fmt: skip


def _describe(context: AppContext, who: Caller, name: str) -> ProductDetail:
    with explaining_failures():
        lake = context.served_products.open(context.engine)
        product = find_visible(who, name)
        from cloud.products.costs import estimate_cost

        with reading(context.engine) as connection:
            cost = estimate_cost(connection, product, now=context.clock())
        summary = _summarise(lake, product)
    return ProductDetail(
        **summary,
        tables=[_describe_table(one) for one in product.file.shows],
        page=[
            SectionDocument(show=one.show, table=one.table, title=one.title, x=one.x, y=[*one.y])
            for one in product.file.page
        ],
        uploads=[
            UploadSpecification(
                table=one.table, title=one.title, files=[*one.files],
                required=[
                    next(iter(column.headings), name)
                    for name, column in one.columns.items()
                    if column.required
                ],
            )
            for one in product.file.uploads
        ],
        kpis=_describe_kpis(product),
        cost=ProductCost(**asdict(cost), total_usd=cost.total_usd),
    )  # fmt: skip


def _describe_table(shown: "ShownTable") -> ShownTableDocument:
    return ShownTableDocument(
        table=shown.table, title=shown.title, description=shown.description,
        columns=_describe_columns(shown), filters=[*shown.filters],
        can_search=bool(shown.search),
    )  # fmt: skip


def _describe_columns(shown: "ShownTable") -> list[ColumnDocument]:
    return [
        ColumnDocument(name=one.name, title=one.title, unit=describe_unit(one.unit))
        for one in shown.columns
    ]


def _describe_kpis(product: "DataProduct") -> list[KpiDocument]:
    from cloud.products.kpis.definition import read_kpis

    file = read_kpis(product.folder)
    if file is None:
        return []
    return [
        KpiDocument(
            name=one.name, title=one.title, description=one.description,
            unit=describe_unit(one.unit), dimensions=[*file.sources[one.source].dimensions],
        )
        for one in file.kpis
    ]  # fmt: skip


def _read(context: AppContext, who: Caller, name: str, table: str, query: Any) -> TableResponse:
    from cloud.products.answers import TableQueryError, read_page

    with explaining_failures():
        lake = context.served_products.open(context.engine)
        product = find_visible(who, name)
        shown = find_shown(product, table)
        try:
            page = read_page(lake, product, shown, query)
        except TableQueryError as error:
            raise InvalidQuestion(str(error)) from error
    age = None if page.computed_at is None else context.clock() - page.computed_at
    return TableResponse(
        columns=_describe_columns(shown), rows=[list(row) for row in page.rows], total=page.total,
        computed_at=page.computed_at, age_s=None if age is None else age.total_seconds(),
    )  # fmt: skip
