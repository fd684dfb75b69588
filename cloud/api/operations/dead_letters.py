"""`/api/dead-letters`: messages that failed validation: list, counts, one, replay, discard.

A payload is what a device, or anyone with a device's certificate, sent. It is answered as text of
bounded length in which every character that cannot be printed is escaped.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Row
from starlette.concurrency import run_in_threadpool

from cloud.api.fleet.transactions import NAME_PATTERN
from cloud.api.operations.transactions import change_database, name_actor
from cloud.app.context import AppContext
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.ingest.dead_letter_search import (
    DeadLetterSearch,
    count_by_device,
    count_by_kind,
    discard_dead_letter,
    find_dead_letters,
    read_dead_letter,
)
from cloud.ingest.dead_letters import DeadLetterKind
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.replay import is_counted, replay_dead_letter
from cloud.sites.sites import Sites

MAX_NUMBER: Final = 2**63 - 1
MAX_PAGE: Final = 500
SHOWN_BYTES: Final = 16 * 1024
LONGEST_REASON: Final = 500
LAYOUT: Final = "\n\t"

router = APIRouter(tags=["operations"], dependencies=[allow_roles(Role.OPERATIONS)])
Number = Annotated[int, Path(alias="dead_letter", ge=1, le=MAX_NUMBER)]
NameFilter = Annotated[str | None, Query(pattern=NAME_PATTERN, max_length=63)]


class DeadLetterResponse(BaseModel):
    """One message that failed validation; equal messages are one dead letter."""

    id: int = Field(examples=[17])
    kind: str = Field(examples=["implausible"])
    reason: str = Field(examples=["entries is 9000; at most 450 people can enter in 15 s"])
    topic: str = Field(examples=["onlooker/v1/KX-01/kx-01-cam-1/audience"])
    location: str | None = Field(examples=["KX-01"], description="null: the topic names no device")
    device: str | None = Field(examples=["kx-01-cam-1"])
    stream_id: str | None
    first_sequence: int | None
    last_sequence: int | None
    payload_bytes: int = Field(description="as it was received")
    times: int = Field(examples=[3], description="how often it arrived")
    first_received_at: datetime
    last_received_at: datetime
    replayed_at: datetime | None = Field(description="null: not counted")


class DeadLettersResponse(BaseModel):
    """One page, the newest first."""

    dead_letters: list[DeadLetterResponse]
    next: int | None = Field(description="`before` of the next page; null on the last")


class DeadLetterDetail(DeadLetterResponse):
    """One dead letter with its payload."""

    payload: str = Field(
        examples=['{"specversion": "1.0", ...'],
        description="the first 16 KiB as text; what cannot be printed is escaped",
    )
    shown_bytes: int = Field(description="of the payload that `payload` has")
    is_stored_whole: bool = Field(description="false: only a sample, which cannot be replayed")


class KindCountResponse(BaseModel):
    """The dead letters of one kind."""

    kind: str = Field(examples=["implausible"])
    dead_letters: int
    messages: int = Field(description="how often they arrived, together")
    last_received_at: datetime


class DeviceCountResponse(BaseModel):
    """The dead letters of one device."""

    location: str | None
    device: str | None = Field(description="null: topics that name no device")
    dead_letters: int
    messages: int
    last_received_at: datetime


class DeadLetterCounts(BaseModel):
    """The matching dead letters by kind and by device, the most first."""

    dead_letters: int
    kinds: list[KindCountResponse]
    devices: list[DeviceCountResponse] = Field(description="the first 50")


class ReplayResponse(BaseModel):
    """What became of a replay."""

    counted: bool = Field(description="false: refused again; it stays as it was")
    outcome: str = Field(examples=["counted 1 reports"])


class DiscardRequest(BaseModel):
    """Why the message is not worth counting."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        min_length=1, max_length=LONGEST_REASON, examples=["test message of the installer"]
    )


class DiscardResponse(BaseModel):
    """The dead letter that was deleted."""

    id: int


def _search(
    kind: DeadLetterKind | None = None,
    location: NameFilter = None,
    device: NameFilter = None,
    replayed: Annotated[bool | None, Query(description="absent: both")] = None,
) -> DeadLetterSearch:
    return DeadLetterSearch(None if kind is None else str(kind), location, device, replayed)


