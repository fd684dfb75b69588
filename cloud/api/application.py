"""The API: its routes, and the one table that maps every expected exception to an answer.

A request passes `RequestMiddleware` (id, metrics), `RefusalMiddleware` (audit log), admission, the
route, and is answered with JSON or with a problem document that has the message of the exception.
`RequestMiddleware` answers an unexpected exception with 500.
"""

import logging
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import DataError, DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from cloud.accepted_encoding import AcceptedGzipMiddleware
from cloud.alerting.actions import AlertActionError, AlertEnded
from cloud.alerting.history import UnknownAlert
from cloud.api import (
    alerts,
    audience,
    batch,
    breakdown,
    explain,
    health,
    inventory,
    live,
    locations,
    optimize,
    overrides,
    page,
    plans,
    price_calendar,
    pricing,
    screen_summaries,
)
from cloud.api.accounts import accounts, brands, openid, passwords, sign_in, users
from cloud.api.accounts.errors import STATUS_OF as STATUS_OF_ACCOUNTS
from cloud.api.adcp import endpoint as adcp_endpoint
from cloud.api.analytics import routes as analytics_routes
from cloud.api.analytics.failures import ANALYTICS_STATUS_OF
from cloud.api.audience import RangeError
from cloud.api.billing import invoices as billing_invoices
from cloud.api.billing import payment_options as billing_payment_options
from cloud.api.billing import payments as billing_payments
from cloud.api.billing import webhooks as billing_webhooks
from cloud.api.billing.failures import BILLING_STATUS_OF
from cloud.api.booking import avails as booking_avails
from cloud.api.booking import blackouts as booking_blackouts
from cloud.api.booking import catalogue as booking_catalogue
from cloud.api.booking import holds as booking_holds
from cloud.api.booking import quotes as booking_quotes
from cloud.api.booking.failures import BOOKING_MEMBERS_OF, BOOKING_STATUS_OF
from cloud.api.campaigns import routes as campaign_routes
from cloud.api.campaigns.failures import CAMPAIGN_STATUS_OF
from cloud.api.data_products import routes as data_product_routes
from cloud.api.data_products.failures import DATA_PRODUCT_STATUS_OF
from cloud.api.fleet import certificates as fleet_certificates
from cloud.api.fleet import config as fleet_config
from cloud.api.fleet import devices as fleet_devices
from cloud.api.fleet import jobs as fleet_jobs
from cloud.api.fleet import preview as fleet_preview
from cloud.api.fleet import summary as fleet_summary
from cloud.api.fleet.devices import DeviceExists
from cloud.api.notifications import routes as notification_routes
from cloud.api.notifications.failures import NOTICE_STATUS_OF
from cloud.api.opendirect import changes as opendirect_changes
from cloud.api.opendirect import creatives as opendirect_creatives
from cloud.api.opendirect import edits as opendirect_edits
from cloud.api.opendirect import orders as opendirect_orders
from cloud.api.opendirect import parties as opendirect_parties
from cloud.api.opendirect import products as opendirect_products
from cloud.api.opendirect import stats as opendirect_stats
from cloud.api.operations import routes as operations_routes
from cloud.api.orders import routes as order_routes
from cloud.api.orders.errors import ORDER_ERRORS
from cloud.api.overrides import OverrideRefused
from cloud.api.retail import routes as retail_routes
from cloud.api.sales import routes as sales_routes
from cloud.api.trade import deals as trade_deals
from cloud.api.trade.failures import TRADE_STATUS_OF
from cloud.app import problem
from cloud.app.billing.services import Billing, is_webhook, sample_billing
from cloud.app.broadcaster import CursorError, TooManySubscribers
from cloud.app.campaign_figures import CampaignFigures
from cloud.app.context import AppContext, ForecastFailed
from cloud.app.etag import COMPRESSED_FROM_BYTES, VersionMismatchError
from cloud.app.example_dates import find_coming_monday, move_example_dates
from cloud.app.idempotency.idempotent_request import HEADER as KEY_HEADER
from cloud.app.idempotency.key_store import KeyInUse, KeyReused
from cloud.app.rate_card_reload import ContextReloader
from cloud.app.retail.services import RetailServices
from cloud.app.search_queue import SearchQueue, SearchQueueFull
from cloud.app.server.admission import AdmissionMiddleware, ForeignOrigin, MisdirectedRequest
from cloud.app.server.host_names import HostNames
from cloud.app.server.middleware import HeadMiddleware, RequestMiddleware
from cloud.app.server.refusal_recording import RefusalMiddleware
from cloud.app.shared.preview_pictures import PreviewPictures
from cloud.app.sign_in.sign_in_state import SignInOptions, new_sign_in_state
from cloud.auth.access import (
    AccessError,
    Authenticator,
    Forbidden,
    RateLimited,
    Unauthenticated,
    require_route_scope,
)
from cloud.auth.quota import Quota
from cloud.auth.refusal_log import RefusalLog
from cloud.fleet.jobs.job_store import JobExists
from cloud.fleet.jobs.rollout import UnknownJob
from cloud.fleet.registry.devices import RegistryError, UnknownDevice
from cloud.fleet.shadows.desired_config import DesiredConfigError
from cloud.fleet.shadows.shadow import ShadowError
from cloud.money import MoneyError
from cloud.portal import addresses as portal_addresses
from cloud.portal import routes as portal_routes
from cloud.pricing.optimise.brief import BriefError
from cloud.pricing.optimise.subprocess_solver import SearchStopped
from cloud.pricing.slot import SlotError
from cloud.sales.overrides import UnknownOverride
from cloud.sales.plans import TooManyPlans, UnknownPlan
from cloud.sites.openooh import VenueError
from cloud.sites.reload import SitesFile
from cloud.sites.sites import UnknownLocation
from cloud.trade.deals.bidder_client import BidderClient, open_bidder_client
from cloud.windows.query import WindowError

