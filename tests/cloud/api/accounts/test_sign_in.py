"""Sessions in cookies: how they begin and end, and requests that other sites forge."""

import re
from datetime import timedelta

import pytest

from cloud.auth.quota import Quota
from cloud.auth.session_cookie import COOKIE, CSRF_HEADER, LOOPBACK_COOKIE
from cloud.auth.users.sessions import ABSOLUTE, IDLE
from cloud.database import reading
from tests.cloud.api.accounts.conftest import Browser
from tests.cloud.api.test_route_access import first_message
from tests.cloud.people import PASSWORD

BRAND = {"account": "acme", "name": "Tea"}


def test_a_user_signs_in_asks_and_signs_out(office, read_actions):
    browser = office.browser(office.buyer)
    me = browser("GET", "/api/me")

    assert me.json()["user"] == office.buyer.id
    assert (me.json()["account"], me.json()["roles"]) == ("acme", ["advertiser"])
    assert me.headers["cache-control"] == "no-store"
    assert browser("GET", "/api/pricing/plans").status_code == 200
    assert browser("GET", "/api/audience/KX-01").status_code == 403
    old = dict(browser.cookies)
    assert browser("POST", "/api/sign-out").status_code == 204
    assert Browser(office.app, cookies=old)("GET", "/api/me").status_code == 401
    assert read_actions()[-3:] == ["user.sign_in", "request.refuse", "user.sign_out"]


@pytest.mark.parametrize(
    ("base", "name", "secure"),
    [
        ("https://sales.example.org", COOKIE, True),
        ("https://localhost", COOKIE, True),
        ("http://sales.example.org", COOKIE, True),
        ("http://127.0.0.1:8080", LOOPBACK_COOKIE, False),
        ("http://[::1]:8080", LOOPBACK_COOKIE, False),
    ],
)
def test_a_cookie_is_for_this_host_alone_and_for_no_script(office, base, name, secure):
    answer = Browser(office.app, base).sign_in(office.buyer.email)
    (cookie,) = answer.headers.get_list("set-cookie")
    value, *attributes = cookie.split("; ")

    assert re.fullmatch(rf"{name}=[\w-]{{43}}", value)
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {*attributes}
    assert ("Secure" in attributes) == secure
    assert "Domain" not in cookie


def test_a_cookie_of_plain_http_is_not_read_over_tls(office):
    browser = office.browser(office.buyer)
    tls = Browser(office.app, "https://localhost", cookies=browser.cookies)
    assert tls("GET", "/api/me").status_code == 401


def test_a_token_that_was_set_before_the_sign_in_is_not_taken_over(office):
    fixed = "A" * 43
    browser = Browser(office.app, cookies={LOOPBACK_COOKIE: fixed})
    browser.sign_in(office.buyer.email)

    assert browser.cookies[LOOPBACK_COOKIE] != fixed
    attacker = Browser(office.app, cookies={LOOPBACK_COOKIE: fixed})
    assert attacker("GET", "/api/me").status_code == 401
    first = browser.cookies[LOOPBACK_COOKIE]
    browser.sign_in(office.buyer.email)
    assert browser.cookies[LOOPBACK_COOKIE] != first


def test_a_session_ends_when_it_is_idle_and_after_a_day(office):
    browser = office.browser(office.buyer)
    asked = timedelta(0)
    while asked < ABSOLUTE - timedelta(hours=1):
        asked += timedelta(hours=1)
        office.clock.advance(timedelta(hours=1))
        assert browser("GET", "/api/me").status_code == 200
    office.clock.advance(timedelta(hours=1))
    assert browser("GET", "/api/me").status_code == 401

    other = office.browser(office.buyer)
    office.clock.advance(IDLE)
    assert other("GET", "/api/me").status_code == 401


@pytest.mark.parametrize("sent", ["", "0" * 64, b"\xe9", "of another session"])
def test_a_change_with_a_cookie_needs_the_token_of_its_session(office, sent):
    browser = office.browser(office.buyer)
    own = browser.csrf
    browser.csrf = office.browser(office.buyer).csrf if sent == "of another session" else sent
    refused = browser("POST", "/api/brands", json=BRAND)

    assert refused.status_code == 403
    assert refused.json()["title"] == "Forged request"
    assert CSRF_HEADER in refused.json()["detail"]
    assert browser("GET", "/api/me").json()["csrf_token"] == own
    browser.csrf = own
    assert browser("POST", "/api/brands", json=BRAND).status_code == 201


