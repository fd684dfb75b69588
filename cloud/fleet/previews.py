"""Coarse pictures that operators ask cameras for: one job of the device for each picture.

The picture itself is never in the database: the camera sends it to the API, which holds it in
memory (`cloud/app/shared/preview_pictures.py`). The job has the address for that, with a random
token; the audit log says who asked. A new request ends and deletes the earlier one of the device.
"""

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, select

from cloud.fleet.history import Author
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import Execution, ExecutionStatus, RolloutConfig
from cloud.fleet.jobs.job_store import Job
from cloud.fleet.outbox import enqueue
from cloud.fleet.registry import devices
from cloud.fleet.shadows.shadow_store import ShadowName, read_shadow
from cloud.fleet.tables import executions, jobs
from wire.fleet.device_config import PRIVACY_SHADOW
from wire.fleet.jobs import PreviewJob
from wire.health import Presence

STEM: Final = "preview-"
JOB: Final = re.compile(rf"{STEM}[0-9a-f]{{16}}")
VALID_FOR: Final = timedelta(seconds=60)
"""For so long a camera may answer, and for so long its picture is held."""
ANSWER_WITHIN: Final = timedelta(seconds=20)
MIN_PAUSE: Final = timedelta(seconds=10)
"""The agent sends no more than one picture in this time."""
MINUTES_EACH: Final = 1


class PreviewRefused(ValueError):  # noqa: N818 - reads as what happened
    """A camera that cannot be asked for a picture now: why, and what to do."""


class UnknownPreview(LookupError):  # noqa: N818 - reads as what happened
    """A picture that was not requested, or whose time is over."""


@dataclass(frozen=True, slots=True)
class RequestedPreview:
    """The newest request to a device, and what the device answered; `reason` if it refused."""

    job: str
    asked_at: datetime
    status: ExecutionStatus
    reason: str | None


@dataclass(frozen=True, slots=True)
class PreviewState:
    """Whether the device allows pictures, as it reported; None: it has reported nothing."""

    is_allowed: bool | None
    is_online: bool
    request: RequestedPreview | None


def request_preview(
    connection: Connection, device: str, address: Callable[[str, str], str], author: Author
) -> None:
    """Ask a device for a picture; `address` is the URL for a job and its token.

    Raises:
        PreviewRefused: the device does not allow it, is offline, or was asked just now.
    """
    state = read_preview(connection, device, at=author.at)
    _require_possible(state, author.at)
    _delete_requests(connection, device, at=author.at)
    job, token = f"{STEM}{secrets.token_hex(8)}", secrets.token_hex(16)
    asked = PreviewJob(url=address(job, token), valid_until=author.at + VALID_FOR)
    new = Job(job, msgspec.to_builtins(asked), (device,), RolloutConfig(None, MINUTES_EACH))
    enqueue(connection, job_store.create_job(connection, new, at=author.at))
    devices.record_event(connection, author, "preview.asked", device, job)


def read_preview(connection: Connection, device: str, *, at: datetime) -> PreviewState:
    """What the device reports, and the request that may still be answered or shown."""
    presence = devices.get_device(connection, device).presence
    found = _read_request(connection, device)
    request = found if found is not None and at < found.asked_at + VALID_FOR else None
    return PreviewState(
        _read_permission(connection, device, at), presence == Presence.ONLINE, request
    )


def require_awaited(connection: Connection, job: str, token: str, *, at: datetime) -> str:
    """The device that was asked to send a picture to this address; UnknownPreview if none was."""
    columns = jobs.c.document, executions.c.device
    statement = select(*columns).join(executions, executions.c.job == jobs.c.id)
    row = (
        connection.execute(statement.where(jobs.c.id == job)).one_or_none()
        if JOB.fullmatch(job)
        else None
    )
    if row is not None:
        asked = msgspec.json.decode(row.document, type=PreviewJob)
        if at < asked.valid_until and hmac.compare_digest(asked.url[-len(token) :], token):
            return str(row.device)
    raise UnknownPreview(
        "no picture is awaited at this address: none was asked for, or the time is over"
    )


def _require_possible(state: PreviewState, at: datetime) -> None:
    if not state.is_allowed:
        raise PreviewRefused(
            "the camera does not allow previews: they are switched on at the camera only "
            "(privacy.remote_preview in its settings)"
        )
    if not state.is_online:
        raise PreviewRefused("the camera is offline: ask again once it is connected")
    if state.request is not None and at < state.request.asked_at + MIN_PAUSE:
        raise PreviewRefused(
            f"the camera was asked less than {MIN_PAUSE.total_seconds():.0f} s ago: wait for its "
            "answer"
        )


def _read_permission(connection: Connection, device: str, at: datetime) -> bool | None:
    found = read_shadow(connection, ShadowName(device, PRIVACY_SHADOW), at=at)
    reported = None if found is None else found.state.get("reported")
    manifest = reported.get("manifest") if isinstance(reported, dict) else None
    if not isinstance(manifest, dict):
        return None
    stated = manifest.get("manifest")
    return isinstance(stated, dict) and stated.get("remote_preview") is True


def _read_request(connection: Connection, device: str) -> RequestedPreview | None:
    row = connection.execute(
        select(executions.c.body, jobs.c.created_at)
        .join(jobs, jobs.c.id == executions.c.job)
        .where(executions.c.device == device, jobs.c.id.startswith(STEM, autoescape=True))
        .order_by(jobs.c.created_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    one = msgspec.json.decode(row.body, type=Execution)
    return RequestedPreview(one.job, row.created_at, one.status, one.details.get("reason"))


def _delete_requests(connection: Connection, device: str, *, at: datetime) -> None:
    """End the earlier requests of the device and delete their jobs; the audit log keeps them."""
    mine = executions.c.job.startswith(STEM, autoescape=True) & (executions.c.device == device)
    for job in connection.execute(select(executions.c.job).where(mine)).scalars().all():
        enqueue(connection, job_store.cancel_job(connection, job, reason="asked anew", at=at))
        connection.execute(delete(executions).where(executions.c.job == job))
        connection.execute(delete(jobs).where(jobs.c.id == job))
