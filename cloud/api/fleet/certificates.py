"""`/api/fleet/certificates`: how long the certificates of devices are valid."""

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.fleet.certificates import (
    DUE_DAYS,
    LATE_DAYS,
    CertificateState,
    list_certificates,
)

MAX_LIMIT: Final = 500

router = APIRouter(tags=["fleet"], dependencies=[allow_roles(Role.OPERATIONS)])


class CertificateResponse(BaseModel):
    """The certificate of one device."""

    device: str = Field(examples=["kx-01-cam-1"])
    location: str = Field(examples=["KX-01"])
    serial: str | None = Field(description="serial number of the newest certificate")
    ends_at: datetime | None = Field(description="null: not issued by our enrolment service")
    days_left: float | None = Field(examples=[12.4], description="negative: it has expired")
    state: CertificateState
    renewal_job: str | None = Field(description="a job that renews it and has not ended")


class CertificatesResponse(BaseModel):
    """One page, those that end first at the beginning."""

    certificates: list[CertificateResponse]
    counts: dict[CertificateState, int] = Field(description="of all devices, by state")
    late_days: float = Field(description="fewer days left: the renewal by the agent has failed")
    due_days: float = Field(description="fewer days left: the agent renews it")
    next: int | None = Field(description="`offset` of the next page; null on the last")


@router.get("/api/fleet/certificates", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def list_device_certificates(
    request: Request,
    state: Annotated[list[CertificateState] | None, Query(description="absent: all")] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100,
) -> CertificatesResponse:
    """List the certificates of all devices by the days that are left."""
    now = get_context(request).clock()
    every = await read_database(request, lambda connection: list_certificates(connection, now))
    counts = Counter(one.state for one in every)
    wanted = [one for one in every if not state or one.state in state]
    shown = wanted[offset : offset + limit]
    return CertificatesResponse(
        certificates=[CertificateResponse(**asdict(one)) for one in shown],
        counts={one: counts[one] for one in CertificateState},
        late_days=LATE_DAYS,
        due_days=DUE_DAYS,
        next=offset + limit if len(wanted) > offset + limit else None,
    )
