"""`/api/rate-card`: the rate card in force and those to come, and a new one.

A card is put for an instant at least five seconds ahead, so every process of the API has it by
then. `If-Match` must name the version that was read, so no card replaces one that was not read.
"""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud.api.overrides import MAX_AUTHOR, PLAIN
from cloud.api.sales.rate_card_fields import RateCardFields, describe_card, read_card
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse, VersionMismatchError
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import answer_read
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card.changes import CardRefused, schedule_card
from cloud.app.rate_card_reload import ContextReloader, get_context
from cloud.auth import audit
from cloud.auth.access import Caller, allow_roles, receive_caller
from cloud.auth.keys import Role
from cloud.pricing.rate_card import RateCard
from cloud.pricing.vocabulary import unpriced_words
from cloud.sales.rate_cards import ScheduledCard, card_at, read_scheduled_cards

MAX_LISTED: Final = 50

router = APIRouter(tags=["rate card"])
Asker = Annotated[Caller, Depends(receive_caller)]


class CardPinnedError(Exception):
    """A process that uses the card of its start, whatever is stored."""


class StoredCardSummary(BaseModel):
    """A stored card without its content."""

    number: int = Field(description="of its entry in the audit log")
    version: str = Field(examples=["spring-1"])
    digest: str = Field(examples=["9f0c2ab1d4e6"])
    valid_from: datetime
    put_at: datetime
    put_by: str


class RateCardResponse(BaseModel):
    """The card in force, the stored ones, and what is to be considered."""

    card: RateCardFields
    digest: str = Field(examples=["9f0c2ab1d4e6"])
    valid_from: datetime | None = Field(description="null: the card of the program's start")
    is_pinned: bool = Field(description="the process ignores stored cards")
    stored: list[StoredCardSummary] = Field(description=f"the latest {MAX_LISTED}, latest first")
    warnings: list[str] = Field(description="words of the sites file that the card does not price")


class RateCardRequest(BaseModel):
    """A card to put in force."""

    model_config = ConfigDict(extra="forbid")

    card: RateCardFields
    valid_from: AwareDatetime | None = Field(default=None, description="null: in five seconds")
    reason: str = Field(min_length=3, max_length=200, pattern=PLAIN, examples=["autumn tariff"])


@router.get(
    "/api/rate-card",
    response_model=RateCardResponse,
    dependencies=[allow_roles(Role.SALES, Role.FINANCE)],
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 422, 500, 503)},
)
async def get_rate_card(request: Request) -> Response:
    """Read the rate card in force and the stored ones; the `ETag` is for `PUT`."""
    return await answer_read(request, lambda connection: _read_state(request, connection))


@router.put(
    "/api/rate-card",
    response_model=RateCardResponse,
    dependencies=[allow_roles(Role.SALES)],
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 412, 500, 503),
)
async def put_rate_card(
    request: Request,
    asked: RateCardRequest,
    who: Asker,
    idempotent: Idempotent,
    if_match: Annotated[
        str, Header(max_length=200, description="the `ETag` of the state that the change is for")
    ],
) -> Response:
    """Put another rate card in force; refused (412) where the card was changed since."""
    context, reloader = get_context(request), _reloader(request)
    if reloader.is_pinned:
        raise CardPinnedError(
            "this process uses the rate card of its option --rate-card: start it without"
        )
    card = read_card(asked.card)

    def change(connection: Connection) -> Reply:
        audit.lock_log(connection)
        held = TaggedResponse(_read_state(request, connection))
        if not held.is_match(if_match):
            raise VersionMismatchError(
                "the rate card was changed since it was read: GET /api/rate-card, and compare"
            )
        _require_change(
            schedule_card(
                connection, card, asked.valid_from, reference=reloader.first_card,
                by=who.name[:MAX_AUTHOR], now=context.clock(), reason=asked.reason,
            )
        )  # fmt: skip
        state = TaggedResponse(_read_state(request, connection))
        return Reply(200, state.content, {"etag": state.tag.decode()})

    return await run_in_threadpool(idempotent.run, context, change)


def _require_change(put: ScheduledCard | None) -> None:
    if put is None:
        raise CardRefused("this card is already in force at that time: nothing would change")


def _read_state(request: Request, connection: Connection) -> bytes:
    context: AppContext = get_context(request)
    reloader = _reloader(request)
    stored = () if reloader.is_pinned else read_scheduled_cards(connection)
    held = card_at(stored, context.clock())
    card = held.card if held else reloader.first_card
    state = RateCardResponse(
        card=describe_card(card),
        digest=card.digest,
        valid_from=held.from_at if held else None,
        is_pinned=reloader.is_pinned,
        stored=[_describe_stored(one) for one in stored[::-1][:MAX_LISTED]],
        warnings=find_unpriced(context, card),
    )
    return state.model_dump_json().encode()


def find_unpriced(context: AppContext, card: RateCard) -> list[str]:
    """A sentence for each word of the sites file without a factor on the card."""
    return list(unpriced_words(context.sites, card))[:MAX_LISTED]


def _describe_stored(one: ScheduledCard) -> StoredCardSummary:
    return StoredCardSummary(
        number=one.number,
        version=one.card.version,
        digest=one.card.digest,
        valid_from=one.from_at,
        put_at=one.put_at,
        put_by=one.put_by,
    )


def _reloader(request: Request) -> ContextReloader:
    found: ContextReloader = request.app.state.reloader
    return found


RATE_CARD_STATUS_OF: Final[dict[type[Exception], tuple[int, str]]] = {
    CardRefused: (422, "Invalid rate card"),
    CardPinnedError: (409, "Rate card is pinned"),
}
