"""An ID token of PyJWT is verified; one with any wrong part is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from cloud.auth.openid.id_token import (
    Identity,
    IdTokenError,
    UnknownSigningKeyError,
    verify_id_token,
)
from tests.cloud.openid_server import new_key, public_jwk

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ISSUER, CLIENT, NONCE = "https://id.example", "onlooker", "n" * 43
KEY = new_key()
KEYS = {"keys": [public_jwk(KEY, "first"), {"kty": "unknown"}, {"kty": "oct", "k": "AAAA"}]}
CLAIMS = {
    "iss": ISSUER, "aud": CLIENT, "sub": "user 1", "nonce": NONCE, "email": "ann@acme.example",
    "email_verified": True, "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 300,
}  # fmt: skip


def sign(changes: dict[str, Any], key: Any = KEY, kid: str = "first", alg: str = "RS256") -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return jwt.encode(claims, key, alg, headers={"kid": kid})


def verify(token: str, keys: dict[str, Any] = KEYS, now: datetime = NOW) -> Identity:
    return verify_id_token(token, keys, issuer=ISSUER, client=CLIENT, nonce=NONCE, now=now)


def test_a_valid_token_identifies_its_subject():
    assert verify(sign({})) == Identity(ISSUER, "user 1", "ann@acme.example")
    several = {"aud": ["other", CLIENT], "azp": CLIENT}
    assert verify(sign(several)).subject == "user 1"


@pytest.mark.parametrize("verified", [False, "true", 1, None])
def test_an_address_that_the_provider_has_not_verified_is_not_used(verified):
    assert verify(sign({"email_verified": verified})).email is None


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["other", CLIENT]},
        {"azp": "other"},
        {"nonce": "m" * 43},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"exp": int(NOW.timestamp()) - 61},
        {"exp": None},
        {"iat": int(NOW.timestamp()) + 120},
        {"nbf": int(NOW.timestamp()) + 120},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(changes):
    with pytest.raises(IdTokenError):
        verify(sign(changes))


def test_a_token_expires():
    token = sign({})
    verify(token, now=NOW + timedelta(seconds=359))
    with pytest.raises(IdTokenError):
        verify(token, now=NOW + timedelta(seconds=361))


def test_a_token_of_another_key_is_refused():
    other = new_key()
    with pytest.raises(IdTokenError, match="signature"):
        verify(sign({}, other))
    with pytest.raises(UnknownSigningKeyError):
        verify(sign({}, other, kid="second"))


def test_a_token_without_an_asymmetric_signature_is_refused():
    with pytest.raises(IdTokenError):
        verify(sign({}, "", alg="none"))
    shared = public_jwk(KEY, "first")["n"].encode()
    with pytest.raises(IdTokenError):
        verify(sign({}, shared, alg="HS256"))


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 100_000, "é", "....."])
def test_what_is_no_token_is_refused(token: str):
    with pytest.raises(IdTokenError):
        verify(token)


@pytest.mark.parametrize("keys", [{}, {"keys": 3}, {"keys": []}, {"keys": [{"kty": "RSA"}]}])
def test_a_key_set_that_cannot_be_used_is_refused(keys):
    with pytest.raises(IdTokenError):
        verify(sign({}), keys)
