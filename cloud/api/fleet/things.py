"""`/api/fleet/things`: the cameras of the fleet, where they hang and how they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from cloud.api.fleet.acting import PLAIN, Attributes, Name, changing, reading
from cloud.app.problem import REFUSALS, documented
from cloud.app.rate_card_reload import desk_of
from cloud.auth.access import opened_to
from cloud.auth.keys import Role
from cloud.estate import Estate
from cloud.fleet import desire, registry, retirement, sites
from cloud.fleet.changes import Author
from cloud.fleet.registry import RegistryError, Search, Standing, Thing
from wire.health import Presence

MOST: Final = 500

router = APIRouter(tags=["fleet"])
READ: Final = [opened_to(Role.SALES, Role.OPERATIONS)]
CHANGE: Final = [opened_to(Role.OPERATIONS)]

ThingName = Annotated[str, Path(pattern=PLAIN, max_length=63, examples=["cam-01"])]


class ThingAnswer(BaseModel):
    """One camera's agent as it is registered, and as it was last known to be."""

    name: str = Field(examples=["cam-01"])
    location: str = Field(examples=["KX-01"])
    kind: str = Field(examples=["camera"])
    serial: str | None = Field(description="the factory's, where it enrolled by claim")
    attributes: dict[str, str]
    groups: list[str] = Field(examples=[["canary"]])
    presence: str | None = Field(examples=["online"], description="null: never heard of")
    seen_at: datetime | None = Field(description="when its last heartbeat came in")
    certificate_ends_at: datetime | None
    drifts: bool = Field(description="whether it is not what its shadow wants it to be")
    in_sites_file: bool = Field(description="false: its reports do not count")
    heartbeat: dict[str, Any] | None = Field(description="versions and health, as it said last")


class ThingsAnswer(BaseModel):
    """One page, by name."""

    things: list[ThingAnswer]
    next: str | None = Field(description="`after` of the next page; null on the last")


class ConfiguredThing(ThingAnswer):
    """One camera with its configuration."""

    config: dict[str, Any] = Field(description="desired, reported and version of the shadow")


