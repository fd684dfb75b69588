"""`/api/fleet/summary` and the alarms of a device."""

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.api.fleet.devices import DeviceName
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.fleet.registry import devices
from cloud.fleet.registry.alarms import list_alarms
from cloud.fleet.registry.devices import DeviceSelector
from cloud.fleet.registry.fleet_summary import FleetSummary, LocationSummary, summarize
from cloud.fleet.shadows.known_models import known_detectors, known_models
from wire.health import AlarmState

MAX_LIMIT: Final = 500
MOST_VALUES: Final = 30
"""Versions and groups that are listed: devices report versions themselves."""

router = APIRouter(tags=["fleet"], dependencies=[allow_roles(Role.SALES, Role.OPERATIONS)])


class FleetCounts(BaseModel):
    """Devices by presence, and how many need attention."""

    devices: int
    presence: dict[str, int] = Field(
        examples=[{"online": 9, "offline": 1, "never": 1}],
        description="never: it has never connected",
    )
    drifting: int = Field(description="whose configuration differs from the desired one")
    alarming: int = Field(description="whose last heartbeat names an alarm")


class LocationCounts(FleetCounts):
    """The devices of one location."""

    location: str


class ValueCount(BaseModel):
    """How many devices have a value."""

    value: str = Field(examples=["1.4.0"])
    devices: int


class FleetSummaryResponse(FleetCounts):
    """The fleet in numbers."""

    locations: list[LocationCounts]
    groups: list[ValueCount]
    agents: list[ValueCount] = Field(description="versions of the agent, as reported")
    detectors: list[ValueCount] = Field(description="detectors, as reported")
    known_detectors: list[str] = Field(description="that can be rolled out without a package")
    known_attention: list[str] = Field(description="models of attention that a config may name")


class AlarmResponse(BaseModel):
    """One message of a device about one alarm."""

    id: int
    kind: str = Field(examples=["blind.dark"])
    state: AlarmState
    at: datetime = Field(description="by the clock of the device")
    message: str
    received_at: datetime


class AlarmsResponse(BaseModel):
    """One page, the latest received first."""

    alarms: list[AlarmResponse]
    next: int | None = Field(description="`before` of the next page; null on the last")


@router.get("/api/fleet/summary", responses=problem_responses(*REFUSALS, 500, 503))
async def summarize_fleet(request: Request) -> FleetSummaryResponse:
    """Count the devices by presence, location, group, version and model."""

    def read(connection: Connection) -> FleetSummaryResponse:
        found = summarize(devices.find_devices(connection, DeviceSelector()))
        attention = sorted(known_models(connection)["attention"])
        return _describe(found, sorted(known_detectors(connection)), attention)

    return await read_database(request, read)


@router.get(
    "/api/fleet/devices/{device}/alarms",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def list_device_alarms(
    request: Request,
    device: DeviceName,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> AlarmsResponse:
    """List the alarms that a device sent from its present location, page by page."""

    def read(connection: Connection) -> AlarmsResponse:
        found = list_alarms(
            connection, devices.get_device(connection, device).device, before=before,
            most=limit + 1,
        )  # fmt: skip
        shown = [AlarmResponse(**asdict(one)) for one in found[:limit]]
        return AlarmsResponse(alarms=shown, next=shown[-1].id if len(found) > limit else None)

    return await read_database(request, read)


def _describe(
    found: FleetSummary, known_detectors: list[str], known_attention: list[str]
) -> FleetSummaryResponse:
    return FleetSummaryResponse(
        **_counts(found.fleet),
        locations=[
            LocationCounts(location=name, **_counts(one))
            for name, one in sorted(found.locations.items())
        ],
        groups=_list_values(found.groups),
        agents=_list_values(found.agents),
        detectors=_list_values(found.detectors),
        known_detectors=known_detectors,
        known_attention=known_attention,
    )


def _counts(one: LocationSummary) -> dict[str, Any]:
    return {
        "devices": one.devices, "presence": dict(one.presence), "drifting": one.drifting,
        "alarming": one.alarming,
    }  # fmt: skip


def _list_values(counts: Counter[str]) -> list[ValueCount]:
    return [
        ValueCount(value=value, devices=number) for value, number in counts.most_common(MOST_VALUES)
    ]