log = logging.getLogger(__name__)
VERSION: Final = "1"
ROUTE_MODULES: Final = (
    locations, breakdown, audience, alerts, live, pricing, explain, batch, price_calendar,
    screen_summaries, overrides, inventory,
    optimize, plans, booking_avails, booking_quotes, booking_holds, booking_blackouts,
    booking_catalogue, order_routes, opendirect_parties, opendirect_products,
    opendirect_orders, opendirect_edits, opendirect_changes, opendirect_creatives,
    opendirect_stats, billing_invoices, billing_payments,
    billing_payment_options, billing_webhooks, trade_deals,
    sales_routes, campaign_routes, analytics_routes, notification_routes, adcp_endpoint,
    fleet_summary, fleet_devices, fleet_config, fleet_jobs, fleet_certificates, fleet_preview,
    operations_routes, retail_routes, data_product_routes, accounts, brands,
    users, sign_in, openid, passwords, health, page,
    portal_routes,
)  # fmt: skip

DATABASE_UNAVAILABLE: Final = (
    "the database cannot be reached: send the request again in a few seconds"
)
UNSTORABLE: Final = (
    "a text has a NUL character or is too long, or a number is too large: the database cannot "
    "store it"
)
KEY_MISSING: Final = (
    f"the header {KEY_HEADER} is missing: send a new value, such as a UUID, with each change, and "
    "the same value when the request is sent again"
)
RETRY_SOON: Final = {"Retry-After": "5"}
MOST_LOGGED: Final = 300
STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    **STATUS_OF_ACCOUNTS,
    Unauthenticated: (401, "Unauthenticated"),
    Forbidden: (403, "Forbidden"),
    ForeignOrigin: (403, "Foreign origin"),
    MisdirectedRequest: (421, "Misdirected request"),
    RateLimited: (429, "Too many requests"),
    AlertEnded: (409, "Alert has ended"),
    AlertActionError: (422, "Invalid alert action"),
    UnknownAlert: (404, "Unknown alert"),
    UnknownOverride: (404, "Unknown override"),
    UnknownPlan: (404, "Unknown plan"),
    TooManyPlans: (409, "Too many plans"),
    KeyInUse: (409, "Request is running"),
    KeyReused: (422, "Idempotency key reused"),
    VersionMismatchError: (412, "Precondition failed"),
    OverrideRefused: (422, "Invalid override"),
    UnknownLocation: (404, "Unknown location"),
    SlotError: (422, "Invalid slot"),
    VenueError: (422, "Unknown venue"),
    CursorError: (422, "Invalid cursor"),
    RangeError: (422, "Out of range"),
    WindowError: (422, "Out of range"),
    BriefError: (422, "Invalid brief"),
    MoneyError: (422, "Invalid amount"),
    UnknownDevice: (404, "Unknown device"),
    UnknownJob: (404, "Unknown job"),
    DeviceExists: (409, "Already exists"),
    JobExists: (409, "Already exists"),
    RegistryError: (422, "Invalid fleet request"),
    DesiredConfigError: (422, "Invalid configuration"),
    ShadowError: (422, "Invalid configuration"),
    **ORDER_ERRORS,
    SearchStopped: (503, "Search stopped"),
    ForecastFailed: (503, "No forecast"),
    SearchQueueFull: (503, "Busy"),
    TooManySubscribers: (503, "Busy"),
    **BOOKING_STATUS_OF,
    **BILLING_STATUS_OF,
    **CAMPAIGN_STATUS_OF,
    **TRADE_STATUS_OF,
    **retail_routes.RETAIL_STATUS_OF,
    **sales_routes.SALES_STATUS_OF,
    **NOTICE_STATUS_OF,
    **ANALYTICS_STATUS_OF,
    **operations_routes.OPERATIONS_STATUS_OF,
    **DATA_PRODUCT_STATUS_OF,
    **fleet_preview.PREVIEW_STATUS_OF,
    DataError: (422, "Invalid request"),
    DBAPIError: (503, "Database unavailable"),
}
"""Exception to status and title. Nothing below this file knows about HTTP."""
HEADERS_OF: Final[Mapping[type[Exception], Mapping[str, str]]] = {KeyInUse: {"Retry-After": "1"}}


