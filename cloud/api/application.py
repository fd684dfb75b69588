"""The API: its routes, and the one table that turns every anticipated failure into an answer.

Route of a request: an id and a stopwatch around it → the resource → JSON, or a problem document
with the sentence of the exception. A failure that nobody anticipated is answered by the passage.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import HTTPConnection

from cloud.alerting.actions import AlertActionError, AlertEnded
from cloud.alerting.history import UnknownAlert
from cloud.api import (
    alerts,
    audience,
    batch,
    breakdown,
    explained,
    health,
    inventory,
    live,
    locations,
    optimize,
    overrides,
    page,
    plans,
    pricing,
)
from cloud.api.audience import RangeError
from cloud.api.fleet import config as fleet_config
from cloud.api.fleet import devices as fleet_things
from cloud.api.fleet import jobs as fleet_jobs
from cloud.api.fleet.devices import DeviceExists
from cloud.api.optimize import Line, LineBusy
from cloud.api.overrides import OverrideRefused
from cloud.app import problem
from cloud.app.admission import Entrance, ForeignOrigin, Misdirected
from cloud.app.broadcaster import LiveError, LiveFull
from cloud.app.context import Desk, ForecastFailed
from cloud.app.etag import COMPRESSED_FROM_BYTES
from cloud.app.host_names import HostNames
from cloud.app.middleware import HeadAsGet, Passage
from cloud.app.rate_card_reload import InForce
from cloud.auth.access import AccessError, Gate, NotAllowed, NotKnown, TooOften, knock
from cloud.auth.quota import Quota
from cloud.estate import UnknownLocation
from cloud.estate_reload import SitesFile
from cloud.fleet.jobs.job_store import JobExists
from cloud.fleet.jobs.rollout import UnknownJob
from cloud.fleet.registry.devices import RegistryError, UnknownDevice
from cloud.fleet.shadows.desired_config import DesiredConfigError
from cloud.fleet.shadows.shadow import ShadowError
from cloud.money import MoneyError
from cloud.pricing.openooh import VenueError
from cloud.pricing.optimise.brief import BriefError
from cloud.pricing.optimise.subprocess_solver import SearchStopped
from cloud.pricing.slot import SlotError
from cloud.sales.overrides import UnknownOverride
from cloud.sales.plans import TooManyPlans, UnknownPlan
from cloud.windows.query import WindowError

log = logging.getLogger(__name__)
VERSION: Final = "1"
ROOMS: Final = (
    locations, breakdown, audience, alerts, live, pricing, explained, batch, overrides, inventory,
    optimize, plans, fleet_things, fleet_config, fleet_jobs, health, page,
)  # fmt: skip

LOST: Final = "the database cannot be reached just now: ask again in a few seconds"
AGAIN: Final = {"Retry-After": "5"}
MOST_LOGGED: Final = 300
ANTICIPATED: Final[Mapping[type[Exception], tuple[int, str]]] = {
    NotKnown: (401, "Not known"),
    NotAllowed: (403, "Not allowed"),
    ForeignOrigin: (403, "Foreign origin"),
    Misdirected: (421, "Misdirected request"),
    TooOften: (429, "Too often"),
    AlertEnded: (409, "Alert has ended"),
    AlertActionError: (422, "Not for an alert"),
    UnknownAlert: (404, "Unknown alert"),
    UnknownOverride: (404, "No such override"),
    UnknownPlan: (404, "Unknown plan"),
    TooManyPlans: (409, "Too many plans"),
    OverrideRefused: (422, "Not for this card"),
    UnknownLocation: (404, "Unknown location"),
    SlotError: (422, "No such slot"),
    VenueError: (422, "Unknown venue"),
    LiveError: (422, "No such place to go on"),
    RangeError: (422, "Out of range"),
    WindowError: (422, "Out of range"),
    BriefError: (422, "No such brief"),
    MoneyError: (422, "No such amount"),
    UnknownDevice: (404, "Unknown thing"),
    UnknownJob: (404, "Unknown job"),
    DeviceExists: (409, "There already"),
    JobExists: (409, "There already"),
    RegistryError: (422, "Not for this fleet"),
    DesiredConfigError: (422, "No such configuration"),
    ShadowError: (422, "No such configuration"),
    SearchStopped: (503, "No plan in time"),
    ForecastFailed: (503, "No forecast"),
    LineBusy: (503, "Busy"),
    LiveFull: (503, "Busy"),
    DBAPIError: (503, "Database unavailable"),
}
"""Exception to status and title. Nothing below this file knows about HTTP."""


TITLES: Final = {
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    422: "Not understood",
}


def create_app(
    desk: Desk,
    *,
    quota: Quota | None = None,
    pinned: bool = False,
    names: HostNames | None = None,
    sites: SitesFile | None = None,
) -> FastAPI:
    """The application over one desk; with a quota, only for callers with a key.

    It accepts requests for the loopback names and for `names` only. Without `names`, as in tests
    without a network, the host name is not checked; `serve` always gives them.

    The rate card is the given one until another takes effect; if `pinned`, it never changes. The
    sites are the given ones until the file `sites` changes.
    """
    registry = CollectorRegistry()
    registry.register(desk.unread)
    app = FastAPI(
        title="Onlooker",
        version=VERSION,
        description="Measured audiences of digital hoardings, and a price for every slot that "
        "explains itself. Instants are RFC 3339 with an offset, intervals half-open; a figure "
        "that nobody could see is null, never zero. Errors are application/problem+json.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.in_force = InForce(desk, pinned=pinned, sites=sites)
    app.state.gate = Gate(desk.engine, quota, desk.shared) if quota else None
    app.state.line = Line()
    app.state.hub = live.hub(app.state.in_force)
    app.state.registry = registry
    app.state.openapi = lambda: openapi(app)
    for room in ROOMS:
        app.include_router(room.router)
    _answer_failures(app)
    app.add_middleware(GZipMiddleware, minimum_size=COMPRESSED_FROM_BYTES)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Entrance, names=names, public=page.is_public, refuse=_anticipated)
    app.add_middleware(Passage, registry=registry)
    return app


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with problem documents instead of the framework's own errors."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
        )
        schemas = document["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas["Problem"] = problem.Problem.model_json_schema()
        app.openapi_schema = document
    return app.openapi_schema


def _answer_failures(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    for anticipated in ANTICIPATED:
        app.add_exception_handler(anticipated, _anticipated)


async def _anticipated(request: HTTPConnection, error: Exception) -> Response:
    kind = next(kind for kind in type(error).__mro__ if kind in ANTICIPATED)
    status, title = ANTICIPATED[kind]
    headers = error.headers if isinstance(error, AccessError) else None
    if status < 500:
        return problem.answer(request, status, title, str(error), headers)
    if kind is DBAPIError:
        log.warning("api.unavailable", exc_info=error, extra=_where(request))
    else:  # an expected outcome, such as a search that its own time limit ended
        reason = {"error": kind.__name__, "reason": str(error)[:MOST_LOGGED]}
        log.warning("api.unavailable", extra={**_where(request), **reason})
    detail = LOST if kind is DBAPIError else str(error)
    return problem.answer(request, status, title, detail, AGAIN)


async def _misunderstood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    try:
        await knock(request)
    except AccessError as refused:
        return await _anticipated(request, refused)
    detail = problem.sentences(error.errors(), _place)
    return problem.answer(request, 422, "Not understood", detail)


def _place(fault: Any) -> str:
    if tuple(fault["loc"]) == ("body",):
        return "the body, which is to be JSON with `Content-Type: application/json`"
    return f"`{'.'.join(map(str, fault['loc'][1:]))}` in the {fault['loc'][0]}"


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail, status = str(error.detail), error.status_code
    if status == 400:  # a body that is not even JSON is as little understood as a wrong field
        status, detail = 422, "the body cannot be read as JSON"
    if status == 404:
        detail = f"nothing is served at {request.url.path[:200]}: GET / links to what is"
    return problem.answer(request, status, TITLES.get(status, "Refused"), detail, error.headers)


def _where(request: HTTPConnection) -> dict[str, str]:
    return {"request_id": request.scope.get("request_id", ""), "path": request.url.path[:200]}
