"""An agency creates objects for two clients, and a list of one client has nothing of the other.

Generated from the table of routes: a list with the parameter `account` that has no entry fails.
"""

import itertools
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import HEADER
from cloud.app.listed_accounts import choose_accounts
from cloud.auth.accounts.account import AccountKind
from cloud.auth.audit import read_entries
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.auth.refusal_log import REFUSE
from cloud.database import reading, writing
from cloud.trade.deals.deal import create_deal
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.route_table import API_ROUTES
from tests.cloud.api.test_other_accounts import CREATIVE, CREATIVE_TEST, PLAN, PLANS
from tests.cloud.api.test_route_access import SLOTS, depends_on
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.booking.order_lines import order_line
from tests.cloud.campaigns.campaign_data import store_lines
from tests.cloud.people import add_account
from tests.cloud.trade.deals.deal_examples import new_private_deal

LISTS = {route.path for route in API_ROUTES if depends_on(route.dependant, choose_accounts)}
OF_BODY: Mapping[str, dict[str, Any]] = {
    "/api/orders": {"name": "Winter"},
    "/api/creatives": {**CREATIVE, "name": "tea"},
    "/api/creative-tests": CREATIVE_TEST,
    "/api/brands": {"name": "Tea"},
}
"""Lists whose objects an agency creates with `account` in the body."""
OF_QUERY: Mapping[str, dict[str, Any]] = {
    "/api/holds": {"selection": SLOTS},
    "/api/briefs": {"name": "Winter tea", "brief": PLAN},
    PLANS: PLAN,
}
"""The same with `account` in the address."""
OF_LINES = {"/api/campaigns", "/api/analytics/campaigns", "/api/openrtb/deals", "/api/orders.csv"}
"""Lists of what is derived from orders."""
ELSEWHERE = {"/api/invoices", "/api/invoices.csv", "/api/payments", "/api/proposals",
             "/api/make-goods"}  # fmt: skip
"""Lists of objects that an agency does not create: the tests of billing and sales have some."""


class Agency:
    """Requests of an agency that acts for Acme and Bolt; Cora is no client of an agency."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        with writing(context.engine) as connection:
            add_account(connection, "media", FRIDAY_NOON, AccountKind.AGENCY)
            for name in ("acme", "bolt"):
                add_account(connection, name, FRIDAY_NOON, agency="media")
            add_account(connection, "cora", FRIDAY_NOON)
        self._client = ApiClient(create_app(context, quota=Quota()))
        self._key = create_key(
            context.engine, Role.AGENCY, "Dan", by="me", now=FRIDAY_NOON, account="media"
        )
        self._numbers = itertools.count()

    def __call__(self, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {"x-api-key": self._key, HEADER: f"key-{next(self._numbers)}"}
        return self._client(method, path, headers=headers, json=body)

    def list_owners(self, path: str, account: str) -> set[str]:
        """The owners of the entries of a list."""
        answer = self("GET", f"{path}?account={account}")
        assert answer.status_code == 200, answer.text
        if path.endswith(".csv"):
            return {line.split(",")[2] for line in answer.text.splitlines()[1:]}
        entries = next(value for value in answer.json().values() if isinstance(value, list))
        return {one["account"] for one in entries}

    def create_all(self, account: str) -> None:
        """An object of each kind for a client."""
        for path, body in OF_BODY.items():
            self._create(path, {**body, "account": account})
        for path, body in OF_QUERY.items():
            self._create(f"{path}?account={account}", body)
        order = self("GET", f"/api/orders?account={account}").json()["orders"][0]["id"]
        with writing(self.context.engine) as connection:
            line = order_line(order_id=f"SO-{account}", line_id=f"SO-{account}", account=account)
            store_lines(connection, line)
            deal = new_private_deal(order, FRIDAY_NOON)
            create_deal(connection, self.context.sites, deal, by="a test", now=FRIDAY_NOON)

    def _create(self, path: str, body: object) -> None:
        answer = self("POST", path, body)
        assert answer.status_code == 201, answer.text


@pytest.fixture
def agency(live_context: AppContext) -> Agency:
    return Agency(live_context)


def test_every_list_of_accounts_is_covered() -> None:
    assert OF_BODY.keys() | OF_QUERY.keys() | OF_LINES | ELSEWHERE == LISTS


def test_a_list_of_one_client_has_nothing_of_another(agency: Agency) -> None:
    for client in ("acme", "bolt"):
        agency.create_all(client)
    for path in sorted(LISTS - ELSEWHERE):
        for client in ("acme", "bolt"):
            assert agency.list_owners(path, client) == {client}, path
        assert agency.list_owners(path, "cora") == set(), path


def test_a_client_of_another_agency_cannot_be_bought_for(agency: Agency) -> None:
    with reading(agency.context.engine) as connection:
        before = len(list(read_entries(connection)))
    for path, body in OF_BODY.items():
        assert agency("POST", path, {**body, "account": "cora"}).status_code == 404, path
    for path, body in OF_QUERY.items():
        assert agency("POST", f"{path}?account=cora", body).status_code == 403, path
    with reading(agency.context.engine) as connection:
        entries = list(read_entries(connection))[before:]
    assert {entry.action for entry in entries} == {REFUSE}
    assert {entry.actor.split(" (")[0] for entry in entries} == {"Dan"}
