"""Accounts: staff create and change them, everybody sees their own."""

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


@pytest.fixture
def staff(office):
    """Browsers of a user of each of these roles."""
    with writing(office.context.engine) as connection:
        owner = require_account(connection, "owner")
        users = {
            role: add_user(connection, owner, role.value, office.clock.now, role)
            for role in (Role.SALES, Role.FINANCE, Role.OPERATIONS)
        }
    return {role: office.browser(user) for role, user in users.items()}


@pytest.mark.parametrize(
    ("kind", "terms"),
    [("advertiser", {"credit_limit_minor": 10**15}), ("agency", {"commission_bp": 5_000})],
)
def test_finance_sets_the_commission_and_the_credit_limit_and_sales_does_not(staff, kind, terms):
    sales, finance = staff[Role.SALES], staff[Role.FINANCE]
    asked = {"id": "new-one", "name": "New One", "kind": kind, **terms}
    refused = sales("POST", "/api/accounts", json=asked)
    assert refused.status_code == 403
    assert "only the roles finance and admin" in refused.json()["detail"]
    created = sales("POST", "/api/accounts", json={**asked, **dict.fromkeys(terms, 0)})
    assert created.status_code == 201
    path = created.headers["location"]
    assert sales("PATCH", path, json=terms).status_code == 403
    same = {"name": "Newer", **dict.fromkeys(terms, 0)}
    assert sales("PATCH", path, json=same).json()["name"] == "Newer"
    changed = finance("PATCH", path, json=terms)
    assert (changed.status_code, changed.json()) == (200, {**changed.json(), **terms})
    assert finance("POST", "/api/accounts", json={**asked, "id": "two"}).status_code == 201


def test_a_change_replaces_the_fields_that_it_names(staff, read_actions):
    sales, path = staff[Role.SALES], "/api/accounts/acme"
    before = sales("GET", path)
    asked = {"vat_number": "GB123456789", "address": ["1 Road", "Leeds"], "agency": "media"}
    changed = sales("PATCH", path, json=asked, headers={"if-match": before.headers["etag"]})
    assert (changed.status_code, changed.json()) == (200, {**before.json(), **asked})
    after = sales("GET", path)
    assert (after.json(), after.headers["etag"]) == (changed.json(), changed.headers["etag"])
    cleared = sales("PATCH", path, json={"agency": None}, headers={"if-match": "*"})
    assert cleared.json() == {**changed.json(), "agency": None}
    assert sales("PATCH", path, json={"agency": None}).json() == cleared.json()
    assert read_actions().count("account.change") == 2  # the last one changed nothing


def test_a_change_of_an_earlier_version_is_refused(staff):
    sales, path = staff[Role.SALES], "/api/accounts/acme"
    earlier = {"if-match": sales("GET", path).headers["etag"]}
    assert sales("PATCH", path, json={"name": "First"}, headers=earlier).status_code == 200
    late = sales("PATCH", path, json={"name": "Second"}, headers=earlier)
    assert (late.status_code, late.json()["title"]) == (412, "Precondition failed")
    assert sales("GET", path).json()["name"] == "First"


def test_a_change_that_is_not_valid_is_refused(office):
    admin = office.browser(office.admin)
    for asked, sentence in (
        ({}, "at least one field"),
        ({"currency": "EUR"}, "Extra inputs"),
        ({"name": None}, "valid string"),
        ({"name": ""}, "1 to 120 printable characters"),
        ({"commission_bp": 1}, "only an agency has one"),
        ({"agency": "bolt"}, "no open account of kind agency"),
    ):
        refused = admin("PATCH", "/api/accounts/acme", json=asked)
        assert (refused.status_code, sentence in refused.json()["detail"]) == (422, True)


def test_staff_of_sales_and_finance_change_accounts_and_nobody_else(office, staff):
    asked = {"name": "Other"}
    for browser in (office.browser(office.manager), staff[Role.OPERATIONS]):
        assert browser("PATCH", "/api/accounts/acme", json=asked).status_code == 403
    assert staff[Role.FINANCE]("PATCH", "/api/accounts/none", json=asked).status_code == 404


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


def test_the_caller_of_a_key_is_its_account(office):
    key = create_key(
        office.context.engine, Role.AGENCY, "Media", by="me", now=office.clock.now, account="media"
    )
    me = office.browser()("GET", "/api/me", headers={"x-api-key": key}).json()
    assert (me["account"], me["clients"], me["user"]) == ("media", ["bolt"], None)
    assert (me["csrf_token"], me["manages_users"]) == (None, False)
