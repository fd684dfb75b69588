"""`/api/fleet/devices`: the cameras of the fleet with their locations and status."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from cloud.api.fleet.transactions import NAME_PATTERN, Attributes, Name, change_fleet
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.fleet import retirement
from cloud.fleet.history import Author
from cloud.fleet.registry import devices, sites_check
from cloud.fleet.registry.devices import Device, DeviceSelector, DeviceStatus, RegistryError
from cloud.fleet.shadows import desired_config
from cloud.sites.sites import Sites
from wire.health import Presence

MAX_LIMIT: Final = 500

router = APIRouter(tags=["fleet"])
READ: Final = [allow_roles(Role.SALES, Role.OPERATIONS)]
CHANGE: Final = [allow_roles(Role.OPERATIONS)]

DeviceName = Annotated[str, Path(pattern=NAME_PATTERN, max_length=63, examples=["cam-01"])]


class DeviceAnswer(BaseModel):
    """One camera as it is registered, and its last reported status."""

    name: str = Field(examples=["cam-01"])
    location: str = Field(examples=["KX-01"])
    kind: str = Field(examples=["camera"])
    serial: str | None = Field(description="of the factory, if it enrolled by claim")
    attributes: dict[str, str]
    groups: list[str] = Field(examples=[["canary"]])
    presence: str | None = Field(
        examples=["online"], description="null: the device has never connected"
    )
    seen_at: datetime | None = Field(description="when its last heartbeat was received")
    certificate_ends_at: datetime | None
    drifts: bool = Field(description="whether its configuration differs from the desired one")
    in_sites_file: bool = Field(description="false: its reports do not count")
    heartbeat: dict[str, Any] | None = Field(description="versions and health, as last reported")


class DevicesAnswer(BaseModel):
    """One page, by name."""

    devices: list[DeviceAnswer]
    next: str | None = Field(description="`after` of the next page; null on the last")


class ConfiguredDevice(DeviceAnswer):
    """One camera with its configuration."""

    config: dict[str, Any] = Field(description="desired, reported and version of the shadow")


class NewDevice(BaseModel):
    """A camera to register."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    location: Name = Field(examples=["KX-01"])
    attributes: Attributes = {}
    groups: list[Name] = Field([], max_length=50)
    force: bool = Field(False, description="accept a location that the sites file does not list")


class DeviceChange(BaseModel):
    """The fields to change; absent fields stay unchanged."""

    model_config = ConfigDict(extra="forbid")

    location: Name | None = Field(None, examples=["KX-02"])
    attributes: Annotated[
        dict[str, str | None] | None, Field(max_length=50, description="null removes one")
    ] = None
    groups: list[Name] | None = Field(
        None, max_length=50, description="all groups that it is to be in"
    )
    force: bool = Field(False, description="accept a location that the sites file does not list")


class DeviceExists(ValueError):  # noqa: N818 - reads as what happened
    """A device with that name is registered."""


class RetiredAnswer(BaseModel):
    """A camera that was removed from the fleet."""

    name: str
    next_step: str = Field(
        examples=["revoke its certificate: python -m provisioning ca revoke --dir CA --name cam-1"]
    )


@router.get(
    "/api/fleet/devices", dependencies=READ, responses=problem_responses(*REFUSALS, 422, 500, 503)
)
async def list_devices(
    request: Request,
    location: Annotated[str | None, Query(pattern=NAME_PATTERN, max_length=63)] = None,
    group: Annotated[str | None, Query(pattern=NAME_PATTERN, max_length=63)] = None,
    presence: Annotated[Presence | None, Query(examples=["online"])] = None,
    attribute: Annotated[
        list[str] | None, Query(max_length=20, description="NAME=VALUE, each must hold")
    ] = None,
    drifting: Annotated[bool, Query(description="only those whose configuration differs")] = (
        False
    ),
    alarming: Annotated[bool, Query(description="only those whose heartbeat names an alarm")] = (
        False
    ),
    name: Annotated[
        str | None, Query(pattern=NAME_PATTERN, max_length=63, description="a part of the name")
    ] = None,
    after: Annotated[str, Query(pattern="^[A-Za-z0-9_-]*$", max_length=63)] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100,
) -> DevicesAnswer:
    """List the selected cameras with their status, page by page."""
    search = DeviceSelector(
        None, location, group, _parse_attributes(attribute or []), presence, drifting,
        name_contains=name, alarming=alarming,
    )  # fmt: skip

    def page(connection: Connection) -> list[DeviceStatus]:
        return devices.find_devices(connection, search, after=after, most=limit + 1)

    found = await read_database(request, page)
    shown = found[:limit]
    further = shown[-1].device.name if len(found) > limit else None
    sites = get_context(request).sites
    return DevicesAnswer(devices=[_to_answer(one, sites) for one in shown], next=further)


