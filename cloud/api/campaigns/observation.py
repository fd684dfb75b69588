"""`/api/campaigns/{campaign}/observation`: how much of the booked time cameras have observed."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.api.campaigns.callers import CallerOf, CampaignId
from cloud.app.context import AppContext
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, allow_roles
from cloud.campaigns.campaign import find_campaign
from cloud.campaigns.observation.camera_time import CampaignObservation, read_observation
from wire.audience import BlindCause

SECOND_MS = 1_000

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(*EVERYBODY)])


class ObservationDocument(BaseModel):
    """Camera time of the booked hours up to now, in seconds."""

    expected_s: float = Field(
        description="of the cameras that the sites file lists then, and what others observed"
    )
    observed_s: float
    observed_share: float | None = Field(description="null: no camera was expected")
    unobserved_s: dict[BlindCause, float] = Field(description="by cause; causes without time lack")
    unreported_s: float = Field(description="expected time without any report")


@router.get(
    "/api/campaigns/{campaign}/observation",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_observation(
    request: Request, campaign: CampaignId, who: CallerOf
) -> ObservationDocument:
    """Return observed, unobserved and unreported camera time of the booked hours."""
    context: AppContext = get_context(request)

    def read(connection: Connection) -> ObservationDocument:
        found = find_campaign(connection, context.sites, campaign, who.accounts)
        lines = found.lines.values()
        return describe_observation(
            read_observation(connection, context.sites, lines, context.clock())
        )

    return await read_database(request, read)


def describe_observation(found: CampaignObservation) -> ObservationDocument:
    """Camera time as a document."""
    share = found.observed_ms / found.expected_ms if found.expected_ms else None
    causes: dict[Any, float] = {
        BlindCause(name): ms / SECOND_MS for name, ms in found.unobserved_ms.items()
    }
    return ObservationDocument(
        expected_s=found.expected_ms / SECOND_MS,
        observed_s=found.observed_ms / SECOND_MS,
        observed_share=None if share is None else round(min(1.0, share), 3),
        unobserved_s=causes,
        unreported_s=found.unreported_ms / SECOND_MS,
    )
