"""`/api/catalogue`: tables of the lake, their contracts, what their rules found, and lineage.

The HTML pages of `lake catalogue` also have profiles of the values; those are not served here.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role

if TYPE_CHECKING:
    from cloud.lake.catalogue.facts import TableFacts

router = APIRouter(tags=["operations"], dependencies=[allow_roles(Role.OPERATIONS)])


class CatalogueUnavailable(RuntimeError):  # noqa: N818 - reads as what happened
    """The files of the lake cannot be read."""


class UnknownTable(LookupError):  # noqa: N818 - reads as what happened
    """No table of the lake has this name."""


class CatalogueTable(BaseModel):
    """One table of the lake."""

    name: str = Field(examples=["trusted.audience_reports"])
    zone: str = Field(examples=["trusted"])
    description: str
    rows: int
    size_bytes: int
    files: int
    newest_on: date | None = Field(description="its newest day; null: it has no rows")
    committed_at: datetime | None = Field(description="of its newest snapshot; null: none")
    is_late: bool = Field(description="the snapshot is older than the contract allows")
    freshness_s: float | None = Field(description="by contract; null: nothing is promised")
    owner: str | None
    rules_failed: int | None = Field(description="null: its rules were not checked yet")
    quarantined_rows: int


class LineageEdge(BaseModel):
    """Rows of `target` are computed from rows of `source`."""

    source: str
    target: str
    job: str = Field(examples=["promote_to_trusted"])


class CatalogueResponse(BaseModel):
    """All tables, by zone."""

    configured: bool = Field(description="false: this server was started without a lake")
    read_at: datetime | None
    tables: list[CatalogueTable]
    lineage: list[LineageEdge]


class CatalogueColumn(BaseModel):
    """One column."""

    name: str
    type: str = Field(examples=["timestamp"])
    nullable: bool
    description: str


class CatalogueContract(BaseModel):
    """What the owner of a table promises."""

    title: str
    version: str
    status: str
    owner: str
    purpose: str
    usage: str
    limitations: str
    identity: list[str] = Field(description="empty: rows can be present twice")
    retention_s: float | None = Field(description="null: days are not deleted by age")
    freshness_s: float | None = Field(description="null: no commit is promised")


class CatalogueRule(BaseModel):
    """One rule of a contract, and what it found on the newest day that was checked."""

    name: str
    description: str
    outcome: str | None = Field(examples=["passed"], description="null: it was not checked yet")
    rows_checked: int | None
    rows_failed: int | None
    reason: str | None


class QuarantinedRows(BaseModel):
    """Rows that were not promoted to this table because of one rule."""

    rule: str
    rows: int
    first_on: date
    last_on: date
    sample: str = Field(description="the reason of one of them")


class LegalHold(BaseModel):
    """Days that are not deleted."""

    first_on: date
    last_on: date
    reason: str


class CatalogueDay(BaseModel):
    """The rows of one day."""

    day: date
    rows: int


class CatalogueTableDetail(CatalogueTable):
    """One table in full."""

    columns: list[CatalogueColumn]
    contract: CatalogueContract | None
    checked_on: date | None = Field(description="the day of the results of its rules")
    rules: list[CatalogueRule]
    quarantine: list[QuarantinedRows]
    holds: list[LegalHold]
    sources: list[str]
    targets: list[str]
    consumers: list[str]
    days: list[CatalogueDay] = Field(description="the last 90 days that have rows")


@router.get("/api/catalogue", responses=problem_responses(*REFUSALS, 500, 503))
async def list_catalogue(request: Request) -> CatalogueResponse:
    """List the tables of the lake with their freshness and quality, and the lineage."""
    return await run_in_threadpool(_list, get_context(request))


@router.get("/api/catalogue/{table}", responses=problem_responses(*REFUSALS, 404, 422, 500, 503))
async def get_catalogue_table(
    request: Request,
    table: Annotated[
        str, Path(pattern=r"^[a-z_]{1,20}\.[a-z_]{1,60}$", examples=["trusted.audience_reports"])
    ],
) -> CatalogueTableDetail:
    """Show one table with its columns, contract, rules, quarantine and lineage."""
    return await run_in_threadpool(_find, get_context(request), table)


def _list(context: AppContext) -> CatalogueResponse:
    read = _read(context)
    if read is None:
        return CatalogueResponse(configured=False, read_at=None, tables=[], lineage=[])
    from cloud.lake.catalogue.lineage import list_steps

    tables, read_at = read
    edges = [
        LineageEdge(source=source, target=target, job=step.job)
        for step in list_steps()
        for target, sources in step.sources.items()
        for source in sources
    ]
    described = [CatalogueTable(**_describe(one, read_at)) for one in tables]
    return CatalogueResponse(configured=True, read_at=read_at, tables=described, lineage=edges)


def _find(context: AppContext, name: str) -> CatalogueTableDetail:
    read = _read(context)
    tables, read_at = read if read is not None else ([], context.clock())
    found = next((one for one in tables if one.table.full_name == name), None)
    if found is None:
        raise UnknownTable(f"no table {name} in the lake of this server: GET /api/catalogue")
    from cloud.api.operations.catalogue_table import describe_in_full

    return CatalogueTableDetail(**_describe(found, read_at), **describe_in_full(found))


def _read(context: AppContext) -> "tuple[list[TableFacts], datetime] | None":
    try:
        read = context.lake_catalogue.read(context.engine, context.clock())
    except OSError as error:
        raise CatalogueUnavailable(
            f"the lake cannot be read ({type(error).__name__}): check the address that the server "
            "was started with (--lake), and its permissions"
        ) from error
    return None if read is None else (list(read.tables), read.read_at)


def _describe(facts: "TableFacts", now: datetime) -> dict[str, Any]:
    from cloud.api.operations.catalogue_table import count_failed_rules, promised_s
    from cloud.lake.catalogue.descriptions import describe_table
    from cloud.lake.catalogue.facts import is_late

    contract = facts.contract
    return {
        "name": facts.table.full_name,
        "zone": facts.table.zone.value,
        "description": describe_table(facts.table.full_name) or "",
        "rows": facts.rows,
        "size_bytes": facts.size_bytes,
        "files": facts.files,
        "newest_on": facts.days[-1].day if facts.days else None,
        "committed_at": facts.snapshots[-1].committed_at if facts.snapshots else None,
        "is_late": is_late(facts, now),
        "freshness_s": None if contract is None else promised_s(contract.freshness),
        "owner": None if contract is None else contract.owner,
        "rules_failed": count_failed_rules(facts),
        "quarantined_rows": sum(one.rows for one in facts.quarantine),
    }
