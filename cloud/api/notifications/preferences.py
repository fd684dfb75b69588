"""`/api/users/{user}/notifications`: what a user is notified of, how, and when.

A signed-in user reads and sets the user's own preferences, and an API key those of the users of its
account who have no other roles than the key, as a user who manages them does. For everybody else
the user does not exist.
"""

from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.alerting.recipients import QuietHours
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, STAFF_ROLES, Caller, allow_roles, receive_caller
from cloud.auth.keys import Role
from cloud.auth.users.user import User
from cloud.auth.users.user_store import read_user, unknown_user
from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.preference_store import (
    StoredPreferences,
    read_preferences,
    replace_preferences,
)
from cloud.notifications.preferences import DIGEST_AT, LONGEST_WEBHOOK, TIME_ZONE, Preferences

CLOCK: Final = r"^([01]\d|2[0-3]):[0-5]\d$"

router = APIRouter(tags=["notifications"], dependencies=[allow_roles(*EVERYBODY)])
Asker = Annotated[Caller, Depends(receive_caller)]
UserId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]
ClockTime = Annotated[str, Field(pattern=CLOCK, examples=["22:00"])]
ChoicesByKind = dict[NoticeTopic, dict[NoticeChannel, NoticeMode]]


class QuietTime(BaseModel):
    """Hours of the day in which nothing is sent, over midnight if need be."""

    model_config = ConfigDict(extra="forbid")

    from_: ClockTime = Field(alias="from")
    until: ClockTime

    @classmethod
    def of(cls, quiet: QuietHours) -> Self:
        """The same as a response has it."""
        return cls.model_validate({"from": quiet.from_, "until": quiet.until})


class NotificationPreferences(BaseModel):
    """What a user has chosen; a kind or channel that is not named has its default."""

    model_config = ConfigDict(extra="forbid")

    time_zone: str = Field(default=TIME_ZONE, max_length=64, examples=["Europe/London"])
    quiet: QuietTime | None = Field(default=None, description="null: no quiet hours")
    digest_at: ClockTime = Field(default=DIGEST_AT, description="time of the daily digest")
    phone: str | None = Field(default=None, max_length=16, examples=["+447700900123"])
    webhook: str | None = Field(
        default=None, max_length=LONGEST_WEBHOOK, examples=["https://hooks.acme.example/onlooker"]
    )
    choices: ChoicesByKind = Field(
        default={}, description="kind -> channel -> immediate, digest (e-mail only) or off"
    )

    def to_preferences(self) -> Preferences:
        """The same for the store."""
        return Preferences(
            time_zone=self.time_zone,
            quiet_from=None if self.quiet is None else self.quiet.from_,
            quiet_until=None if self.quiet is None else self.quiet.until,
            digest_at=self.digest_at,
            phone=self.phone,
            webhook=self.webhook,
            choices=self.choices,
        )


class NotificationPreferencesResponse(NotificationPreferences):
    """The preferences in force: every kind with every channel."""

    user: str = Field(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])
    webhook_disabled_at: datetime | None = Field(
        description="when the webhook answered 410 and was disabled; null: it is in use, or none is"
    )
    webhook_secret: str | None = Field(
        default=None,
        description="signs what the webhook receives; returned when the webhook is set, not later",
    )

    @classmethod
    def of(cls, user: User, stored: StoredPreferences | None, secret: str | None = None) -> Self:
        """The response for a user."""
        found = Preferences() if stored is None else stored.preferences
        is_staff = not user.roles.isdisjoint(STAFF_ROLES)
        quiet = found.quiet
        return cls(
            user=user.id,
            time_zone=found.time_zone,
            quiet=None if quiet is None else QuietTime.of(quiet),
            digest_at=found.digest_at,
            phone=found.phone,
            webhook=found.webhook,
            choices={
                kind: {
                    channel: found.mode(kind, channel, is_staff=is_staff)
                    for channel in NoticeChannel
                }
                for kind in NoticeTopic
            },
            webhook_disabled_at=None if stored is None else stored.webhook_disabled_at,
            webhook_secret=secret,
        )


@router.get(
    "/api/users/{user}/notifications",
    response_model=NotificationPreferencesResponse,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_notifications(
    request: Request, user: UserId, caller: Asker
) -> NotificationPreferencesResponse:
    """Return the preferences of a user; the defaults where none were set."""
    context: AppContext = get_context(request)

    def read() -> NotificationPreferencesResponse:
        with database.reading(context.engine) as connection:
            found = _require_own(connection, user, caller)
            return NotificationPreferencesResponse.of(found, read_preferences(connection, user))

    return await run_in_threadpool(read)


@router.put(
    "/api/users/{user}/notifications",
    response_model=NotificationPreferencesResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def put_notifications(
    request: Request,
    user: UserId,
    asked: NotificationPreferences,
    caller: Asker,
    idempotent: Idempotent,
) -> Response:
    """Replace the preferences of a user. A new webhook gets a secret, shown in this answer only."""
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        found = _require_own(connection, user, caller)
        before = read_preferences(connection, user)
        stored = replace_preferences(
            connection, user, asked.to_preferences(), by=caller.name, now=context.clock()
        )
        is_new = before is None or before.webhook_secret != stored.webhook_secret
        secret = stored.webhook_secret if is_new else None
        answer = NotificationPreferencesResponse.of(found, stored, secret)
        return Reply(200, answer.model_dump_json(by_alias=True).encode())

    return await run_in_threadpool(idempotent.run, context, change)


def _require_own(connection: Connection, user: str, caller: Caller) -> User:
    """The user, if the caller is that user, or may set the preferences of the account's users."""
    found = read_user(connection, user)
    if found is not None and (caller.user == found.id or _manages(caller, found)):
        return found
    raise unknown_user(user)


def _manages(caller: Caller, user: User) -> bool:
    if user.account == caller.account:
        return caller.manages_users or (caller.user is None and _covers(caller, user))
    return caller.sees_all and caller.manages_users


def _covers(key: Caller, user: User) -> bool:
    """Whether a key may read all that its account's user is notified of."""
    covered = key.roles | ({Role.ADVERTISER} if Role.AGENCY in key.roles else frozenset())
    return user.roles <= covered
