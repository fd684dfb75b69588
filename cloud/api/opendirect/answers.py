"""Answers of OpenDirect routes: resources with entity tags, pages, and errors with status 400.

An invalid or impossible request is answered with 400 and `errors`, whatever status the same refusal
has elsewhere. An unknown resource, a missing key and a wrong role are answered as elsewhere.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from fastapi import Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from cloud.api.audience import RangeError
from cloud.api.booking.failures import BOOKING_STATUS_OF
from cloud.api.campaigns.failures import CAMPAIGN_STATUS_OF
from cloud.api.orders.errors import ORDER_ERRORS
from cloud.app.etag import TaggedResponse
from cloud.app.problem import REFUSALS, note_reason, problem_response, problem_responses
from cloud.auth.access import Caller, receive_caller, require_route_scope
from cloud.auth.accounts.account_store import unknown_account
from cloud.booking.opendirect.targeting import TargetingError
from cloud.booking.slots import NotAvailableError
from cloud.money import MoneyError

PREFIX: Final = "/opendirect/2.1"
MAX_COUNT: Final = 250
MAX_ERRORS: Final = 20
REFUSED: Final[Mapping[type[Exception], str]] = {
    **{
        kind: title
        for kind, (status, title) in {
            **ORDER_ERRORS,
            **BOOKING_STATUS_OF,
            **CAMPAIGN_STATUS_OF,
        }.items()
        if status in (409, 422)
    },
    MoneyError: "Invalid amount",
    RangeError: "Out of range",
}
READ_PROBLEMS: Final = problem_responses(*REFUSALS, 404, 422, 500, 503) | {
    400: {"description": "The request is invalid", "content": {"application/json": {}}}
}
CHANGE_PROBLEMS: Final = READ_PROBLEMS | problem_responses(409, 412, 413)
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode

AccountId = Annotated[str, Path(examples=["acme"], max_length=64)]
Offset = Annotated[int, Query(ge=0, le=10**6)]
Count = Annotated[int, Query(ge=1, le=MAX_COUNT)]


def require_own_account(
    account: AccountId, who: Annotated[Caller, Depends(receive_caller)]
) -> None:
    """Raise UnknownAccountError for the account of another."""
    if not who.may_see(account):
        raise unknown_account(account)


class StaleResourceError(RuntimeError):
    """A resource that has changed since the client read it; the answer is 412."""


class OpenDirectRoute(APIRoute):
    """Answers invalid and impossible requests in OpenDirect's form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route, with its refusals translated."""
        handle = super().get_route_handler()

        async def handle_or_explain(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                await require_route_scope(request)
                note_reason(request.scope, "Invalid request")
                return answer_errors(describe_faults(error))
            except HTTPException as error:
                if error.status_code != 400:
                    raise
                note_reason(request.scope, "Invalid request")
                return answer_errors([describe_error("Invalid", "the body is no JSON", "body")])
            except StaleResourceError as error:
                return problem_response(request, 412, "Precondition failed", str(error))
            except TargetingError as error:
                note_reason(request.scope, "Invalid targeting")
                return answer_errors([describe_error("Invalid", str(error), error.field)])
            except tuple(REFUSED) as error:
                note_reason(request.scope, _title_of(error))
                return answer_errors([explain(error)])

        return handle_or_explain


def encode(resource: Any) -> bytes:
    """A resource as JSON; amounts are numbers."""
    return _encode(resource)


def answer(request: Request, resource: Mapping[str, Any]) -> Response:
    """One resource, or 304."""
    return TaggedResponse(encode(resource)).answer(request)


def answer_page(
    request: Request, name: str, resources: Sequence[Mapping[str, Any]], total: int
) -> Response:
    """A collection with the number of all resources in `X-Total-Count`."""
    response = TaggedResponse(encode({name: resources})).answer(request)
    response.headers["x-total-count"] = str(total)
    return response


def take_page(resources: Sequence[Any], offset: int, count: int) -> Sequence[Any]:
    """Some of the resources that are all known."""
    return resources[offset : offset + count]


def require_match(request: Request, resource: Mapping[str, Any]) -> None:
    """Raise StaleResourceError where the client names another version in `If-Match`."""
    if not TaggedResponse(encode(resource)).is_match(request.headers.get("if-match")):
        raise StaleResourceError("it is not the version that If-Match names: GET it again")


def explain(error: Exception) -> dict[str, Any]:
    """One refusal; where slots are not available, with how many."""
    found = describe_error(_title_of(error).title().replace(" ", ""), str(error))
    if isinstance(error, NotAvailableError):
        found["Availability"] = min(slot.free for slot in error.slots)
    return found


def _title_of(error: Exception) -> str:
    return next(REFUSED[kind] for kind in type(error).__mro__ if kind in REFUSED)


def describe_error(code: str, message: str, field: str = "") -> dict[str, Any]:
    """One element of `errors`."""
    return {"ErrorCode": code, "ErrorMessage": message[:1000], "Field": field, "Link": ""}


def describe_faults(error: RequestValidationError) -> list[dict[str, Any]]:
    """What is wrong with a request, field by field."""
    return [
        describe_error("Invalid", fault["msg"], ".".join(map(str, fault["loc"][1:])))
        for fault in error.errors()[:MAX_ERRORS]
    ]


def answer_errors(errors: Sequence[Mapping[str, Any]]) -> Response:
    """400 with what is wrong."""
    return Response(encode({"errors": errors}), 400, media_type="application/json")
