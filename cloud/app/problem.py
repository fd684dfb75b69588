"""Errors as `application/problem+json` (RFC 9457): what was found, what was wanted, what to do."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from fastapi import Response
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

MEDIA_TYPE: Final = "application/problem+json"
MAX_DETAIL: Final = 1000
MAX_FAULTS: Final = 10
REFUSALS: Final = (401, 403, 429)
"""What any resource that needs a key may answer."""


class Problem(BaseModel):
    """Why a request was not answered."""

    type: str = Field(examples=["urn:onlooker:unknown-location"])
    title: str = Field(examples=["Unknown location"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no location 'XX-99' in the sites file: it has KX-01, LB-01"])
    instance: str = Field(examples=["/api/pricing/slot/XX-99/2026-11-23T08:00"])
    request_id: str = Field(examples=["0b2f6c1d9e8a4f57"])


def problem_response(
    request: HTTPConnection,
    status: int,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as the answer to `request`."""
    problem = Problem(
        type="urn:onlooker:" + title.lower().replace(" ", "-"),
        title=title,
        status=status,
        detail=detail[:MAX_DETAIL],
        instance=request.url.path[:MAX_DETAIL],
        request_id=request.scope.get("request_id", ""),
    )
    content = problem.model_dump_json().encode("utf-8", "replace")
    return Response(content, status, {**(headers or {})}, MEDIA_TYPE)


def describe_faults(faults: Sequence[Any], where: Callable[[Any], str]) -> str:
    """What pydantic found wrong, said about the place that `where` names."""
    return "; ".join(f"{where(fault)}: {fault['msg']}" for fault in faults[:MAX_FAULTS])


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": DESCRIPTIONS[status], "content": content, "model": None}
        for status in statuses
    }


DESCRIPTIONS: Final = {
    401: "No key, or not a key that is known",
    403: "The key does not open this",
    404: "There is no such thing",
    409: "It does not go together with what is there already",
    413: "The body is too large",
    422: "The question cannot be understood; `detail` says why",
    429: "Too many questions; `Retry-After` says when to ask again",
    500: "A fault on this side; the request id finds it in the log",
    503: "The database cannot be reached; ask again",
}