TITLE: Final = "Onlooker"
DESCRIPTION: Final = (
    "Measured audiences of digital out-of-home screens, and a price with reasons for every slot. "
    "Instants are RFC 3339 with an offset, intervals half-open; a figure that was not observed is "
    "null, never zero. Errors are application/problem+json."
)
TITLES: Final = {
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    422: "Invalid request",
}


def create_app(
    context: AppContext,
    *,
    quota: Quota | None = None,
    pinned: bool = False,
    names: HostNames | None = None,
    sites_file: SitesFile | None = None,
    sign_in_options: SignInOptions | None = None,
    billing: Billing | None = None,
    bidders: BidderClient | None = None,
    refusals: RefusalLog | None = None,
) -> FastAPI:
    """The application over one context; with a quota, only for callers with a key.

    It accepts requests for the loopback names and for `names` only. Without `names`, as in tests
    without a network, the host name is not checked; `serve` always gives them.

    The rate card is the given one until another takes effect; if `pinned`, it never changes. The
    sites are the given ones until the file of `sites_file` changes.
    """
    registry = CollectorRegistry()
    registry.register(context.unreadable)
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.reloader = ContextReloader(context, pinned=pinned, sites_file=sites_file)
    app.state.authenticator = (
        Authenticator(context.engine, quota, context.shared) if quota else None
    )
    app.state.sign_in = new_sign_in_state(sign_in_options or SignInOptions(), registry)
    app.state.search_queue = SearchQueue()
    app.state.campaign_figures = CampaignFigures()
    app.state.retail = RetailServices()
    app.state.broadcaster = live.new_broadcaster(app.state.reloader)
    app.state.preview_pictures = PreviewPictures(context.shared)
    app.state.registry = registry
    app.state.billing = billing or sample_billing()
    app.state.bidders = bidders or open_bidder_client()
    dated = lru_cache(maxsize=1)(lambda monday: move_example_dates(openapi(), monday))
    app.state.openapi = lambda: dated(find_coming_monday(context.clock().date()))
    app.router.routes.extend(_routes())
    _answer_failures(app)
    app.add_middleware(AcceptedGzipMiddleware, minimum_size=COMPRESSED_FROM_BYTES)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(
        AdmissionMiddleware, names=names, public=_needs_no_key, refuse=_known_failure
    )
    app.add_middleware(RefusalMiddleware, refusals=refusals or RefusalLog())
    app.add_middleware(RequestMiddleware, registry=registry)
    return app


