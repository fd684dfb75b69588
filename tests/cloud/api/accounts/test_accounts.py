"""Accounts and brands: staff create them, everybody sees their own."""

import pytest

from cloud.app.idempotency.idempotent_request import HEADER
from cloud.auth.accounts.account_store import require_account
from cloud.auth.keys import Role, create_key
from cloud.database import writing
from tests.cloud.people import add_user

NEW = {"id": "new-one", "name": "New One", "kind": "advertiser", "agency": "media"}


def ids(answer) -> list[str]:
    return [one["id"] for one in answer.json()["accounts"]]


def test_everybody_sees_the_accounts_that_concern_them(office):
    seen = {
        who: ids(office.browser(getattr(office, who))("GET", "/api/accounts"))
        for who in ("admin", "agent", "buyer")
    }
    assert seen == {
        "admin": ["acme", "bolt", "media", "owner"], "agent": ["bolt", "media"], "buyer": ["acme"],
    }  # fmt: skip


def test_an_agency_acts_for_its_clients_and_for_nobody_else(office):
    agent = office.browser(office.agent)

    assert agent("GET", "/api/accounts/bolt").json()["agency"] == "media"
    assert agent("POST", "/api/brands", json={"account": "bolt", "name": "Cars"}).status_code == 201
    theirs = agent("POST", "/api/brands", json={"account": "acme", "name": "Cars"})
    assert (theirs.status_code, theirs.json()["title"]) == (404, "Unknown account")
    plan = {"budget": "90.00", "from": "2026-11-23", "until": "2026-11-24", "locations": ["KX-01"]}
    made = agent("POST", "/api/pricing/plans?account=bolt", json=plan)
    assert made.json()["account"] == "bolt"
    assert agent("GET", made.headers["location"]).status_code == 200
    assert agent("POST", "/api/pricing/plans?account=acme", json=plan).status_code == 403
    assert office.browser(office.buyer)("GET", made.headers["location"]).status_code == 404


def test_staff_create_an_account_once(office):
    admin = office.browser(office.admin)
    created = admin("POST", "/api/accounts", json=NEW)

    assert (created.status_code, created.headers["location"]) == (201, "/api/accounts/new-one")
    assert admin("GET", created.headers["location"]).json() == created.json()
    assert admin("POST", "/api/accounts", json=NEW).status_code == 409
    bad = admin("POST", "/api/accounts", json={**NEW, "id": "b", "currency": "???"})
    assert (bad.status_code, "ISO 4217" in bad.json()["detail"]) == (422, True)
    assert office.browser(office.buyer)("POST", "/api/accounts", json=NEW).status_code == 403
    without = {HEADER: ""}
    assert admin("POST", "/api/accounts", json=NEW, headers=without).status_code in (400, 422)


@pytest.mark.parametrize(
    ("kind", "terms"),
    [("advertiser", {"credit_limit_minor": 10**15}), ("agency", {"commission_bp": 5_000})],
)
def test_finance_sets_the_commission_and_the_credit_limit_and_sales_does_not(office, kind, terms):
    with writing(office.context.engine) as connection:
        owner = require_account(connection, "owner")
        staff = [
            add_user(connection, owner, role.value, office.clock.now, role)
            for role in (Role.SALES, Role.FINANCE)
        ]
    sales, finance = map(office.browser, staff)
    asked = {"id": "new-one", "name": "New One", "kind": kind, **terms}
    refused = sales("POST", "/api/accounts", json=asked)
    assert refused.status_code == 403
    assert "only the roles finance and admin" in refused.json()["detail"]
    assert sales("POST", "/api/accounts", json={**NEW, "id": "plain"}).status_code == 201
    created = finance("POST", "/api/accounts", json=asked)
    assert (created.status_code, created.json()) == (201, {**created.json(), **terms})


def test_a_closed_account_admits_neither_users_nor_keys(office):
    admin, buyer = office.browser(office.admin), office.browser(office.buyer)
    key = create_key(
        office.context.engine, Role.ADVERTISER, "Acme", by="me", now=office.clock.now,
        account="acme",
    )  # fmt: skip
    by_key = {"x-api-key": key}
    assert admin("POST", "/api/accounts/acme/close").json()["closed_at"] is not None

    assert buyer("GET", "/api/me").status_code == 401
    assert office.browser().sign_in(office.buyer.email).status_code == 401
    assert office.browser()("GET", "/api/me", headers=by_key).status_code == 401
    assert admin("POST", "/api/accounts/acme/close").status_code == 422
    assert "acme" in ids(admin("GET", "/api/accounts"))


def test_pages_of_accounts_follow_each_other(office):
    admin = office.browser(office.admin)
    first = admin("GET", "/api/accounts?limit=3").json()
    second = admin("GET", f"/api/accounts?limit=3&after={first['next']}")

    assert first["next"] == "media"
    assert (ids(second), second.json()["next"]) == (["owner"], None)


@pytest.mark.parametrize("categories", [[], ["IAB8-5", "218"]])
def test_a_brand_is_read_as_it_was_created(office, categories):
    buyer = office.browser(office.buyer)
    asked = {"account": "acme", "name": "Tea", "categories": categories}
    created = buyer("POST", "/api/brands", json=asked)

    assert {**created.json(), **asked} == created.json()
    assert buyer("GET", created.headers["location"]).json() == created.json()
    assert buyer("GET", "/api/brands").json()["brands"] == [created.json()]
    assert buyer("POST", "/api/brands", json=asked).status_code == 409


def test_a_key_says_whom_it_belongs_to(office):
    key = create_key(
        office.context.engine, Role.AGENCY, "Media", by="me", now=office.clock.now, account="media"
    )
    me = office.browser()("GET", "/api/me", headers={"x-api-key": key}).json()
    assert (me["account"], me["clients"], me["user"]) == ("media", ["bolt"], None)
    assert (me["csrf_token"], me["manages_users"]) == (None, False)
