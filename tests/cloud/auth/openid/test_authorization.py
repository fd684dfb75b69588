"""An attempt to sign in has three random values, which only its browser has."""

from urllib.parse import parse_qs, urlsplit

import pytest

from cloud.auth.openid.authorization import AuthorizationFlow, authorization_url


def test_an_attempt_is_read_as_it_was_written():
    flow = AuthorizationFlow.new()

    assert AuthorizationFlow.read(str(flow)) == flow != AuthorizationFlow.new()
    assert flow.has_state(flow.state)
    assert not flow.has_state("")
    assert not flow.has_state("é")


@pytest.mark.parametrize("cookie", [None, "", "a.b.c", "A" * 43, ".".join(["A" * 44] * 3)])
def test_another_cookie_is_no_attempt(cookie: str | None):
    assert AuthorizationFlow.read(cookie) is None


def test_the_challenge_is_that_of_rfc_7636():
    flow = AuthorizationFlow("s", "n", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert flow.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_verifier_stays_in_the_browser():
    flow = AuthorizationFlow.new()
    url = authorization_url("https://id.example/a?x=1", "me", "https://me.example/cb", flow)
    asked = parse_qs(urlsplit(url).query)

    assert flow.verifier not in url
    assert asked["code_challenge"] == [flow.challenge]
    assert (asked["state"], asked["nonce"], asked["x"]) == ([flow.state], [flow.nonce], ["1"])