def _needs_no_key(path: str) -> bool:
    """Pages without data, webhooks, which are signed, and addresses that have a token."""
    has_own_proof = is_webhook(path) or fleet_preview.is_upload(path)
    return page.is_public(path) or portal_addresses.is_public(path) or has_own_proof


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """The routes of all modules, shared by the applications of a process.

    FastAPI prepares a route at its first request, in a quarter of a second for all of them.
    """
    router = APIRouter()
    for module in ROUTE_MODULES:
        router.include_router(module.router)
    return tuple(router.routes)


@cache
def openapi() -> dict[str, Any]:
    """The OpenAPI document, with problem documents instead of the framework's own errors.

    It is the same for the applications of a process, and takes half a second to make.
    """
    document = get_openapi(title=TITLE, version=VERSION, description=DESCRIPTION, routes=_routes())
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = problem.Problem.model_json_schema()
    return document


def _answer_failures(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    for anticipated in STATUS_OF:
        app.add_exception_handler(anticipated, _known_failure)


async def _known_failure(request: HTTPConnection, error: Exception) -> Response:
    kind = next(kind for kind in type(error).__mro__ if kind in STATUS_OF)
    status, title = STATUS_OF[kind]
    headers = error.headers if isinstance(error, AccessError) else HEADERS_OF.get(kind)
    if status < 500:
        describe = BOOKING_MEMBERS_OF.get(kind)
        members = describe(error) if describe else None
        detail = UNSTORABLE if kind is DataError else str(error)  # which has the statement
        return problem.problem_response(request, status, title, detail, headers, members)
    if kind is DBAPIError:
        log.warning("api.unavailable", exc_info=error, extra=_where(request))
    else:  # an expected outcome, such as a search that its own time limit ended
        reason = {"error": kind.__name__, "reason": str(error)[:MOST_LOGGED]}
        log.warning("api.unavailable", extra={**_where(request), **reason})
    detail = DATABASE_UNAVAILABLE if kind is DBAPIError else str(error)
    return problem.problem_response(request, status, title, detail, RETRY_SOON)


async def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    try:
        await require_route_scope(request)
    except AccessError as refused:
        return await _known_failure(request, refused)
    faults = error.errors()
    if any((fault["type"], *fault["loc"]) == ("missing", "header", KEY_HEADER) for fault in faults):
        return problem.problem_response(request, 400, "Missing idempotency key", KEY_MISSING)
    detail = problem.describe_faults(faults, _place)
    return problem.problem_response(request, 422, "Invalid request", detail)


def _place(fault: Any) -> str:
    if tuple(fault["loc"]) == ("body",):
        return "the body, which must be JSON with `Content-Type: application/json`"
    return f"`{'.'.join(map(str, fault['loc'][1:]))}` in the {fault['loc'][0]}"


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail, status = str(error.detail), error.status_code
    if status == 400:  # a body that is not JSON is invalid like a wrong field
        status, detail = 422, "the body cannot be read as JSON"
    if status == 404:
        detail = f"nothing is served at {request.url.path[:200]}: GET / links to what is"
    return problem.problem_response(
        request, status, TITLES.get(status, "Refused"), detail, error.headers
    )


def _where(request: HTTPConnection) -> dict[str, str]:
    return {"request_id": request.scope.get("request_id", ""), "path": request.url.path[:200]}
