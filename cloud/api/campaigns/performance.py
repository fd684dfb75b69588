"""`/api/campaigns/{campaign}/performance`, `/history` and `/live`.

Live figures are server-sent events every five seconds during the flight: the latest event holds all
figures. A stream ends with `closing` when the flight has ended, and with `refused` when the key of
the client is no longer valid.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Send

from cloud.api.campaigns.callers import CallerOf, CampaignId
from cloud.api.campaigns.documents import (
    HistoryDocument,
    PerformanceDocument,
    describe_history,
    describe_performance,
)
from cloud.api.campaigns.listing import read_campaign
from cloud.app.broadcaster import MAX_SUBSCRIBERS, TooManySubscribers
from cloud.app.campaign_figures import CampaignFigures
from cloud.app.context import AppContext
from cloud.app.live_session import SEND_TIMEOUT_S, require_valid_caller
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, AccessError, Caller, allow_roles
from cloud.campaigns.estimates import DAY_S, HOUR_S, EstimatedHour
from cloud.campaigns.performance import Performance, sum_by
from cloud.campaigns.totals import DeliveryTotals

EVERY_S: Final = 5.0
KEY_CHECKED_EVERY: Final = 12
"""Events between two checks of the key: a minute."""
STREAM: Final = "text/event-stream"
Pause = Callable[[float], Awaitable[None]]

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(*EVERYBODY)])


class PartBy(StrEnum):
    """What the parts of a performance are."""

    LINE = "line"
    CREATIVE = "creative"
    LOCATION = "location"


class Step(StrEnum):
    """The length of a step of a history."""

    DAY = "day"
    HOUR = "hour"


STEP_S: Final = {Step.DAY: DAY_S, Step.HOUR: HOUR_S}


@router.get(
    "/api/campaigns/{campaign}/performance",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_performance(
    request: Request,
    campaign: CampaignId,
    who: CallerOf,
    by: PartBy = PartBy.LINE,
    value_per_thousand: Annotated[
        Decimal | None,
        Query(ge=0, le=10**8, description="what 1,000 OTS are worth to the advertiser: for ROI"),
    ] = None,
) -> PerformanceDocument:
    """Return delivery, audience, costs and pacing until now, as a whole and by part."""
    return await run_in_threadpool(
        read_performance_document, request, campaign, who, by, value_per_thousand
    )


@router.get(
    "/api/campaigns/{campaign}/history", responses=problem_responses(*REFUSALS, 404, 422, 500, 503)
)
async def get_history(
    request: Request, campaign: CampaignId, who: CallerOf, step: Step = Step.DAY
) -> HistoryDocument:
    """Return the delivery and audience of each UTC day or hour with booked time."""
    _, found = await run_in_threadpool(read_history, request, campaign, who, step)
    return found


@router.get(
    "/api/campaigns/{campaign}/live",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events `performance`, `closing` and `refused`, with JSON as data",
            "content": {STREAM: {"schema": {"type": "string"}}},
        },
        **problem_responses(*REFUSALS, 404, 422, 500, 503),
    },
)
async def stream_performance(
    request: Request, campaign: CampaignId, who: CallerOf
) -> StreamingResponse:
    """Stream the performance every five seconds until the end of the flight."""
    figures: CampaignFigures = request.app.state.campaign_figures
    if figures.viewers >= MAX_SUBSCRIBERS:
        raise TooManySubscribers(
            f"{MAX_SUBSCRIBERS} clients see live figures, the maximum: try again in a minute"
        )
    first = await run_in_threadpool(_read, request, campaign, who)
    events = count_viewer(figures, stream_events(request, campaign, who, first, asyncio.sleep))
    return FigureStream(events, media_type=STREAM, headers={"cache-control": "no-store"})


class FigureStream(StreamingResponse):
    """Events; ends for a client that reads nothing for a minute."""

    async def stream_response(self, send: Send) -> None:
        """Send all events, each within the time."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await send(message)

        with suppress(TimeoutError):
            await super().stream_response(send_in_time)


async def count_viewer(figures: CampaignFigures, events: AsyncIterator[str]) -> AsyncIterator[str]:
    """The events of a client, who is a viewer until they end."""
    figures.viewers += 1
    try:
        async for event in events:
            yield event
    finally:
        figures.viewers -= 1


async def stream_events(
    request: Request, campaign: str, who: Caller, found: Performance, pause: Pause
) -> AsyncIterator[str]:
    """The events of one client; `pause` waits that many seconds."""
    number = 0
    while True:
        document = describe_performance(found, _sum_parts(found, PartBy.LINE), None)
        yield _to_event("performance", document.model_dump_json())
        if found.campaign.ends_at <= found.at:
            yield _to_event("closing", '{"reason":"the flight has ended"}')
            return
        await pause(EVERY_S)
        number += 1
        if number % KEY_CHECKED_EVERY == 0:
            try:
                await require_valid_caller(request)
            except AccessError:
                yield _to_event("refused", '{"reason":"the key is no longer valid"}')
                return
        found = await run_in_threadpool(_read, request, campaign, who)


def read_performance_document(
    request: Request, campaign: str, who: Caller, by: PartBy, value_per_thousand: Decimal | None
) -> PerformanceDocument:
    """The performance of a campaign until now, as a whole and by part."""
    found = _read(request, campaign, who)
    return describe_performance(found, _sum_parts(found, by), value_per_thousand)


def read_history(
    request: Request, campaign: str, who: Caller, step: Step
) -> tuple[Sequence[str], HistoryDocument]:
    """The currencies of a campaign, and its history by UTC day or hour."""
    found = _read(request, campaign, who)
    length_s = STEP_S[step]
    sums = sum_by(found.hours, lambda hour: hour.hour.booked.key.hour_at // length_s)
    steps = sorted((int(str(at)) * length_s, totals) for at, totals in sums.items())
    history = describe_history(found.campaign, step.value, found.at, steps)
    return found.campaign.currencies, history


def _read(request: Request, campaign: str, who: Caller) -> Performance:
    context: AppContext = get_context(request)
    figures: CampaignFigures = request.app.state.campaign_figures
    return figures.read(context, read_campaign(context, campaign, who))


def _sum_parts(found: Performance, by: PartBy) -> Mapping[str, DeliveryTotals]:
    return {str(key): totals for key, totals in sum_by(found.hours, _KEYS[by]).items()}


def _line_of(hour: EstimatedHour) -> str:
    return hour.hour.booked.line_id


def _creative_of(hour: EstimatedHour) -> str:
    return hour.hour.booked.creative or ""


def _location_of(hour: EstimatedHour) -> str:
    return hour.hour.booked.key.location


_KEYS: Final = {
    PartBy.LINE: _line_of,
    PartBy.CREATIVE: _creative_of,
    PartBy.LOCATION: _location_of,
}


def _to_event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"