def test_a_page_of_another_origin_changes_nothing_even_with_the_token(office):
    browser = office.browser(office.buyer)
    evil = {"origin": "https://evil.example"}

    assert browser("POST", "/api/brands", json=BRAND, headers=evil).status_code == 403
    assert browser.sign_in(office.buyer.email, headers=evil).status_code == 403
    form = {"content": f"email={office.buyer.email}", "headers": {"content-type": "text/plain"}}
    assert browser("POST", "/api/sign-in", **form).status_code == 422


def test_a_socket_with_a_cookie_needs_an_origin(office):
    browser = office.browser(office.admin)
    cookie = f"{LOOPBACK_COOKIE}={browser.cookies[LOOPBACK_COOKIE]}"
    for origin, expected in ((None, 403), ("http://evil.example", 403), ("http://localhost", None)):
        message = first_message(office.app, "websocket", "/api/live", origin=origin, cookie=cookie)
        assert message.get("status") == expected, message


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("bob@acme.example", "wrong horse battery"),
        ("nobody@acme.example", PASSWORD),
        ("not an address", PASSWORD),
    ],
)
def test_a_failed_sign_in_says_the_same_whatever_was_wrong(office, read_actions, email, password):
    answer = office.browser().sign_in(
        email, password, headers={"x-request-id": "the-same-every-time"}
    )

    assert answer.status_code == 401
    assert answer.json() == {
        "type": "urn:onlooker:sign-in-refused", "title": "Sign-in refused", "status": 401,
        "detail": "e-mail address or password is not right", "instance": "/api/sign-in",
        "request_id": "the-same-every-time",
    }  # fmt: skip
    assert "set-cookie" not in answer.headers
    assert read_actions()[-1] == "user.sign_in_failed"


def test_passwords_cannot_be_tried_without_end(office, read_actions):
    statuses = [
        office.browser().sign_in(office.buyer.email, f"password {n}").status_code for n in range(12)
    ]
    assert statuses == [401] * 10 + [429] * 2
    assert office.browser().sign_in("BOB@acme.example ").status_code == 429
    assert read_actions().count("user.sign_in_failed") == 10
    for n in range(20):
        status = office.browser().sign_in(f"user{n}@acme.example").status_code
    assert status == 429
    refused = office.browser().sign_in(office.admin.email)
    assert int(refused.headers["retry-after"]) > 0
    office.clock.advance(timedelta(minutes=15))
    assert office.browser().sign_in(office.buyer.email).status_code == 200


def test_sign_ins_are_counted_by_outcome(office):
    browser = office.browser(office.admin)
    office.browser().sign_in(office.buyer.email, "wrong horse battery")
    metrics = browser("GET", "/metrics").text

    assert 'onlooker_sign_ins_total{method="password",outcome="signed_in"} 1.0' in metrics
    assert 'onlooker_sign_ins_total{method="password",outcome="wrong_password"} 1.0' in metrics
    assert "bob@" not in metrics


def test_the_requests_of_a_user_are_counted_in_all_sessions_together(office):
    office.app.state.authenticator._quota = Quota(3, timedelta(hours=1))
    first, second = office.browser(office.buyer), office.browser(office.buyer)
    asked = [one("GET", "/api/me").status_code for one in (first, second, first, second)]
    assert asked == [200, 200, 200, 429]


def test_no_token_and_no_password_is_stored_or_logged(office, caplog, tmp_path):
    caplog.set_level("DEBUG")
    browser = office.browser(office.buyer)
    secrets = [PASSWORD, browser.cookies[LOOPBACK_COOKIE], browser.csrf]
    with reading(office.context.engine):
        stored = b"".join(file.read_bytes() for file in tmp_path.glob("onlooker.db*"))

    assert all(one not in caplog.text and one.encode() not in stored for one in secrets)
