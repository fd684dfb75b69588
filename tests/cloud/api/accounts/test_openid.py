"""Signing in with a provider of the test's own, and every way in which a callback is forged."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from cloud.api.application import create_app
from cloud.app.sign_in.openid_provider import CALLBACK, OpenIdProvider
from cloud.app.sign_in.sign_in_state import SignInOptions
from cloud.auth.quota import Quota
from tests.cloud.api.accounts.conftest import Browser
from tests.cloud.openid_server import CLIENT, SECRET, OpenIdServer, new_key
from tests.cloud.people import CHEAP

BEGIN = "/api/sign-in/openid"
LINK = "https://sales.example"


@pytest.fixture(scope="module")
def key():
    return new_key()


@pytest.fixture
def server(key, office) -> Iterator[OpenIdServer]:
    server = OpenIdServer(key)
    server.start()
    now = int(office.clock.now.timestamp())
    server.claims = {
        "iss": server.issuer, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300,
        "email": office.buyer.email, "email_verified": True,
    }  # fmt: skip
    yield server
    server.stop()


@pytest.fixture
def browser(office, server) -> Browser:
    provider = OpenIdProvider(server.issuer, CLIENT, SECRET, LINK)
    options = SignInOptions(CHEAP, openid=provider)
    return Browser(create_app(office.context, quota=Quota(), sign_in_options=options))


def come_back(browser: Browser, parameters: dict[str, str]):
    return browser("GET", f"{CALLBACK}?{urlencode(parameters)}")


def test_a_user_signs_in_with_the_provider(office, browser, server, read_actions):
    began = browser("GET", BEGIN)
    assert began.headers["location"].startswith(f"{server.issuer}/authorize?")
    assert "HttpOnly" in began.headers["set-cookie"]
    parameters = server.authorize(began.headers["location"])
    ended = come_back(browser, parameters)

    assert (ended.status_code, ended.headers["location"]) == (302, "/")
    assert browser("GET", "/api/me").json()["user"] == office.buyer.id
    assert read_actions()[-2:] == ["user.bind_openid", "user.sign_in"]
    assert come_back(browser, parameters).status_code == 401  # the same code again


@pytest.mark.parametrize(
    "change",
    [
        {"state": "A" * 43},
        {"state": ""},
        {"code": ""},
        {"code": "never given"},
        {"iss": "https://evil.example"},
    ],
    ids=str,
)
def test_a_forged_callback_starts_no_session(browser, server, change):
    parameters = server.authorize(browser("GET", BEGIN).headers["location"])
    refused = come_back(browser, {**parameters, **change})

    assert (refused.status_code, refused.json()["title"]) == (401, "Sign-in refused")
    assert browser("GET", "/api/me").status_code == 401


def test_a_code_of_another_browser_starts_no_session(browser, server):
    victim = Browser(browser.app)
    victim("GET", BEGIN)
    of_attacker = server.authorize(browser("GET", BEGIN).headers["location"])

    assert come_back(victim, of_attacker).status_code == 401
    assert come_back(Browser(browser.app), of_attacker).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"aud": "other"}, {"nonce": "m" * 43}, {"exp": 1},
        {"email_verified": False}, {"email": "nobody@acme.example"},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_with_a_wrong_claim_starts_no_session(browser, server, claims):
    server.claims |= claims
    refused = come_back(browser, server.authorize(browser("GET", BEGIN).headers["location"]))
    assert refused.status_code == 401


def test_keys_that_were_replaced_are_read_again_once_a_minute(office, browser, server):
    come_back(browser, server.authorize(browser("GET", BEGIN).headers["location"]))
    server.key, server.kid = new_key(), "second"
    early = come_back(browser, server.authorize(browser("GET", BEGIN).headers["location"]))
    office.clock.advance(timedelta(minutes=1))
    later = come_back(browser, server.authorize(browser("GET", BEGIN).headers["location"]))

    assert (early.status_code, later.status_code) == (401, 302)
    assert server.requests.count("/keys") == 2


def test_a_provider_that_cannot_be_used_is_reported_without_its_secret(office, server):
    server.stop()
    for issuer in (server.issuer, "http://id.example"):
        provider = OpenIdProvider(issuer, CLIENT, SECRET, LINK)
        options = replace(SignInOptions(CHEAP), openid=provider)
        app = create_app(office.context, quota=Quota(), sign_in_options=options)
        refused = Browser(app)("GET", BEGIN)
        assert refused.status_code == 503
        assert SECRET not in refused.text + repr(provider)
    server.start()


def test_without_a_provider_the_routes_say_so(office):
    for path in (BEGIN, CALLBACK):
        refused = office.browser()("GET", path)
        assert (refused.status_code, "--openid-issuer" in refused.text) == (409, True)
