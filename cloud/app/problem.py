"""Errors as `application/problem+json` (RFC 9457): what was found, expected, and what to do."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, Final

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:onlooker:"
REASON: Final = "refusal_reason"
"""Key of the scope of a request."""
UNNAMED_REASON: Final = "refused"
MAX_DETAIL: Final = 1000
MAX_FAULTS: Final = 10
REFUSALS: Final = (401, 403, 429)
"""The refusals of every route that needs a key."""


class Problem(BaseModel):
    """Why a request was not answered; some kinds have further members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:onlooker:unknown-location"])
    title: str = Field(examples=["Unknown location"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no location 'XX-99' in the sites file: it has KX-01, LB-01"])
    instance: str = Field(examples=["/api/pricing/slot/XX-99/2030-01-07T08:00"])
    request_id: str = Field(examples=["0b2f6c1d9e8a4f57"])


def problem_response(
    request: HTTPConnection,
    status: int,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
) -> Response:
    """A problem as the answer to `request`; `members` are those of its kind alone."""
    problem = Problem(
        type=TYPE_PREFIX + note_reason(request.scope, title),
        title=title,
        status=status,
        detail=_encodable(detail[:MAX_DETAIL]),
        instance=_encodable(request.url.path[:MAX_DETAIL]),
        request_id=request.scope.get("request_id", ""),
        **(members or {}),
    )
    return Response(problem.model_dump_json(), status, {**(headers or {})}, MEDIA_TYPE)


def note_reason(scope: MutableMapping[str, Any], title: str) -> str:
    """Store why a request is refused, for the audit log; returns the title as one word."""
    reason = title.lower().replace(" ", "-")
    scope[REASON] = reason
    return reason


def read_reason(scope: Mapping[str, Any]) -> str:
    """Why the request was refused, as `note_reason` has stored it."""
    reason: str = scope.get(REASON, UNNAMED_REASON)
    return reason


def _encodable(text: str) -> str:
    """The text with `?` for what UTF-8 cannot hold, such as an undecodable file name."""
    return text.encode("utf-8", "replace").decode()


def describe_faults(faults: Sequence[Any], where: Callable[[Any], str]) -> str:
    """The faults that pydantic found, each after the place that `where` names."""
    return "; ".join(f"{where(fault)}: {fault['msg']}" for fault in faults[:MAX_FAULTS])


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": DESCRIPTIONS[status], "content": content, "model": None}
        for status in statuses
    }


DESCRIPTIONS: Final = {
    400: "The request has no `Idempotency-Key`",
    401: "No valid key was sent",
    403: "The role of the key does not allow this",
    404: "The resource does not exist",
    409: "The request conflicts with the present state",
    412: "The resource is not the version that `If-Match` names",
    413: "The body is too large",
    422: "The request is invalid; `detail` says why",
    429: "The quota is used up; `Retry-After` says when to send again",
    500: "An internal error; the log has it under the request id",
    503: "Temporarily unavailable; `Retry-After` says when to send again",
}
