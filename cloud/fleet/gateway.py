"""From a message on `$aws/things/...` to what is said in answer. No connection is known here.

Who publishes on a thing's topics is that thing: the broker's access rules say so. What is refused
is answered on `.../rejected` with the protocol's own code; other topics are answered nothing.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from cloud.fleet import job_book, jobs, shadow, shadows
from cloud.fleet.jobs import JobError
from cloud.fleet.message import Saying
from cloud.fleet.shadow import ShadowError
from cloud.fleet.shadows import ShadowName
from wire.scalars import NAME

log = logging.getLogger(__name__)

THING: Final = NAME.removeprefix("^").removesuffix(r"$(?!\n)")
SHADOW: Final = re.compile(
    rf"\$aws/things/(?P<thing>{THING})/shadow(?:/name/(?P<name>[A-Za-z0-9:_-]{{1,64}}))?"
    r"/(?P<action>get|update|delete)"
)
JOBS: Final = re.compile(
    rf"\$aws/things/(?P<thing>{THING})/jobs/(?:(?P<list>get|start-next)"
    r"|(?P<job>\$next|[A-Za-z0-9_-]{1,64})/(?P<action>get|update))"
)
MOST_WAITING: Final = 10  # unanswered requests of one connection


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the topic that it came on, taken apart, and its bytes."""

    topic: str
    parts: Mapping[str, str | None]
    payload: bytes
    at: datetime

    @property
    def thing(self) -> str:
        """Who asks."""
        return str(self.parts["thing"])

    def accepted(self, body: dict[str, Any]) -> Saying:
        """The answer that says yes."""
        return Saying(f"{self.topic}/accepted", body)

    def rejected(self, body: dict[str, Any]) -> Saying:
        """The answer that says no."""
        return Saying(f"{self.topic}/rejected", body)

    @property
    def seconds(self) -> int:
        """When, as the protocol writes it."""
        return int(self.at.timestamp())


def thing_of(topic: str) -> str | None:
    """Who asks on a topic, when it is a request at all."""
    found = SHADOW.fullmatch(topic) or JOBS.fullmatch(topic)
    return found["thing"] if found else None


def answer(connection: Connection, topic: str, payload: bytes, *, at: datetime) -> list[Saying]:
    """Do what a message asks and return what is to be said; a refusal leaves no trace."""
    if found := SHADOW.fullmatch(topic):
        return _about_shadow(connection, Asked(topic, found.groupdict(), payload, at))
    if found := JOBS.fullmatch(topic):
        return _about_jobs(connection, Asked(topic, found.groupdict(), payload, at))
    return []


def too_many(topic: str, payload: bytes, *, at: datetime) -> list[Saying]:
    """Refuse a request unread, since too many of that thing wait."""
    if SHADOW.fullmatch(topic):
        return [
            _shadow_refusal(Asked(topic, {}, payload, at), ShadowError(429, "Too many requests"))
        ]
    refusal = JobError("RequestThrottled", "Too many requests of this thing wait")
    return [_job_refusal(Asked(topic, {}, payload, at), {}, refusal)]


def _about_shadow(connection: Connection, asked: Asked) -> list[Saying]:
    whose = ShadowName(asked.thing, asked.parts["name"] or shadows.CLASSIC)
    act = {"get": _get, "update": _update, "delete": _delete}[str(asked.parts["action"])]
    try:
        with connection.begin_nested():
            return act(connection, whose, asked)
    except ShadowError as error:
        return [_shadow_refusal(asked, error)]


def _get(connection: Connection, whose: ShadowName, asked: Asked) -> list[Saying]:
    token = shadow.read_token(asked.payload)
    found = shadows.find(connection, whose, at=asked.at)
    return [asked.accepted(shadow.current(found, at=asked.seconds, token=token))]


def _update(connection: Connection, whose: ShadowName, asked: Asked) -> list[Saying]:
    change = shadows.change(connection, whose, shadow.read_update(asked.payload), at=asked.at)
    return [asked.accepted(change.accepted), *shadows.change_messages(asked.topic, change)]


def _delete(connection: Connection, whose: ShadowName, asked: Asked) -> list[Saying]:
    token = shadow.read_token(asked.payload)
    version = shadows.delete(connection, whose, at=asked.at)
    body: dict[str, Any] = {"version": version, "timestamp": asked.seconds}
    return [asked.accepted(body if token is None else {**body, "clientToken": token})]


