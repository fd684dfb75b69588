"""`/api/fleet/devices/{device}/preview`: a coarse picture of a camera that allows it locally.

An operator asks, the camera sends at most 32 x 32 grey blocks to an address that it got with the
job, and the page shows them for a minute. Decision 76 has the reasons.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from cloud.api.fleet.devices import DeviceName
from cloud.api.fleet.transactions import change_fleet
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.shared.preview_pictures import HeldPicture, PictureExists, PreviewPictures
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.fleet import previews
from cloud.fleet.jobs.execution import ExecutionStatus
from cloud.fleet.previews import ANSWER_WITHIN, PreviewRefused, PreviewState, UnknownPreview
from wire.fleet.preview import MAX_PREVIEW_BYTES, PreviewPicture

UPLOADS: Final = "/api/fleet/previews/"
NOT_HELD: Final = (
    "the picture is not held here: it is older than a minute, or another process received it "
    "(several processes need Redis)"
)

router = APIRouter(tags=["fleet"])
OPERATIONS: Final = [allow_roles(Role.OPERATIONS)]


class InvalidPicture(ValueError):  # noqa: N818 - reads as what happened
    """What a camera sent is no picture within the limits."""


PREVIEW_STATUS_OF: Final[dict[type[Exception], tuple[int, str]]] = {
    PreviewRefused: (409, "No preview"),
    PictureExists: (409, "Already received"),
    UnknownPreview: (404, "Unknown preview"),
    InvalidPicture: (422, "Invalid picture"),
}


class PreviewStatus(StrEnum):
    """Where a preview stands."""

    NOT_ALLOWED = "not_allowed"
    OFFLINE = "offline"
    READY = "ready"
    WAITING = "waiting"
    SHOWN = "shown"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"


class CoarsePicture(BaseModel):
    """Blocks of one grey value each."""

    taken_at: datetime
    until: datetime = Field(description="when it is removed")
    width: int = Field(examples=[32])
    height: int = Field(examples=[18])
    grey: str = Field(description="base64: one byte for each block, row by row from the upper left")


class CameraPreviewResponse(BaseModel):
    """Whether a preview can be asked for, and the one that was."""

    status: PreviewStatus
    allowed: bool | None = Field(description="by the camera's own settings; null: not reported")
    asked_at: datetime | None = Field(description="of the request that is shown or awaited")
    reason: str | None = Field(description="why there is no picture, as the camera says")
    picture: CoarsePicture | None


@router.get(
    "/api/fleet/devices/{device}/preview",
    dependencies=OPERATIONS,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_preview(request: Request, device: DeviceName) -> CameraPreviewResponse:
    """Show the picture that was asked for, or why there is none."""
    now = get_context(request).clock()
    state = await read_database(
        request, lambda connection: previews.read_preview(connection, device, at=now)
    )
    asked = state.request
    held = await run_in_threadpool(_pictures(request).get, asked.job, now) if asked else None
    return describe_preview(state, held, now)


@router.post(
    "/api/fleet/devices/{device}/preview",
    dependencies=OPERATIONS,
    status_code=202,
    responses=problem_responses(*REFUSALS, 404, 409, 422, 500, 503),
)
async def request_preview(request: Request, device: DeviceName) -> CameraPreviewResponse:
    """Ask a camera for a coarse picture; the audit log says who asked."""
    origin = str(request.base_url).rstrip("/")
    await change_fleet(
        request, "fleet.preview", device, {},
        lambda connection, author: previews.request_preview(
            connection, device, lambda job, token: f"{origin}{UPLOADS}{job}/{token}", author
        ),
    )  # fmt: skip
    return await get_preview(request, device)


@router.put(
    UPLOADS + "{job}/{token}",
    status_code=204,
    responses=problem_responses(404, 409, 413, 422, 500, 503),
)
async def receive_picture(
    request: Request,
    job: Annotated[str, Path(max_length=64, examples=["preview-0123456789abcdef"])],
    token: Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=["0" * 32])],
) -> Response:
    """Take the picture that a camera was asked for, once; the address is the permission."""
    now = get_context(request).clock()
    device = await read_database(
        request, lambda connection: previews.require_awaited(connection, job, token, at=now)
    )
    picture = _decode_picture(await request.body(), device)
    await run_in_threadpool(_pictures(request).put, job, picture, now)
    return Response(status_code=204)


def is_upload(path: str) -> bool:
    """Whether a path needs no key: it has a token of its own."""
    return path.startswith(UPLOADS)


def describe_preview(
    state: PreviewState, held: HeldPicture | None, now: datetime
) -> CameraPreviewResponse:
    """The state as the page shows it."""
    status, reason = _decide_status(state, held, now)
    return CameraPreviewResponse(
        status=status,
        allowed=state.is_allowed,
        asked_at=state.request.asked_at if state.request else None,
        reason=reason,
        picture=None if held is None else _to_response(held),
    )


def _decide_status(
    state: PreviewState, held: HeldPicture | None, now: datetime
) -> tuple[PreviewStatus, str | None]:
    asked = state.request
    if held is not None:
        return PreviewStatus.SHOWN, None
    if asked is not None and asked.status in (ExecutionStatus.REJECTED, ExecutionStatus.FAILED):
        return PreviewStatus.REFUSED, asked.reason
    if asked is not None and asked.status is ExecutionStatus.SUCCEEDED:
        return PreviewStatus.NO_ANSWER, NOT_HELD
    if asked is not None:
        is_late = asked.status.is_over or now >= asked.asked_at + ANSWER_WITHIN
        return (PreviewStatus.NO_ANSWER if is_late else PreviewStatus.WAITING), None
    if not state.is_allowed:
        return PreviewStatus.NOT_ALLOWED, None
    return (PreviewStatus.READY if state.is_online else PreviewStatus.OFFLINE), None


def _to_response(held: HeldPicture) -> CoarsePicture:
    picture = held.picture
    return CoarsePicture(
        taken_at=picture.taken_at,
        until=held.until,
        width=picture.width,
        height=picture.height,
        grey=picture.grey,
    )


def _decode_picture(content: bytes, device: str) -> PreviewPicture:
    if len(content) > MAX_PREVIEW_BYTES:
        raise InvalidPicture(f"{len(content)} bytes: a preview has {MAX_PREVIEW_BYTES} at most")
    try:
        picture = msgspec.json.decode(content, type=PreviewPicture)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidPicture(f"not a preview of the wire schema: {error}") from None
    if picture.device != device:
        raise InvalidPicture("the picture of another device: send it to the address of its own job")
    return picture


def _pictures(connection: HTTPConnection) -> PreviewPictures:
    found: PreviewPictures = connection.app.state.preview_pictures
    return found