@router.get(
    "/api/fleet/devices/{device}",
    dependencies=READ,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_device(request: Request, device: DeviceName) -> ConfiguredDevice:
    """Show one camera with its configuration, desired and reported."""
    sites = get_context(request).sites
    return await read_database(
        request, lambda connection: _read_configured(connection, device, sites)
    )


@router.post(
    "/api/fleet/devices",
    dependencies=CHANGE,
    status_code=201,
    responses=problem_responses(*REFUSALS, 409, 413, 422, 500, 503),
)
async def register_device(request: Request, asked: NewDevice) -> ConfiguredDevice:
    """Register a camera; it can report once it has a certificate."""
    sites = get_context(request).sites

    def act(connection: Connection, author: Author) -> ConfiguredDevice:
        if devices.find_devices(connection, DeviceSelector(name=asked.name)):
            raise DeviceExists(f"{asked.name} is in the fleet: PATCH it, or choose another name")
        if not asked.force:
            sites_check.require_locations(sites, [asked.location])
        new = Device(asked.name, asked.location, attributes=asked.attributes)
        devices.register_device(connection, new, author)
        for group in asked.groups:
            devices.add_to_group(connection, group, [asked.name], author)
        return _read_configured(connection, asked.name, sites)

    details = asked.model_dump(exclude={"name"})
    return await change_fleet(request, "fleet.register", asked.name, details, act)


@router.patch(
    "/api/fleet/devices/{device}",
    dependencies=CHANGE,
    responses=problem_responses(*REFUSALS, 404, 413, 422, 500, 503),
)
async def change_device(
    request: Request, device: DeviceName, asked: DeviceChange
) -> ConfiguredDevice:
    """Change the location, the attributes or the groups of a camera."""
    sites = get_context(request).sites

    def act(connection: Connection, author: Author) -> ConfiguredDevice:
        if asked.location is not None and not asked.force:
            sites_check.require_locations(sites, [asked.location])
        before = devices.get_device(connection, device)
        devices.register_device(connection, _apply_change(before.device, asked), author)
        if asked.groups is not None:
            _update_groups(connection, before, set(asked.groups), author)
        return _read_configured(connection, device, sites)

    details = asked.model_dump(exclude_none=True)
    return await change_fleet(request, "fleet.change", device, details, act)


@router.delete(
    "/api/fleet/devices/{device}",
    dependencies=CHANGE,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def retire_device(request: Request, device: DeviceName) -> RetiredAnswer:
    """Remove a camera from the fleet; its history stays, its certificate must be revoked."""

    def act(connection: Connection, author: Author) -> RetiredAnswer:
        retirement.retire(connection, device, author)
        to_do = f"revoke its certificate: python -m provisioning ca revoke --dir CA --name {device}"
        return RetiredAnswer(name=device, next_step=to_do)

    return await change_fleet(request, "fleet.retire", device, {}, act)


def _apply_change(before: Device, asked: DeviceChange) -> Device:
    merged = {**before.attributes, **(asked.attributes or {})}
    attributes = {name: value for name, value in merged.items() if value is not None}
    return Device(
        before.name, asked.location or before.location, before.kind, before.serial, attributes
    )


def _update_groups(
    connection: Connection, before: DeviceStatus, wanted: set[str], author: Author
) -> None:
    held = set(before.groups)
    for group in sorted(wanted - held):
        devices.add_to_group(connection, group, [before.device.name], author)
    for group in sorted(held - wanted):
        devices.remove_from_group(connection, group, [before.device.name], author)


def _read_configured(connection: Connection, name: str, sites: Sites) -> ConfiguredDevice:
    answer = _to_answer(devices.get_device(connection, name), sites)
    return ConfiguredDevice(
        **answer.model_dump(), config=desired_config.read_config(connection, name)
    )


def _to_answer(one: DeviceStatus, sites: Sites) -> DeviceAnswer:
    return DeviceAnswer(
        name=one.device.name,
        location=one.device.location,
        kind=one.device.kind,
        serial=one.device.serial,
        attributes=dict(one.device.attributes),
        groups=list(one.groups),
        presence=one.presence,
        seen_at=one.seen_at,
        certificate_ends_at=one.certificate_ends_at,
        drifts=one.drifts,
        in_sites_file=sites_check.is_listed(sites, one.device),
        heartbeat=None if one.heartbeat is None else dict(one.heartbeat),
    )


def _parse_attributes(words: list[str]) -> Mapping[str, str]:
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise RegistryError(f"attribute {word[:60]!r}: write NAME=VALUE")
        found[name] = value
    return found
