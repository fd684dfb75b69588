"""Users are invited by those who may, and nobody gives roles that the account cannot have."""

import pytest

from cloud.app.idempotency.idempotent_request import HEADER
from tests.cloud.people import PASSWORD

EVE = {"account": "acme", "email": "eve@acme.example", "name": "Eve", "roles": ["advertiser"]}


def test_an_invited_user_chooses_a_password_and_signs_in(office, read_actions):
    manager = office.browser(office.manager)
    created = manager("POST", "/api/users", json=EVE)

    assert (created.status_code, created.json()["has_password"]) == (201, False)
    assert office.mails[-1]["To"] == "eve@acme.example"
    assert office.browser().sign_in("eve@acme.example").status_code == 401
    body = {"token": office.token_of_last_mail(), "password": PASSWORD}
    assert office.browser()("POST", "/api/password/token", json=body).status_code == 204
    assert office.browser().sign_in("eve@acme.example").status_code == 200
    shown = manager("GET", created.headers["location"]).json()
    assert shown["has_password"]
    assert {"user.create", "user.set_password"} <= {*read_actions()}


def test_a_repeated_request_creates_one_user_and_sends_one_mail(office):
    manager, key = office.browser(office.manager), {HEADER: "the-same"}
    first, again = (manager("POST", "/api/users", json=EVE, headers=key) for _ in "ab")

    assert first.json() == again.json()
    assert len(office.mails) == 1
    assert manager("POST", "/api/users", json=EVE).status_code == 409


@pytest.mark.parametrize("role", ["admin", "sales", "operations", "finance", "agency"])
def test_the_manager_of_an_advertiser_cannot_create_staff(office, role: str):
    manager = office.browser(office.manager)
    refused = manager("POST", "/api/users", json={**EVE, "roles": ["advertiser", role]})
    raised = manager("PUT", f"/api/users/{office.manager.id}/roles", json={"roles": [role]})

    assert refused.status_code == raised.status_code == 422
    assert manager("GET", "/api/me").json()["roles"] == ["advertiser"]


def test_the_manager_of_an_advertiser_has_no_way_into_another_account(office):
    manager = office.browser(office.manager)
    for account in ("owner", "bolt", "nobody"):
        asked = {**EVE, "account": account, "roles": ["advertiser"]}
        assert manager("POST", "/api/users", json=asked).status_code == 404
        assert manager("GET", f"/api/users?account={account}").status_code == 404
    listed = manager("GET", "/api/users").json()["users"]
    assert {one["account"] for one in listed} == {"acme"}


@pytest.mark.parametrize("who", ["buyer", "agent"])
def test_a_user_who_does_not_manage_users_sees_none(office, who: str):
    browser = office.browser(getattr(office, who))
    assert browser("GET", "/api/users").status_code == 403
    assert browser("GET", f"/api/users/{office.buyer.id}").status_code == 403
    assert browser("POST", "/api/users", json=EVE).status_code == 403


def test_an_administrator_manages_every_account(office):
    admin = office.browser(office.admin)
    asked = {"roles": ["sales", "finance"]}
    staff = admin("POST", "/api/users", json={**EVE, "account": "owner", **asked})
    assert staff.json()["roles"] == ["finance", "sales"]
    listed = admin("GET", "/api/users?limit=2").json()
    rest = admin("GET", f"/api/users?limit=200&after={listed['next']}").json()
    assert len(listed["users"]) + len(rest["users"]) == 5
    assert rest["next"] is None


def test_other_roles_and_a_disabled_user_take_effect_at_once(office):
    admin, buyer = office.browser(office.admin), office.browser(office.buyer)
    path = f"/api/users/{office.buyer.id}"
    wanted = {"roles": ["advertiser"], "manages_users": True}
    assert admin("PUT", f"{path}/roles", json=wanted).status_code == 200
    assert buyer("GET", "/api/users").status_code == 200
    assert admin("POST", f"{path}/disable").status_code == 200

    assert buyer("GET", "/api/me").status_code == 401
    assert office.browser().sign_in(office.buyer.email).status_code == 401
    assert admin("POST", f"{path}/disable").status_code == 422
    assert admin("POST", f"{path}/invite").status_code == 202
    assert office.mails == []


def test_an_invitation_does_not_reveal_the_users_of_other_accounts(office):
    manager = office.browser(office.manager)
    answers = {
        email: manager("POST", "/api/users", json={**EVE, "email": email})
        for email in ("eve@acme.example", office.agent.email)
    }
    listed = {one["email"]: one for one in manager("GET", "/api/users").json()["users"]}
    for email, answer in answers.items():
        varying = {"id": answer.json()["id"], "email": email}
        assert (answer.status_code, answer.json()) == (
            201, {**answers["eve@acme.example"].json(), **varying},
        )  # fmt: skip
        assert listed[email] == manager("GET", answer.headers["location"]).json() == answer.json()
        assert manager("POST", f"{answer.headers['location']}/invite").status_code == 202
        assert manager("POST", "/api/users", json={**EVE, "email": email}).status_code == 409
    sent = [(one["To"], "#" in one.get_content()) for one in office.mails]
    assert sorted(sent) == [(office.agent.email, False)] * 2 + [("eve@acme.example", True)] * 2
    assert office.browser().sign_in(office.agent.email).json()["account"] == "media"
    admin, taken = office.browser(office.admin), {**EVE, "email": office.agent.email}
    assert admin("POST", "/api/users", json=taken).status_code == 409
