"""`/api/quarantined-devices`: devices whose messages that fail validation are not stored."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.api.fleet.transactions import NAME_PATTERN
from cloud.api.operations.transactions import change_database
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.ingest.quarantine import read_quarantined_devices, release_device

router = APIRouter(tags=["operations"], dependencies=[allow_roles(Role.OPERATIONS)])
DeviceName = Annotated[str, Path(pattern=NAME_PATTERN, max_length=63, examples=["cam-01"])]


class QuarantinedDevice(BaseModel):
    """A device in quarantine; its valid reports are counted."""

    location: str
    device: str
    since_at: datetime
    last_at: datetime = Field(description="of its latest message that failed validation")
    messages: int = Field(description="that failed since then and were not stored")
    reason: str


class QuarantinedDevices(BaseModel):
    """The longest quarantine first."""

    devices: list[QuarantinedDevice]


class ReleaseResponse(BaseModel):
    """The device whose quarantine was ended."""

    device: str


@router.get("/api/quarantined-devices", responses=problem_responses(*REFUSALS, 500, 503))
async def list_quarantined(request: Request) -> QuarantinedDevices:
    """List the devices in quarantine, with the reason."""
    names = tuple(QuarantinedDevice.model_fields)
    rows = await read_database(request, read_quarantined_devices)
    return QuarantinedDevices(
        devices=[QuarantinedDevice(**{name: row._mapping[name] for name in names}) for row in rows]
    )


@router.post(
    "/api/quarantined-devices/{device}/release",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def release(request: Request, device: DeviceName) -> ReleaseResponse:
    """End the quarantine of a device: its failing messages are stored again, within its budget."""

    def act(connection: Connection, actor: str, now: datetime) -> ReleaseResponse:
        if not release_device(connection, device, actor=actor, now=now):
            raise NotQuarantined(device)
        return ReleaseResponse(device=device)

    return await change_database(request, act)


class NotQuarantined(LookupError):  # noqa: N818 - reads as what happened
    """A device that is in no quarantine."""

    def __init__(self, device: str) -> None:
        super().__init__(f"{device} is not in quarantine: GET /api/quarantined-devices lists them")
