"""OpenDirect's creatives of an account: submit, read, and follow their approval.

A creative is a file by its SHA-256 (`ext.sha256`), or by the digest of its address where only that
is given. A file that changes is another creative with another name, so a creative has no `PATCH`.
"""

import hashlib
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from cloud.api.campaigns.creatives import MEDIA_TYPES, PLAIN
from cloud.api.opendirect.answers import (
    CHANGE_PROBLEMS,
    PREFIX,
    READ_PROBLEMS,
    AccountId,
    Count,
    Offset,
    OpenDirectRoute,
    answer,
    answer_page,
    encode,
    require_own_account,
    take_page,
)
from cloud.api.orders.orders import ORDER_ROLES, Asker
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import change_once, read_database
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.accounts.account_store import require_account
from cloud.booking.opendirect.creative_resources import describe_ad, describe_approval
from cloud.booking.opendirect.targeting import TargetingError
from cloud.campaigns.creatives import (
    MAX_STORED,
    Creative,
    NewCreative,
    create_creative,
    find_creative,
    list_creatives,
)

CREATIVES: Final = "/accounts/{account}/creatives"
SHA256: Final = r"^[0-9a-f]{64}$"

router = APIRouter(
    prefix=PREFIX,
    tags=["opendirect"],
    route_class=OpenDirectRoute,
    dependencies=[allow_roles(*ORDER_ROLES), Depends(require_own_account)],
)
CreativeId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]
MediaType = Annotated[str, Field(pattern=MEDIA_TYPES, examples=["video/mp4"])]
Pixels = Annotated[int, Field(ge=1, le=32_768)]
Address = Annotated[str, Field(max_length=500, pattern=PLAIN)]


class AdDisplay(BaseModel):
    """AdCOM's `Display`: a picture."""

    mime: MediaType
    w: Pixels
    h: Pixels
    curl: Address | None = None


class AdVideo(BaseModel):
    """AdCOM's `Video`."""

    mime: list[MediaType] = Field(min_length=1, max_length=1)
    w: Pixels
    h: Pixels
    dur: Decimal = Field(ge=Decimal("0.001"), le=3_600)
    curl: Address | None = None


class Ad(BaseModel):
    """AdCOM's `Ad`, as far as it is stored: one of `display` and `video`."""

    display: AdDisplay | None = None
    video: AdVideo | None = None


class CreativeExtension(BaseModel):
    """What OpenDirect has no field for."""

    sha256: str | None = Field(default=None, pattern=SHA256)
    categories: list[Annotated[str, Field(max_length=40, pattern=PLAIN)]] = Field(
        default_factory=list, max_length=20
    )


class OpenDirectCreative(BaseModel):
    """A creative to submit; further fields are ignored."""

    model_config = ConfigDict(allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=64, examples=["spring-sale"])
    ad: Ad
    ext: CreativeExtension = CreativeExtension()


@router.get(CREATIVES, responses=READ_PROBLEMS)
async def list_account_creatives(
    request: Request, account: AccountId, who: Asker, offset: Offset = 0, count: Count = 25
) -> Response:
    """List the creatives of an account, the latest first."""

    def read(connection: Connection) -> list[dict[str, Any]]:
        require_account(connection, account)
        found = list_creatives(connection, {account}, status=None, after=None, most=MAX_STORED)
        return [describe_creative(one) for one in found]

    found = await read_database(request, read)
    return answer_page(request, "creatives", take_page(found, offset, count), len(found))


@router.get(CREATIVES + "/{creative}", responses=READ_PROBLEMS)
async def get_account_creative(
    request: Request, account: AccountId, creative: CreativeId, who: Asker
) -> Response:
    """Return one creative with its approval."""
    found = await read_database(
        request, lambda connection: find_creative(connection, creative, {account})
    )
    return answer(request, describe_creative(found))


@router.post(CREATIVES, responses=CHANGE_PROBLEMS)
async def create_account_creative(
    request: Request,
    account: AccountId,
    asked: OpenDirectCreative,
    who: Asker,
    idempotent: Idempotent,
) -> Response:
    """Submit a creative, which is then pending; the same file again is the stored creative."""
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        require_account(connection, account)
        new = _read_creative(asked, account)
        stored = create_creative(connection, new, by=who.name, now=context.clock())
        where = f"{PREFIX}/accounts/{account}/creatives/{stored.id}"
        return Reply(200, encode(describe_creative(stored)), {"location": where})

    return await change_once(request, idempotent, change)


def describe_creative(creative: Creative) -> dict[str, Any]:
    """A creative with the approval of the publisher, and the reason of a rejection."""
    extension: dict[str, Any] = {
        "sha256": creative.sha256,
        "categories": list(creative.categories),
    }
    if creative.reason is not None:
        extension["reason"] = creative.reason
    return {
        "id": creative.id,
        "accountid": creative.account,
        "name": creative.name,
        "ad": describe_ad(
            name=creative.name,
            media_type=creative.media_type,
            size=(creative.width_px, creative.height_px),
            duration=creative.duration,
            reference=creative.reference,
        ),
        "creativeapprovals": describe_approval(creative.status.value),
        "ext": extension,
    }


def _read_creative(asked: OpenDirectCreative, account: str) -> NewCreative:
    display, video = asked.ad.display, asked.ad.video
    content = display or video
    if content is None or (display is not None and video is not None):
        raise TargetingError("ad", "give one of display and video")
    media_type = content.mime if isinstance(content, AdDisplay) else content.mime[0]
    digest = asked.ext.sha256
    if digest is None and content.curl is not None:
        digest = hashlib.sha256(content.curl.encode()).hexdigest()
    if digest is None:
        raise TargetingError("ext.sha256", "give the SHA-256 of the file, or its address in curl")
    return NewCreative(
        account=account,
        name=asked.name,
        sha256=digest,
        reference=content.curl,
        media_type=media_type,
        width_px=content.w,
        height_px=content.h,
        duration=timedelta(seconds=float(video.dur)) if video else None,
        categories=tuple(sorted({*asked.ext.categories})),
    )