def _shadow_refusal(asked: Asked, error: ShadowError) -> Saying:
    token = shadow.token_of(asked.payload)
    body = {"code": error.code, "message": error.message, "timestamp": asked.seconds}
    return asked.rejected(body if token is None else {**body, "clientToken": token})


def _about_jobs(connection: Connection, asked: Asked) -> list[Saying]:
    request: dict[str, Any] = {}
    try:
        request = _request(asked.payload)
        with connection.begin_nested():
            return _do_jobs(connection, asked, request)
    except JobError as error:
        return [_job_refusal(asked, request, error)]


def _do_jobs(connection: Connection, asked: Asked, request: dict[str, Any]) -> list[Saying]:
    kind = asked.parts["list"] or asked.parts["action"]
    act = {"get": _describe, "update": _hear, "start-next": _start_next}[str(kind)]
    if asked.parts["list"] == "get":
        act = _pending
    body, sayings = act(connection, asked, request)
    return [asked.accepted(_answered(body, request, asked.seconds)), *sayings]


Answer = tuple[dict[str, Any], list[Saying]]


def _pending(connection: Connection, asked: Asked, request: dict[str, Any]) -> Answer:
    todo = job_book.pending(connection, asked.thing)
    lists = {
        name: [jobs.summary(one) for one in todo if one.status is status]
        for name, status in (
            ("inProgressJobs", jobs.Status.IN_PROGRESS),
            ("queuedJobs", jobs.Status.QUEUED),
        )
    }
    return lists, []


def _describe(connection: Connection, asked: Asked, request: dict[str, Any]) -> Answer:
    one = job_book.find(connection, asked.thing, str(asked.parts["job"]))
    wanted = request.get("includeJobDocument", True) is not False
    document = job_book.document(connection, one.job) if wanted else None
    return {"execution": jobs.described(one, document, at=asked.seconds)}, []


def _start_next(connection: Connection, asked: Asked, request: dict[str, Any]) -> Answer:
    details, step = jobs.read_details(request), jobs.read_step(request)
    todo = job_book.pending(connection, asked.thing)
    if not todo:
        return {}, []
    one, sayings = todo[0], list[Saying]()
    if one.status is jobs.Status.QUEUED:
        word = jobs.Word(jobs.Status.IN_PROGRESS, details, step_minutes=step)
        one, sayings = job_book.hear(connection, asked.thing, one.job, word, at=asked.at)
    document = job_book.document(connection, one.job)
    return {"execution": jobs.described(one, document, at=asked.seconds)}, sayings


def _hear(connection: Connection, asked: Asked, request: dict[str, Any]) -> Answer:
    word = jobs.read_word(request)
    job = str(asked.parts["job"])
    one, sayings = job_book.hear(connection, asked.thing, job, word, at=asked.at)
    body: dict[str, Any] = {}
    if request.get("includeJobExecutionState") is True:
        body["executionState"] = jobs.state(one)
    if request.get("includeJobDocument") is True:
        body["jobDocument"] = job_book.document(connection, one.job)
    log.info("job.heard", extra={"thing": one.thing, "job": one.job, "status": one.status})
    return body, sayings


def _request(payload: bytes) -> dict[str, Any]:
    try:
        request = msgspec.json.decode(payload) if payload else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise JobError("InvalidJson", "The request is not JSON") from None
    if not isinstance(request, dict):
        raise JobError("InvalidJson", "The request is not a JSON object")
    token = request.get("clientToken")
    if token is not None and (not isinstance(token, str) or len(token.encode()) > 64):
        raise JobError("InvalidRequest", "clientToken must be a string of at most 64 bytes")
    return request


def _answered(body: dict[str, Any], request: dict[str, Any], at: int) -> dict[str, Any]:
    token = request.get("clientToken")
    return {**body, "timestamp": at, **({} if token is None else {"clientToken": token})}


def _job_refusal(asked: Asked, request: dict[str, Any], error: JobError) -> Saying:
    state = {} if error.execution is None else {"executionState": jobs.state(error.execution)}
    body = {"code": error.code, "message": error.message, **state}
    return asked.rejected(_answered(body, request, asked.seconds))