@router.get("/api/dead-letters", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def list_dead_letters(
    request: Request,
    kind: DeadLetterKind | None = None,
    location: NameFilter = None,
    device: NameFilter = None,
    replayed: Annotated[bool | None, Query(description="absent: both")] = None,
    before: Annotated[int | None, Query(ge=1, le=MAX_NUMBER)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> DeadLettersResponse:
    """List messages that failed validation, page by page."""
    search = _search(kind, location, device, replayed)
    found = await read_database(
        request, partial(find_dead_letters, search=search, before=before, most=limit + 1)
    )
    shown = [DeadLetterResponse(**_describe(one)) for one in found[:limit]]
    return DeadLettersResponse(
        dead_letters=shown, next=shown[-1].id if len(found) > limit else None
    )


@router.get("/api/dead-letters/counts", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def count_dead_letters(
    request: Request,
    kind: DeadLetterKind | None = None,
    location: NameFilter = None,
    device: NameFilter = None,
    replayed: Annotated[bool | None, Query(description="absent: both")] = None,
) -> DeadLetterCounts:
    """Count dead letters by kind and by device."""
    search = _search(kind, location, device, replayed)
    return await read_database(request, partial(_count, search=search))


@router.get(
    "/api/dead-letters/{dead_letter}",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_dead_letter(request: Request, number: Number) -> DeadLetterDetail:
    """Show one dead letter with its payload."""
    found = await read_database(request, partial(read_dead_letter, number=number))
    shown = found.payload[:SHOWN_BYTES]
    return DeadLetterDetail(
        **_describe(found),
        payload=escape_payload(shown),
        shown_bytes=len(shown),
        is_stored_whole=len(found.payload) == found.payload_bytes,
    )


@router.post(
    "/api/dead-letters/{dead_letter}/replay",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def replay(request: Request, number: Number) -> ReplayResponse:
    """Process one message again, after a fix; it is counted at most once."""
    await read_database(request, partial(read_dead_letter, number=number))
    context: AppContext = get_context(request)
    run = partial(
        replay_dead_letter, context.engine, number, is_listed=context.sites.is_listed,
        now=context.clock(), actor=name_actor(request), rules=_rules(context.sites),
    )  # fmt: skip
    outcome = await run_in_threadpool(run)
    return ReplayResponse(counted=is_counted(outcome), outcome=outcome)


@router.post(
    "/api/dead-letters/{dead_letter}/discard",
    responses=problem_responses(*REFUSALS, 404, 413, 422, 500, 503),
)
async def discard(request: Request, number: Number, asked: DiscardRequest) -> DiscardResponse:
    """Delete one message; it is never counted unless its device sends it again."""

    def act(connection: Connection, actor: str, now: datetime) -> DiscardResponse:
        discard_dead_letter(connection, number, reason=asked.reason, actor=actor, now=now)
        return DiscardResponse(id=number)

    return await change_database(request, act)


def escape_payload(payload: bytes) -> str:
    """Bytes as text; a character that cannot be printed is escaped, line breaks and tabs stay."""
    text = payload.decode(errors="backslashreplace")
    return "".join(
        one if one.isprintable() or one in LAYOUT else f"\\u{{{ord(one):x}}}" for one in text
    )


def _count(connection: Connection, search: DeadLetterSearch) -> DeadLetterCounts:
    kinds, devices = count_by_kind(connection, search), count_by_device(connection, search)
    return DeadLetterCounts(
        dead_letters=sum(one.dead_letters for one in kinds),
        kinds=[KindCountResponse(**asdict(one)) for one in kinds],
        devices=[DeviceCountResponse(**asdict(one)) for one in devices],
    )


def _describe(row: Row[Any]) -> dict[str, Any]:
    plain = row._mapping
    names: Sequence[str] = tuple(DeadLetterResponse.model_fields)
    return {name: plain[name] for name in names}


def _rules(sites: Sites) -> ValidationRules:
    return ValidationRules(
        current_id=sites.current_id, people=sites.people, listings=sites.listings
    )
