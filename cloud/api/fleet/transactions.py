"""Shared by the routes of the fleet: the target selector, and audited transactions.

One audit entry names the caller; others record what happened to each device. All are written in the
transaction of the change.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import msgspec
from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.app.context import AppContext
from cloud.app.rate_card_reload import get_context
from cloud.auth import audit
from cloud.auth.access import caller_name
from cloud.fleet.history import Author
from cloud.fleet.registry.devices import DeviceSelector, RegistryError
from wire.scalars import NAME

Answer = TypeVar("Answer")


def _require_unicode(value: dict[str, Any]) -> dict[str, Any]:
    """JSON can escape half of a surrogate pair; such text cannot be stored or sent as UTF-8."""
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        raise ValueError(
            "a text in it has half of a surrogate pair (\\ud800 to \\udfff): write whole characters"
        ) from None
    return value


NAME_PATTERN: Final = NAME.removesuffix(r"(?!\n)")
Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=63, examples=["cam-01"])]
JsonObject = Annotated[dict[str, Any], AfterValidator(_require_unicode)]
"""A free-form object, checked further by the fleet."""
Attributes = Annotated[dict[str, str], Field(max_length=50, examples=[{"platform": "2"}])]


class TargetSelector(BaseModel):
    """Selects devices: all given fields must match. An empty selector is refused."""

    model_config = ConfigDict(extra="forbid")

    device: Name | None = None
    group: Name | None = None
    location: Name | None = None
    attributes: Attributes = {}
    everything: bool = Field(False, description="true means the whole fleet")

    def search(self) -> DeviceSelector:
        """The registry's selector; RegistryError when it is empty or contradicts `everything`."""
        search = DeviceSelector(self.device, self.location, self.group, self.attributes)
        if search.is_everything is not self.everything:
            raise RegistryError(
                "`target` is empty: give device, group, location or attributes, or "
                '{"everything": true}'
                if not self.everything
                else "`target` has `everything` and other fields: give one or the other"
            )
        return search


async def change_fleet(
    request: Request,
    action: str,
    about: str,
    details: dict[str, Any],
    act: Callable[[Connection, Author], Answer],
) -> Answer:
    """Apply a change and audit it in one transaction."""
    context: AppContext = get_context(request)
    apply = audit_change(request, action, about, details, act)

    def change() -> Answer:
        with database.writing(context.engine) as connection:
            return apply(connection)

    return await run_in_threadpool(change)


def audit_change(
    request: Request,
    action: str,
    about: str,
    details: dict[str, Any],
    act: Callable[[Connection, Author], Answer],
) -> Callable[[Connection], Answer]:
    """The change with its entry in the audit log, for a transaction."""
    author = Author(f"api:{caller_name(request)}"[:128], get_context(request).clock())

    def change(connection: Connection) -> Answer:
        answer = act(connection, author)
        audit.record_change(
            connection,
            at=author.at,
            actor=author.name[:120],
            action=action,
            about=about[:120],
            details=details,
        )
        return answer

    return change
