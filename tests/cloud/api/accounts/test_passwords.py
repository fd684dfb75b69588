"""Passwords are changed, reset by e-mail and set after an invitation, without revealing users."""

from datetime import timedelta

import pytest

from cloud.api.application import create_app
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from tests.cloud.api.conftest import ApiClient

OTHER = "seven green bottles"


def reset(office, email: str):
    same = {"x-request-id": "the-same-every-time"}
    return office.browser()("POST", "/api/password/reset", json={"email": email}, headers=same)


def set_by_token(office, token: str, password: str = OTHER):
    body = {"token": token, "password": password}
    return office.browser()("POST", "/api/password/token", json=body)


def test_a_change_ends_every_other_session(office):
    here, there = office.browser(office.buyer), office.browser(office.buyer)
    wanted = {"present": "wrong horse battery", "wanted": OTHER}
    assert here("PUT", "/api/password", json=wanted).status_code == 422
    wanted["present"] = "correct horse battery"
    weak = here("PUT", "/api/password", json={**wanted, "wanted": "short"})
    assert (weak.status_code, "short" in weak.text) == (422, False)
    changed = here("PUT", "/api/password", json=wanted)

    assert changed.status_code == 200
    assert here("GET", "/api/me").json()["csrf_token"] == changed.json()["csrf_token"] != here.csrf
    assert there("GET", "/api/me").status_code == 401
    assert office.browser().sign_in(office.buyer.email).status_code == 401
    assert office.browser().sign_in(office.buyer.email, OTHER).status_code == 200


def test_a_reset_link_works_once(office, read_actions):
    open_session = office.browser(office.buyer)
    assert reset(office, "BOB@acme.example").status_code == 202
    (mail,) = office.mails
    assert mail["To"] == office.buyer.email
    assert "https://sales.example/password#" in mail.get_content()
    token = office.token_of_last_mail()

    assert set_by_token(office, token, "short").status_code == 422
    assert set_by_token(office, token).status_code == 204
    again = set_by_token(office, token, "nine green bottles")
    assert (again.status_code, again.json()["title"]) == (422, "Invalid link")
    assert open_session("GET", "/api/me").status_code == 401
    assert office.browser().sign_in(office.buyer.email, OTHER).status_code == 200
    assert "user.set_password" in read_actions()


def test_a_reset_link_expires_and_is_replaced_by_a_newer_one(office):
    reset(office, office.buyer.email)
    older = office.token_of_last_mail()
    reset(office, office.buyer.email)
    newer = office.token_of_last_mail()

    assert set_by_token(office, older).status_code == 422
    office.clock.advance(timedelta(minutes=30))
    assert set_by_token(office, newer).status_code == 422


def test_the_answer_to_a_reset_does_not_say_whether_there_is_a_user(office):
    answers = [
        reset(office, email) for email in (office.buyer.email, "nobody@acme.example", "no address")
    ]
    assert len(office.mails) == 1
    assert {(one.status_code, one.content) for one in answers} == {(202, b"")}
    assert len({tuple(sorted(one.headers.items())) for one in answers}) == 1


def test_nobody_can_have_many_mails_sent(office):
    statuses = [reset(office, office.buyer.email).status_code for _ in range(4)]
    unknown = [reset(office, "nobody@acme.example").status_code for _ in range(4)]

    assert statuses == unknown == [202, 202, 202, 429]
    assert len(office.mails) == 3


@pytest.mark.parametrize("token", ["A" * 43, "A" * 42, "", "A" * 44])
def test_a_token_that_was_never_sent_is_refused(office, token: str):
    assert set_by_token(office, token).status_code == 422


def test_a_key_has_no_password(office):
    key = create_key(office.context.engine, Role.SALES, "sales", by="me", now=office.clock.now)
    body = {"present": "correct horse battery", "wanted": OTHER}
    refused = ApiClient(office.app)("PUT", "/api/password", json=body, headers={"x-api-key": key})
    assert (refused.status_code, "API key" in refused.json()["detail"]) == (422, True)


def test_without_a_relay_a_reset_is_refused_for_everybody(office):
    app = create_app(office.context, quota=Quota())
    for email in (office.buyer.email, "nobody@acme.example"):
        answer = ApiClient(app)("POST", "/api/password/reset", json={"email": email})
        assert answer.status_code == 409
        assert "--smtp" in answer.json()["detail"]
