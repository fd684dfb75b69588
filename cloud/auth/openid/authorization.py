"""The authorization request of OpenID Connect: code flow with PKCE (RFC 7636), state and nonce.

The three random values are kept in a cookie of the browser that began, so the flow needs no table
and a callback works in no other browser. `state` binds the callback to the browser, `nonce` the
token to the request, and the verifier the code to the request.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

SCOPE: Final = "openid email"
_WRITTEN: Final = re.compile(r"([\w-]{43})\.([\w-]{43})\.([\w-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class AuthorizationFlow:
    """The random values of one attempt to sign in."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "AuthorizationFlow":
        """A new attempt."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @classmethod
    def read(cls, cookie: str | None) -> "AuthorizationFlow | None":
        """The attempt that a cookie describes, if it is one."""
        found = _WRITTEN.fullmatch(cookie or "")
        return None if found is None else cls(*found.groups())

    def __str__(self) -> str:
        """As the cookie has it."""
        return f"{self.state}.{self.nonce}.{self.verifier}"

    @property
    def challenge(self) -> str:
        """The digest of the verifier, by the method S256."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    def has_state(self, state: str) -> bool:
        """Whether a callback belongs to this attempt."""
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "replace"))


def authorization_url(endpoint: str, client: str, redirect: str, flow: AuthorizationFlow) -> str:
    """Where the browser is sent to."""
    query = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": redirect,
        "scope": SCOPE,
        "state": flow.state,
        "nonce": flow.nonce,
        "code_challenge": flow.challenge,
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"
