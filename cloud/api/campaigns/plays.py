"""`/api/plays`: plays that a player reports over HTTP, and stored plays that no line has booked."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud.api.audience import RangeError
from cloud.api.campaigns.callers import CallerOf
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.campaigns.plays.coverage import LogCoverage, state_coverage
from cloud.campaigns.plays.formats import parse_posted, try_each
from cloud.campaigns.plays.imports import Importer, describe_counts
from cloud.campaigns.plays.unmatched import list_unmatched

MOST_PLAYS: Final = 1_000
LONGEST_SPAN: Final = timedelta(days=31)

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(Role.SALES, Role.OPERATIONS)])


class PostedPlay(BaseModel):
    """One play of one creative."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    location: str = Field(max_length=120, examples=["KX-01"])
    creative: str = Field(max_length=64, examples=["winter-10s"])
    started_at: AwareDatetime = Field(examples=["2030-01-07T08:00:00Z"])
    duration_s: float | None = Field(default=None, ge=0, le=3_600)
    line: str | None = Field(default=None, max_length=63, description="order line, if known")
    ref: str | None = Field(
        default=None, max_length=120, description="reference of the player, unique for ever"
    )


class CoveredPeriod(BaseModel):
    """The period of which the request has every play of some screens."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime = Field(alias="from", examples=["2030-01-07T08:00:00Z"])
    until: AwareDatetime = Field(examples=["2030-01-07T09:00:00Z"])
    locations: list[Annotated[str, Field(max_length=120)]] = Field(
        default_factory=list, max_length=100, description="empty: those of the plays"
    )


class PlaysRequest(BaseModel):
    """Plays to store."""

    model_config = ConfigDict(extra="forbid")

    plays: list[PostedPlay] = Field(min_length=1, max_length=MOST_PLAYS)
    covers: CoveredPeriod | None = Field(
        default=None, description="null: there may have been other plays in these hours"
    )


class ImportDocument(BaseModel):
    """What became of the plays of a request."""

    id: str
    rows: int
    stored: int
    duplicates: int = Field(description="stored before")
    refused: int
    reasons: dict[str, int] = Field(description="of the refused ones")
    covered: list[str] = Field(description="locations of which every play of `covers` is known")
    uncovered: dict[str, str] = Field(description="other locations of `covers`, each with a reason")


class UnmatchedPlay(BaseModel):
    """Plays of a creative in an hour and place in which no line has booked it."""

    location: str
    hour_at: datetime
    creative: str
    line: str | None = Field(description="the line that the log names, which has not booked it")
    plays: int


class UnmatchedPlays(BaseModel):
    """Plays that belong to no line, oldest first."""

    plays: list[UnmatchedPlay]


@router.post(
    "/api/plays",
    status_code=201,
    response_model=ImportDocument,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 500, 503),
)
async def post_plays(
    request: Request, asked: PlaysRequest, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Store plays, each once: a play that is stored already is a duplicate."""
    context: AppContext = get_context(request)
    content = asked.model_dump_json().encode()

    def change(connection: Connection) -> Reply:
        importer = Importer(context.sites, who.name, context.clock())
        names = importer.names
        if asked.covers is not None:
            importer = replace(importer, covers=_read_coverage(asked.covers, importer))
        rows = iter([_to_values(play) for play in asked.plays])
        plays = try_each(rows, lambda row: parse_posted(row, names, importer.zone_of))
        result = importer.import_posted(connection, plays, content)
        counts = dict(describe_counts(result))
        del counts["failure"]
        return Reply(201, msgspec.json.encode({"id": result.id, **counts}), {})

    return await run_in_threadpool(idempotent.run, context, change)


@router.get("/api/plays/unmatched", responses=problem_responses(*REFUSALS, 404, 422, 500, 503))
async def get_unmatched_plays(
    request: Request,
    since: Annotated[AwareDatetime, Query(alias="from", examples=["2030-01-07T00:00:00Z"])],
    until: Annotated[AwareDatetime, Query(examples=["2030-01-08T00:00:00Z"])],
    location: Annotated[list[str] | None, Query(max_length=100)] = None,
) -> UnmatchedPlays:
    """List logged plays of nobody's line; at most 31 days."""
    context: AppContext = get_context(request)
    if not timedelta() < until - since <= LONGEST_SPAN:
        raise RangeError("give `until` after `from`, at most 31 days later")
    names = [context.sites.location(one).id for one in location or context.sites.ids]

    def read(connection: Connection) -> UnmatchedPlays:
        found = list_unmatched(connection, context.sites, names, since, until)
        return UnmatchedPlays(
            plays=[
                UnmatchedPlay(
                    location=one.location, hour_at=one.hour_at, creative=one.creative,
                    line=one.line or None, plays=one.plays,
                )
                for one in found
            ]
        )  # fmt: skip

    return await read_database(request, read)


def _read_coverage(asked: CoveredPeriod, importer: Importer) -> LogCoverage:
    return state_coverage(asked.since, asked.until, asked.locations, importer.names, importer.now)


def _to_values(play: PostedPlay) -> dict[str, str]:
    return {
        "location": play.location,
        "creative": play.creative,
        "started_at": play.started_at.isoformat(),
        "duration_s": "" if play.duration_s is None else str(play.duration_s),
        "line": play.line or "",
        "ref": play.ref or "",
    }
