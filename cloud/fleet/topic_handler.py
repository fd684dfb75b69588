"""Handles requests on `$aws/things/...` and builds the answers; it has no connection to the broker.

The broker's access rules ensure that a device publishes on its own topics only. A refused request
is answered on `.../rejected` with the protocol's own code; other topics are not answered.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from cloud.fleet.jobs import execution, job_store
from cloud.fleet.jobs.execution import JobError
from cloud.fleet.outbox import OutgoingMessage
from cloud.fleet.shadows import shadow, shadow_store
from cloud.fleet.shadows.shadow import ShadowError
from cloud.fleet.shadows.shadow_store import ShadowName
from wire.scalars import NAME

log = logging.getLogger(__name__)

DEVICE: Final = NAME.removeprefix("^").removesuffix(r"$(?!\n)")
SHADOW: Final = re.compile(
    rf"\$aws/things/(?P<device>{DEVICE})/shadow(?:/name/(?P<name>[A-Za-z0-9:_-]{{1,64}}))?"
    r"/(?P<action>get|update|delete)"
)
JOBS: Final = re.compile(
    rf"\$aws/things/(?P<device>{DEVICE})/jobs/(?:(?P<list>get|start-next)"
    r"|(?P<job>\$next|[A-Za-z0-9_-]{1,64})/(?P<action>get|update))"
)
MAX_PENDING_REQUESTS: Final = 10  # unanswered requests of one connection


@dataclass(frozen=True, slots=True)
class TopicRequest:
    """One request: its topic, the parts of the topic, and its payload."""

    topic: str
    parts: Mapping[str, str | None]
    payload: bytes
    at: datetime

    @property
    def device(self) -> str:
        """The device that asks."""
        return str(self.parts["device"])

    def accepted(self, body: dict[str, Any]) -> OutgoingMessage:
        """The answer to an accepted request."""
        return OutgoingMessage(f"{self.topic}/accepted", body)

    def rejected(self, body: dict[str, Any]) -> OutgoingMessage:
        """The answer to a refused request."""
        return OutgoingMessage(f"{self.topic}/rejected", body)

    @property
    def seconds(self) -> int:
        """The time of the request in seconds since 1970."""
        return int(self.at.timestamp())


def device_in(topic: str) -> str | None:
    """The device of a request topic; None for any other topic."""
    found = SHADOW.fullmatch(topic) or JOBS.fullmatch(topic)
    return found["device"] if found else None


def handle(
    connection: Connection, topic: str, payload: bytes, *, at: datetime
) -> list[OutgoingMessage]:
    """Handle a request and return the messages to publish; a refused request changes nothing."""
    if found := SHADOW.fullmatch(topic):
        return _handle_shadow(connection, TopicRequest(topic, found.groupdict(), payload, at))
    if found := JOBS.fullmatch(topic):
        return _handle_job(connection, TopicRequest(topic, found.groupdict(), payload, at))
    return []


def reject_throttled(topic: str, payload: bytes, *, at: datetime) -> list[OutgoingMessage]:
    """Refuse a request unread, since too many of that device are pending."""
    if SHADOW.fullmatch(topic):
        return [
            _reject_shadow(
                TopicRequest(topic, {}, payload, at), ShadowError(429, "Too many requests")
            )
        ]
    refusal = JobError("RequestThrottled", "Too many requests of this device wait")
    return [_reject_job(TopicRequest(topic, {}, payload, at), {}, refusal)]


def _handle_shadow(connection: Connection, asked: TopicRequest) -> list[OutgoingMessage]:
    whose = ShadowName(asked.device, asked.parts["name"] or shadow_store.CLASSIC)
    act = {"get": _get_shadow, "update": _update_shadow, "delete": _delete_shadow}[
        str(asked.parts["action"])
    ]
    try:
        with connection.begin_nested():
            return act(connection, whose, asked)
    except ShadowError as error:
        return [_reject_shadow(asked, error)]


def _get_shadow(
    connection: Connection, whose: ShadowName, asked: TopicRequest
) -> list[OutgoingMessage]:
    token = shadow.parse_token(asked.payload)
    found = shadow_store.get_shadow(connection, whose, at=asked.at)
    return [asked.accepted(shadow.build_response(found, at=asked.seconds, token=token))]


def _update_shadow(
    connection: Connection, whose: ShadowName, asked: TopicRequest
) -> list[OutgoingMessage]:
    change = shadow_store.update_shadow(
        connection, whose, shadow.parse_update(asked.payload), at=asked.at
    )
    return [asked.accepted(change.accepted), *shadow_store.change_messages(asked.topic, change)]


def _delete_shadow(
    connection: Connection, whose: ShadowName, asked: TopicRequest
) -> list[OutgoingMessage]:
    token = shadow.parse_token(asked.payload)
    version = shadow_store.delete_shadow(connection, whose, at=asked.at)
    body: dict[str, Any] = {"version": version, "timestamp": asked.seconds}
    return [asked.accepted(body if token is None else {**body, "clientToken": token})]


def _reject_shadow(asked: TopicRequest, error: ShadowError) -> OutgoingMessage:
    token = shadow.token_or_none(asked.payload)
    body = {"code": error.code, "message": error.message, "timestamp": asked.seconds}
    return asked.rejected(body if token is None else {**body, "clientToken": token})


def _handle_job(connection: Connection, asked: TopicRequest) -> list[OutgoingMessage]:
    request: dict[str, Any] = {}
    try:
        request = _parse_request(asked.payload)
        with connection.begin_nested():
            return _dispatch_job(connection, asked, request)
    except JobError as error:
        return [_reject_job(asked, request, error)]


def _dispatch_job(
    connection: Connection, asked: TopicRequest, request: dict[str, Any]
) -> list[OutgoingMessage]:
    kind = asked.parts["list"] or asked.parts["action"]
    act = {"get": _describe, "update": _update_job, "start-next": _start_next}[str(kind)]
    if asked.parts["list"] == "get":
        act = _list_pending
    body, messages = act(connection, asked, request)
    return [asked.accepted(_with_token(body, request, asked.seconds)), *messages]


Answer = tuple[dict[str, Any], list[OutgoingMessage]]


def _list_pending(connection: Connection, asked: TopicRequest, request: dict[str, Any]) -> Answer:
    todo = job_store.read_pending(connection, asked.device)
    lists = {
        name: [execution.summarize(one) for one in todo if one.status is status]
        for name, status in (
            ("inProgressJobs", execution.ExecutionStatus.IN_PROGRESS),
            ("queuedJobs", execution.ExecutionStatus.QUEUED),
        )
    }
    return lists, []


def _describe(connection: Connection, asked: TopicRequest, request: dict[str, Any]) -> Answer:
    one = job_store.get_execution(connection, asked.device, str(asked.parts["job"]))
    wanted = request.get("includeJobDocument", True) is not False
    document = job_store.read_document(connection, one.job) if wanted else None
    return {"execution": execution.describe(one, document, at=asked.seconds)}, []


def _start_next(connection: Connection, asked: TopicRequest, request: dict[str, Any]) -> Answer:
    details, step = execution.parse_details(request), execution.parse_step_timeout(request)
    todo = job_store.read_pending(connection, asked.device)
    if not todo:
        return {}, []
    one, messages = todo[0], list[OutgoingMessage]()
    if one.status is execution.ExecutionStatus.QUEUED:
        change = execution.StatusUpdate(
            execution.ExecutionStatus.IN_PROGRESS, details, step_minutes=step
        )
        one, messages = job_store.update_execution(
            connection, asked.device, one.job, change, at=asked.at
        )
    document = job_store.read_document(connection, one.job)
    return {"execution": execution.describe(one, document, at=asked.seconds)}, messages


def _update_job(connection: Connection, asked: TopicRequest, request: dict[str, Any]) -> Answer:
    change = execution.parse_update(request)
    job = str(asked.parts["job"])
    one, messages = job_store.update_execution(connection, asked.device, job, change, at=asked.at)
    body: dict[str, Any] = {}
    if request.get("includeJobExecutionState") is True:
        body["executionState"] = execution.execution_state(one)
    if request.get("includeJobDocument") is True:
        body["jobDocument"] = job_store.read_document(connection, one.job)
    log.info("job.updated", extra={"device": one.device, "job": one.job, "status": one.status})
    return body, messages


def _parse_request(payload: bytes) -> dict[str, Any]:
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


def _with_token(body: dict[str, Any], request: dict[str, Any], at: int) -> dict[str, Any]:
    token = request.get("clientToken")
    return {**body, "timestamp": at, **({} if token is None else {"clientToken": token})}


def _reject_job(asked: TopicRequest, request: dict[str, Any], error: JobError) -> OutgoingMessage:
    state = (
        {}
        if error.execution is None
        else {"executionState": execution.execution_state(error.execution)}
    )
    body = {"code": error.code, "message": error.message, **state}
    return asked.rejected(_with_token(body, request, asked.seconds))
