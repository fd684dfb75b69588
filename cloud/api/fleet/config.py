"""`/api/fleet/config` and `/api/fleet/drift`: desired configurations, and devices that differ."""

from datetime import datetime
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.fleet.transactions import JsonObject, TargetSelector, change_fleet
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.fleet.history import Author
from cloud.fleet.registry.devices import DeviceSelector
from cloud.fleet.shadows import desired_config
from cloud.fleet.shadows.desired_config import ConfigPreview
from wire.fleet.device_config import DeviceConfig

MAX_SHOWN: Final = 1_000

router = APIRouter(tags=["fleet"])
READ: Final = [allow_roles(Role.SALES, Role.OPERATIONS)]
CHANGE: Final = [allow_roles(Role.OPERATIONS)]


class ConfigUpdate(BaseModel):
    """Settings for some cameras; a preview unless `apply` is set."""

    model_config = ConfigDict(extra="forbid")

    target: TargetSelector
    settings: JsonObject = Field(
        min_length=1,
        max_length=100,
        examples=[{"report_interval_ms": 15_000}],
        description="fields of the device's configuration; null withdraws one",
    )
    apply: bool = Field(False, description="without it nothing changes: the answer is a preview")


class SettingChange(BaseModel):
    """One setting of one camera; its value now and after the update; `-`: absent."""

    device: str
    setting: str
    now: Any
    after: Any


class ConfigUpdateAnswer(BaseModel):
    """The changes, applied or previewed."""

    applied: bool
    devices: int = Field(description="number of cameras that it changes")
    changes: list[SettingChange] = Field(description=f"the first {MAX_SHOWN}")


class DriftAnswer(BaseModel):
    """A camera whose reported configuration differs from the desired one."""

    device: str
    location: str
    delta: dict[str, Any] = Field(description="what is desired and not reported")
    since: datetime


class DriftsAnswer(BaseModel):
    """The longest drift first."""

    total: int
    drifts: list[DriftAnswer] = Field(description=f"the first {MAX_SHOWN}")


class ConfigSchema(BaseModel):
    """The settings that can be desired."""

    json_schema: dict[str, Any] = Field(description="JSON Schema of the settings, draft 2020-12")


@router.get(
    "/api/fleet/config/schema", dependencies=READ, responses=problem_responses(*REFUSALS, 500)
)
async def get_config_schema() -> ConfigSchema:
    """Describe the settings of a device with their limits, for editors."""
    return ConfigSchema(json_schema=msgspec.json.schema(DeviceConfig))


@router.post(
    "/api/fleet/config",
    dependencies=CHANGE,
    responses=problem_responses(*REFUSALS, 413, 422, 500, 503),
)
async def update_config(request: Request, asked: ConfigUpdate) -> ConfigUpdateAnswer:
    """Show what a configuration would change; with `apply`, write it into the shadows."""
    selector = asked.target.search()
    if asked.apply:
        details = {
            "settings": asked.settings,
            "target": asked.target.model_dump(exclude_defaults=True),
        }
        changes = await change_fleet(
            request,
            "fleet.config",
            "cameras",
            details,
            lambda connection, author: desired_config.set_desired(
                connection, selector, asked.settings, author
            ),
        )
    else:
        previewer = Author("", get_context(request).clock())
        changes = await read_database(
            request,
            lambda connection: desired_config.preview_changes(
                connection, selector, asked.settings, previewer
            ),
        )
    return ConfigUpdateAnswer(
        applied=asked.apply, devices=len(changes), changes=_first_changes(changes)
    )


@router.get(
    "/api/fleet/drift", dependencies=READ, responses=problem_responses(*REFUSALS, 422, 500, 503)
)
async def drift(request: Request) -> DriftsAnswer:
    """Say which cameras are not what they should be."""
    found = await read_database(
        request, lambda connection: desired_config.find_drift(connection, DeviceSelector())
    )
    shown = [
        DriftAnswer(
            device=one.device, location=one.location, delta=dict(one.delta), since=one.since
        )
        for one in found[:MAX_SHOWN]
    ]
    return DriftsAnswer(total=len(found), drifts=shown)


def _first_changes(previews: list[ConfigPreview]) -> list[SettingChange]:
    every = [
        SettingChange(device=one.device, setting=setting, now=now, after=after)
        for one in previews[:MAX_SHOWN]
        for setting, (now, after) in one.changes.items()
    ]
    return every[:MAX_SHOWN]