class NewThing(BaseModel):
    """A camera to take in."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    location: Name = Field(examples=["KX-01"])
    attributes: Attributes = {}
    groups: list[Name] = Field([], max_length=50)
    force: bool = Field(False, description="take a location that the sites file does not list")


class ThingChange(BaseModel):
    """What is to be different; what is absent stays."""

    model_config = ConfigDict(extra="forbid")

    location: Name | None = Field(None, examples=["KX-02"])
    attributes: Annotated[
        dict[str, str | None] | None, Field(max_length=50, description="null takes one away")
    ] = None
    groups: list[Name] | None = Field(None, max_length=50, description="all that it is to be in")
    force: bool = Field(False, description="take a location that the sites file does not list")


class ThingExists(ValueError):  # noqa: N818 - reads as what happened
    """A thing of that name is in the fleet."""


class Retired(BaseModel):
    """A camera that is out of the fleet."""

    name: str
    still_to_do: str = Field(
        examples=["revoke its certificate: python -m provisioning ca revoke --dir CA --name cam-1"]
    )


@router.get("/api/fleet/things", dependencies=READ, responses=documented(*REFUSALS, 422, 500, 503))
async def things(
    request: Request,
    location: Annotated[str | None, Query(pattern=PLAIN, max_length=63)] = None,
    group: Annotated[str | None, Query(pattern=PLAIN, max_length=63)] = None,
    presence: Annotated[Presence | None, Query(examples=["online"])] = None,
    attribute: Annotated[
        list[str] | None, Query(max_length=20, description="NAME=VALUE, each must hold")
    ] = None,
    drifting: Annotated[bool, Query(description="only those that are not what they should be")] = (
        False
    ),
    after: Annotated[str, Query(pattern="^[A-Za-z0-9_-]*$", max_length=63)] = "",
    count: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> ThingsAnswer:
    """List the cameras that are meant, page by page, with what is known of each."""
    search = Search(None, location, group, _pairs(attribute or []), presence, drifting)

    def page(connection: Connection) -> list[Standing]:
        return registry.find(connection, search, after=after, most=count + 1)

    found = await reading(request, page)
    shown = found[:count]
    further = shown[-1].thing.name if len(found) > count else None
    estate = desk_of(request).estate
    return ThingsAnswer(things=[_told(one, estate) for one in shown], next=further)


@router.get(
    "/api/fleet/things/{thing}",
    dependencies=READ,
    responses=documented(*REFUSALS, 404, 422, 500, 503),
)
async def thing(request: Request, thing: ThingName) -> ConfiguredThing:
    """Show one camera with its configuration, desired and reported."""
    estate = desk_of(request).estate
    return await reading(request, lambda connection: _shown(connection, thing, estate))


@router.post(
    "/api/fleet/things",
    dependencies=CHANGE,
    status_code=201,
    responses=documented(*REFUSALS, 409, 413, 422, 500, 503),
)
async def register(request: Request, asked: NewThing) -> ConfiguredThing:
    """Take in a camera; it can measure once it has a certificate."""
    estate = desk_of(request).estate

    def act(connection: Connection, author: Author) -> ConfiguredThing:
        if registry.find(connection, Search(name=asked.name)):
            raise ThingExists(f"{asked.name} is in the fleet: PATCH it, or choose another name")
        if not asked.force:
            sites.require_locations(estate, [asked.location])
        new = Thing(asked.name, asked.location, attributes=asked.attributes)
        registry.register(connection, new, author)
        for group in asked.groups:
            registry.group(connection, group, [asked.name], author)
        return _shown(connection, asked.name, estate)

    details = asked.model_dump(exclude={"name"})
    return await changing(request, "fleet.register", asked.name, details, act)


@router.patch(
    "/api/fleet/things/{thing}",
    dependencies=CHANGE,
    responses=documented(*REFUSALS, 404, 413, 422, 500, 503),
)
async def change(request: Request, thing: ThingName, asked: ThingChange) -> ConfiguredThing:
    """Correct where a camera hangs, its attributes or its groups."""
    estate = desk_of(request).estate

    def act(connection: Connection, author: Author) -> ConfiguredThing:
        if asked.location is not None and not asked.force:
            sites.require_locations(estate, [asked.location])
        before = registry.one(connection, thing)
        registry.register(connection, _changed(before.thing, asked), author)
        if asked.groups is not None:
            _regroup(connection, before, set(asked.groups), author)
        return _shown(connection, thing, estate)

    details = asked.model_dump(exclude_none=True)
    return await changing(request, "fleet.change", thing, details, act)


@router.delete(
    "/api/fleet/things/{thing}",
    dependencies=CHANGE,
    responses=documented(*REFUSALS, 404, 422, 500, 503),
)
async def retire(request: Request, thing: ThingName) -> Retired:
    """Take a camera out of the fleet; its history stays, its certificate is to be revoked."""

    def act(connection: Connection, author: Author) -> Retired:
        retirement.retire(connection, thing, author)
        to_do = f"revoke its certificate: python -m provisioning ca revoke --dir CA --name {thing}"
        return Retired(name=thing, still_to_do=to_do)

    return await changing(request, "fleet.retire", thing, {}, act)


def _changed(before: Thing, asked: ThingChange) -> Thing:
    wished = {**before.attributes, **(asked.attributes or {})}
    attributes = {name: value for name, value in wished.items() if value is not None}
    return Thing(
        before.name, asked.location or before.location, before.kind, before.serial, attributes
    )


def _regroup(connection: Connection, before: Standing, wanted: set[str], author: Author) -> None:
    held = set(before.groups)
    for group in sorted(wanted - held):
        registry.group(connection, group, [before.thing.name], author)
    for group in sorted(held - wanted):
        registry.ungroup(connection, group, [before.thing.name], author)


def _shown(connection: Connection, name: str, estate: Estate) -> ConfiguredThing:
    told = _told(registry.one(connection, name), estate)
    return ConfiguredThing(**told.model_dump(), config=desire.config_of(connection, name))


def _told(one: Standing, estate: Estate) -> ThingAnswer:
    return ThingAnswer(
        name=one.thing.name,
        location=one.thing.location,
        kind=one.thing.kind,
        serial=one.thing.serial,
        attributes=dict(one.thing.attributes),
        groups=list(one.groups),
        presence=one.presence,
        seen_at=one.seen_at,
        certificate_ends_at=one.certificate_ends_at,
        drifts=one.drifts,
        in_sites_file=sites.is_listed(estate, one.thing),
        heartbeat=None if one.heartbeat is None else dict(one.heartbeat),
    )


def _pairs(words: list[str]) -> Mapping[str, str]:
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise RegistryError(f"attribute {word[:60]!r}: write NAME=VALUE")
        found[name] = value
    return found
