"""An object of another account is answered exactly as one that does not exist.

Generated from the table of routes: a route with a path parameter that is in neither table fails.
Callers are signed-in users of two advertisers, Acme and Bolt; Bolt asks for what Acme owns.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import HEADER
from cloud.app.orders.open_work import open_work
from cloud.app.server.refusal_recording import OWNED_PARAMETERS
from cloud.app.sign_in.mailer import Mailer
from cloud.app.sign_in.sign_in_state import SignInOptions
from cloud.auth.accounts.account_store import require_account
from cloud.auth.audit import audit_log
from cloud.auth.keys import Role
from cloud.auth.quota import Quota
from cloud.auth.refusal_log import REFUSE, RefusalLog, RefusalRates
from cloud.auth.session_cookie import CSRF_HEADER, LOOPBACK_COOKIE
from cloud.auth.users.sessions import csrf_token, start_session
from cloud.booking.orders.order_work import Actor
from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.campaign import make_campaign_id
from cloud.campaigns.guarantees import Metric
from cloud.campaigns.make_good_store import Remedy, propose_make_good
from cloud.campaigns.make_goods import DeliveredAmount, Shortfall
from cloud.database import reading, writing
from cloud.messaging.smtp import MailRelay
from cloud.sales.proposals.proposal import new_proposal as build_proposal
from cloud.sales.proposals.proposal_steps import offer_proposal
from cloud.trade.deals.deal import create_deal
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.test_route_access import ROUTES, SLOTS, allowed
from tests.cloud.app_context import FRIDAY_NOON, ManualClock, open_app_context
from tests.cloud.billing.billing_examples import store_final_invoice
from tests.cloud.booking.order_lines import order_line
from tests.cloud.booking.orders.order_steps import priced_quote
from tests.cloud.campaigns.campaign_data import store_lines
from tests.cloud.people import CHEAP, add_account, add_user
from tests.cloud.trade.deals.deal_examples import new_private_deal

NUMBERS = itertools.count()
PLANS = "/api/pricing/plans"
PLAN = {"budget": "90.00", "from": "2026-11-23", "until": "2026-11-24", "locations": ["KX-01"]}
CREATIVE = {
    "sha256": "0" * 64, "media_type": "image/png", "width_px": 1080, "height_px": 1920,
}  # fmt: skip
CREATIVE_TEST = {
    "name": "Tea", "creatives": ["a", "b"], "locations": ["KX-01"],
    "starts_at": "2026-12-01T08:00:00Z", "ends_at": "2026-12-02T08:00:00Z",
}  # fmt: skip
VIEW = {"name": "Mornings", "page": "map", "query": "hour_from=7&hour_until=9", "shared": True}
SHARED = frozenset(
    {
        "location", "time_slot", "name", "device", "job", "alert", "blackout", "product",
        "daypart", "line", "change", "provider", "assignment", "dead_letter", "mute", "table",
        "kpi",
        "token", "recommendation", "price", "price_batch", "experiment", "price_error",
        "store", "scenario",
    }
)  # fmt: skip
"""Path parameters of objects that belong to no account, or to an object before them."""


@dataclass(frozen=True)
class World:
    """The application, and the cookies and headers of a user of Acme and one of Bolt."""

    context: AppContext
    client: ApiClient
    acme: dict[str, str]
    bolt: dict[str, str]

    def ask(
        self, who: dict[str, str], method: str, path: str, body: object = None
    ) -> httpx.Response:
        headers = {**who, HEADER: f"key-{next(NUMBERS)}", "x-request-id": "the-same-every-time"}
        return self.client(method, path, headers=headers, json=body)


Create = Callable[[World], str]


def by_post(path: str, body: object) -> Create:
    """Acme sends a request, and the answer has the id."""

    def create(world: World) -> str:
        answer = world.ask(world.acme, "POST", path, body)
        assert answer.status_code == 201, answer.text
        identity: str = answer.json()["id"]
        return identity

    return create


def new_user(world: World) -> str:
    with writing(world.context.engine) as connection:
        acme = require_account(connection, "acme")
        return add_user(connection, acme, f"eve{next(NUMBERS)}", FRIDAY_NOON).id


def new_brand(world: World) -> str:
    return by_post("/api/brands", {"account": "acme", "name": f"Tea {next(NUMBERS)}"})(world)


def new_invoice(world: World) -> str:
    with writing(world.context.engine) as connection:
        return store_final_invoice(connection, FRIDAY_NOON, f"SO-{next(NUMBERS)}")


def new_payment(world: World) -> str:
    request = {"invoice": new_invoice(world), "provider": "account"}
    return by_post("/api/payments", request)(world)


def new_campaign(world: World) -> str:
    with writing(world.context.engine) as connection:
        store_lines(connection, order_line())
    return make_campaign_id(("acme", "Acme", "Winter"))


def new_make_good(world: World) -> str:
    new_campaign(world)
    amount = DeliveredAmount(Metric.PLAYS, *map(Decimal, (60, 30, 30, 30)))
    with writing(world.context.engine) as connection:
        line = read_lines(connection, world.context.sites, "line_id", ["SO-1-1"])["SO-1-1"]
        made = propose_make_good(
            connection, line, Shortfall(amount, Decimal("0.5"), 30), Remedy.CREDIT,
            by="a test", now=FRIDAY_NOON,
        )  # fmt: skip
    assert made is not None
    return made.id


def new_deal(world: World) -> str:
    order = by_post("/api/orders", {"name": "Deals"})(world)
    with writing(world.context.engine) as connection:
        new = new_private_deal(order, FRIDAY_NOON)
        return create_deal(connection, world.context.sites, new, by="a test", now=FRIDAY_NOON).id


def new_proposal(world: World) -> str:
    with writing(world.context.engine) as connection:
        work = open_work(world.context, connection, Actor("Mary", None, frozenset({Role.SALES})))
        quote = priced_quote(valid_until=FRIDAY_NOON + timedelta(days=2))
        offered = build_proposal("Winter", None, quote, None, proposal_id=quote.id, by="Mary")
        offer_proposal(work, offered, quote)
    return offered.id


def new_creative(world: World) -> str:
    return by_post("/api/creatives", {**CREATIVE, "name": f"tea-{next(NUMBERS)}"})(world)


OWNED: dict[str, Create] = {
    "account": lambda _: "acme",
    "brand": new_brand,
    "brief": by_post("/api/briefs", {"name": "Winter tea", "brief": PLAN}),
    "invoice": new_invoice,
    "payment": new_payment,
    "campaign": new_campaign,
    "creative": new_creative,
    "deal": new_deal,
    "creative_test": by_post("/api/creative-tests", CREATIVE_TEST),
    "make_good": new_make_good,
    "hold": by_post("/api/holds", {"selection": SLOTS}),
    "organization": lambda _: "acme",
    "order": by_post("/api/orders", {"name": "Winter"}),
    "plan": by_post(PLANS, PLAN),
    "proposal": new_proposal,
    "quote": by_post("/api/quotes", SLOTS),
    "user": new_user,
    "view": by_post("/api/analytics/views", VIEW),
}
"""Path parameter -> stores an object of Acme, and returns its id."""

BODIES: dict[str, dict] = {
    "PUT /api/users/{user}/roles": {"roles": ["advertiser"]},
    "PUT /api/users/{user}/notifications": {"time_zone": "Europe/London"},
    "POST /opendirect/2.1/accounts/{account}/orders": {"name": "Winter"},
    "POST /api/orders/{order}/actions": {"action": "book"},
    "POST /api/orders/{order}/lines": {"quote": "0" * 32},
    "PUT /api/orders/{order}/discount": {"discount_bp": 1, "reason": "fine"},
    "PUT /api/orders/{order}/lines/{line}/creatives": {"creatives": ["a"]},
    "POST /api/orders/{order}/changes": {"line": "0" * 32, "positions": 2, "reason": "more"},
    "PUT /api/orders/{order}/changes/{change}": {"status": "APPROVED", "reason": "fine"},
    "PUT /api/analytics/views/{view}": VIEW,
    "PUT /api/analytics/views/{view}/schedule": {"every": "weekly", "day": 1},
    "POST /api/proposals/{proposal}/decline": {"reason": "too late"},
    "POST /api/payments/{payment}/confirm": {"payment_method": "pm_card_visa"},
}
"""Method and path -> a valid body, where the route has one."""

STREAMS = frozenset({"/api/campaigns/{campaign}/live"})
"""Routes whose answers to the owner do not end."""
PARAMETER = re.compile(r"\{(\w+)\}")
OF_BUYERS = sorted(
    (method, path)
    for method, path in ROUTES
    if OWNED.keys() & {*PARAMETER.findall(path)}
    and (path.startswith("/api/users") or Role.ADVERTISER in allowed(path, method))
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("accounts")
    with open_app_context(folder, ManualClock()) as context:
        acme, bolt = (sign_in_user(context, name) for name in ("acme", "bolt"))
        mailer = Mailer(MailRelay(), "https://sales.example", lambda *_: None)
        app = create_app(
            context,
            quota=Quota(),
            sign_in_options=SignInOptions(CHEAP, mailer),
            refusals=RefusalLog(RefusalRates(Quota(100_000), Quota(100_000))),
        )
        yield World(context, ApiClient(app), acme, bolt)


def sign_in_user(context: AppContext, account: str) -> dict[str, str]:
    """The headers of a user of a new advertiser, who also manages its users."""
    with writing(context.engine) as connection:
        owner = add_account(connection, account, FRIDAY_NOON)
        user = add_user(connection, owner, "bob", FRIDAY_NOON, manages_users=True)
        token = start_session(connection, user.id, FRIDAY_NOON)
    return {"cookie": f"{LOOPBACK_COOKIE}={token}", CSRF_HEADER: csrf_token(token)}


def test_every_path_parameter_is_registered():
    names = {name for _, path in ROUTES for name in PARAMETER.findall(path)}
    assert names <= OWNED.keys() | SHARED, "add the parameter to OWNED, or to SHARED"
    assert OWNED.keys() == OWNED_PARAMETERS, "refusals of their routes are recorded"
    assert ("GET", "/api/pricing/plans/{plan}") in OF_BUYERS
    assert ("PUT", "/api/users/{user}/roles") in OF_BUYERS


@pytest.mark.parametrize(("method", "path"), OF_BUYERS)
def test_an_object_of_another_account_does_not_exist(world: World, method: str, path: str):
    name = next(one for one in PARAMETER.findall(path) if one in OWNED)
    theirs = OWNED[name](world)
    unknown = "0" * len(theirs)
    body = BODIES.get(f"{method} {path}")
    refused, never = (
        world.ask(world.bolt, method, PARAMETER.sub(one, path), body) for one in (theirs, unknown)
    )

    assert refused.status_code == never.status_code == 404, refused.text
    assert refused.text.replace(theirs, unknown) == never.text
    assert [one.split("/")[0] for one in read_refused(world)[-2:]] == [theirs, unknown]
    varying = {"ratelimit", "content-length"}
    headers = [
        {(name, value) for name, value in answer.headers.items() if name not in varying}
        for answer in (refused, never)
    ]
    assert headers[0] == headers[1]
    if path.count("{") == 1 and path not in STREAMS:  # the id is no id of an inner object
        own = world.ask(world.acme, method, PARAMETER.sub(theirs, path), body)
        assert own.status_code != 404 or theirs not in own.json()["detail"], own.text


def read_refused(world: World) -> list[str]:
    """The objects of the requests that are recorded as refused."""
    newest = select(audit_log).where(audit_log.c.action == REFUSE).order_by(audit_log.c.number)
    with reading(world.context.engine) as connection:
        return [row["object"] for row in connection.execute(newest).mappings()]


@pytest.mark.parametrize(
    "path", ["/api/accounts", "/api/brands", "/api/briefs", "/api/users", PLANS]
)
def test_no_list_has_an_object_of_another_account(world: World, path: str):
    for name in ("brand", "brief", "plan", "user"):
        OWNED[name](world)
    for who, account in ((world.acme, "acme"), (world.bolt, "bolt")):
        listed = next(iter(world.ask(who, "GET", path).json().values()))
        owners = {one.get("account", one["id"]) for one in listed}
        assert owners <= {account}, path
