"""What an API process needs to sign users in: parameters, the mailer, the log, counters."""

from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry, Counter
from starlette.requests import HTTPConnection

from cloud.app.sign_in.mailer import Mailer, MailNotConfiguredError
from cloud.app.sign_in.openid_provider import OpenIdProvider
from cloud.auth.users.failure_log import FailureLog
from cloud.auth.users.password import Passwords

RATE_LIMITED: Final = "rate_limited"
"""The outcome of an attempt that was refused before the password was verified."""


@dataclass(frozen=True)
class SignInOptions:
    """The options of one installation."""

    passwords: Passwords = field(default_factory=Passwords)
    mailer: Mailer | None = None
    openid: OpenIdProvider | None = None


@dataclass(frozen=True)
class SignInState:
    """The state of one application."""

    options: SignInOptions
    sign_ins: Counter
    failures: FailureLog = field(default_factory=FailureLog)

    @property
    def passwords(self) -> Passwords:
        """The parameters of hashes."""
        return self.options.passwords

    def require_mailer(self) -> Mailer:
        """The mailer, or MailNotConfiguredError."""
        if self.options.mailer is None:
            raise MailNotConfiguredError
        return self.options.mailer


def new_sign_in_state(options: SignInOptions, registry: CollectorRegistry) -> SignInState:
    """The state of an application whose metrics are in `registry`."""
    counter = Counter(
        "onlooker_sign_ins",
        "Attempts to sign in, by method and outcome",
        ("method", "outcome"),
        registry=registry,
    )
    return SignInState(options, counter)


def get_sign_in(connection: HTTPConnection) -> SignInState:
    """The state of the application that answers a request."""
    state: SignInState = connection.app.state.sign_in
    return state
