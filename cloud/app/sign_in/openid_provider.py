"""The configured OpenID provider over HTTPS: its metadata, its keys, and the exchange of a code.

Every answer is bounded in time and size. Metadata and keys are cached for an hour; a token with an
unknown key has them read again, at most once a minute.
"""

import http.client
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus, urlencode

import msgspec

from cloud.auth.openid.authorization import AuthorizationFlow, authorization_url
from cloud.auth.openid.id_token import (
    Identity,
    IdTokenError,
    UnknownSigningKeyError,
    verify_id_token,
)
from cloud.messaging.deadline import Deadline
from cloud.messaging.http_request import http_request
from wire.addresses import WEB_SCHEMES, NetworkAddress, parse_address
from wire.hosts import AddressError

CALL_S: Final = 10.0
MOST_BYTES: Final = 256 * 1024
CACHED_FOR: Final = timedelta(hours=1)
READ_AGAIN_AFTER: Final = timedelta(minutes=1)
METADATA: Final = "/.well-known/openid-configuration"
FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
CALLBACK: Final = "/api/sign-in/openid/callback"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Answer = TypeVar("Answer")


class OpenIdProviderError(RuntimeError):
    """The provider cannot be used; the message has no part of a token or secret."""


class ProviderStatusError(OpenIdProviderError):
    """The provider answered a request with another status than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the provider refused the request ({status})")
        self.status = status


class Metadata(msgspec.Struct, frozen=True):
    """The fields of the metadata that are used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _TokenResponse(msgspec.Struct, frozen=True):
    id_token: str


@dataclass(frozen=True, slots=True)
class _Cached:
    metadata: Metadata
    keys: dict[str, Any]
    read_at: datetime


@dataclass
class OpenIdProvider:
    """One provider; `link` is the address of the pages, to which it sends the browser back."""

    issuer: str
    client: str
    secret: str | None = field(repr=False)
    link: str
    _cached: _Cached | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def redirect(self) -> str:
        """The callback; never taken from a request, whose `Host` an attacker could choose."""
        return f"{self.link}{CALLBACK}"

    def begin(self, flow: AuthorizationFlow, now: datetime) -> str:
        """Where to send the browser; raises OpenIdProviderError."""
        endpoint = self._read(now).metadata.authorization_endpoint
        return authorization_url(endpoint, self.client, self.redirect, flow)

    def identify(self, code: str, flow: AuthorizationFlow, now: datetime) -> Identity:
        """Exchange a code for a verified identity.

        Raises:
            OpenIdProviderError: the provider cannot be reached or did not accept the code.
            IdTokenError: its token is not valid for this attempt.
        """
        cached = self._read(now)
        token = self._exchange(cached.metadata, code, flow)
        try:
            return self._verify(token, cached, flow, now)
        except UnknownSigningKeyError:
            if now < cached.read_at + READ_AGAIN_AFTER:
                raise
            return self._verify(token, self._read(now, renew=True), flow, now)

    def _verify(
        self, token: str, cached: _Cached, flow: AuthorizationFlow, now: datetime
    ) -> Identity:
        return verify_id_token(
            token, cached.keys, issuer=self.issuer, client=self.client, nonce=flow.nonce, now=now
        )

    def _read(self, now: datetime, *, renew: bool = False) -> _Cached:
        with self._lock:
            cached = self._cached
            if cached is None or renew or now >= cached.read_at + CACHED_FOR:
                metadata = _get(f"{self.issuer}{METADATA}", Metadata)
                if metadata.issuer != self.issuer:
                    raise OpenIdProviderError(
                        f"the provider calls itself {metadata.issuer[:80]!r}: configure that issuer"
                    )
                cached = _Cached(metadata, _get(metadata.jwks_uri, dict[str, Any]), now)
                self._cached = cached
            return cached

    def _exchange(self, metadata: Metadata, code: str, flow: AuthorizationFlow) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "client_id": self.client,
            "code_verifier": flow.verifier,
        }
        headers = {"Content-Type": FORM, "Accept": JSON}
        if self.secret is not None:
            pair = f"{quote_plus(self.client)}:{quote_plus(self.secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        body = urlencode(form).encode()
        try:
            return _call(metadata.token_endpoint, _TokenResponse, body, headers).id_token
        except ProviderStatusError as error:
            if error.status // 100 != 4:
                raise
            raise IdTokenError(f"the provider did not accept the code ({error.status})") from None


def read_issuer(text: str) -> str:
    """The address of a provider without its last slash; raises OpenIdProviderError."""
    return str(_address(text).without_credentials_uri()).rstrip("/")


def _address(text: str) -> NetworkAddress:
    """An https:// address, or http:// to this machine: codes and tokens are secrets."""
    try:
        address = parse_address(text, WEB_SCHEMES)
    except AddressError as error:
        raise OpenIdProviderError(f"an address of the provider cannot be read: {error}") from None
    if not (address.is_secure or address.host in LOOPBACK):
        raise OpenIdProviderError("an address of the provider is not https://: correct it")
    return address


def _get(url: str, kind: type[Answer]) -> Answer:
    return _call(url, kind, None, {"Accept": JSON})


def _call(url: str, kind: type[Answer], body: bytes | None, headers: dict[str, str]) -> Answer:
    try:
        answer = http_request(
            _address(url), Deadline.after(CALL_S), body=body, headers=headers, most_bytes=MOST_BYTES
        )
    except (OSError, http.client.HTTPException) as error:
        kind_of = type(error).__name__
        raise OpenIdProviderError(f"the provider cannot be reached: {kind_of}") from error
    if answer.status != 200 or not answer.is_whole:
        raise ProviderStatusError(answer.status)
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.DecodeError:
        raise OpenIdProviderError("the provider did not answer as OpenID requires") from None
