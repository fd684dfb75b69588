"""Verifying an ID token: signature, issuer, audience, nonce and times.

The rules are those of OpenID Connect Core 1.0, section 3.1.3.7. Only asymmetric algorithms
are accepted: with `none` or a shared secret anybody could write a token.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS: Final = ("RS256", "PS256", "ES256")
LEEWAY_S: Final = 60
"""Difference of the clocks that is accepted."""
MAX_SUBJECT: Final = 255


class IdTokenError(ValueError):
    """A token that identifies no user; the message names the check that failed."""


class UnknownSigningKeyError(IdTokenError):
    """The token was signed with a key that the key set does not have."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The person that a token identifies."""

    issuer: str
    subject: str
    email: str | None
    """Only an address that the provider has verified."""


def verify_id_token(
    token: str, keys: Mapping[str, Any], *, issuer: str, client: str, nonce: str, now: datetime
) -> Identity:
    """The identity of a valid token; raises IdTokenError."""
    claims = _verify_signature(token, keys)
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True},
    )
    try:
        registry.validate(claims)
    except (JoseError, TypeError, ValueError) as error:
        raise IdTokenError(f"the ID token is not valid: {error}") from None
    _verify_party(claims, client)
    _verify_nonce(claims["nonce"], nonce)
    if not 1 <= len(claims["sub"]) <= MAX_SUBJECT:
        raise IdTokenError(f"the subject has {len(claims['sub'])} characters")
    email = claims.get("email") if claims.get("email_verified") is True else None
    return Identity(issuer, claims["sub"], email if isinstance(email, str) else None)


def _verify_signature(token: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    try:
        key_set = KeySet.import_key_set({"keys": [*_signing_keys(keys)]})
    except (JoseError, KeyError, TypeError, ValueError, AttributeError) as error:
        kind = type(error).__name__
        raise IdTokenError(f"the key set of the provider cannot be read: {kind}") from None
    try:
        return dict(jwt.decode(token, key_set, algorithms=[*ALGORITHMS]).claims)
    except (JoseError, TypeError, ValueError) as error:
        kind = type(error).__name__
        if "key" in kind.lower():
            raise UnknownSigningKeyError(f"no key of the provider fits: {kind}") from None
        raise IdTokenError(f"the signature of the ID token is not valid: {kind}") from None


def _signing_keys(keys: Mapping[str, Any]) -> list[Any]:
    found = keys.get("keys")
    if not isinstance(found, list):
        raise IdTokenError("the key set of the provider has no list of keys")
    return [one for one in found if isinstance(one, dict) and one.get("kty") in ("RSA", "EC")]


def _verify_party(claims: Mapping[str, Any], client: str) -> None:
    """A token for several clients must have been issued to this one."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != client:
        raise IdTokenError("the ID token was issued to another client")


def _verify_nonce(found: object, expected: str) -> None:
    if not isinstance(found, str) or not hmac.compare_digest(
        found.encode("utf-8", "replace"), expected.encode()
    ):
        raise IdTokenError("the ID token belongs to another request: its nonce differs")
