"""An API with accounts, users, and a browser that keeps cookies as a real one does."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import HEADER
from cloud.app.sign_in.mailer import Mailer
from cloud.app.sign_in.sign_in_state import SignInOptions
from cloud.auth.accounts.account import AccountKind
from cloud.auth.audit import read_entries
from cloud.auth.quota import Quota
from cloud.auth.session_cookie import CSRF_HEADER
from cloud.auth.users.user import User
from cloud.database import reading, writing
from cloud.messaging.smtp import MailRelay
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import FRIDAY_NOON, ManualClock, open_app_context
from tests.cloud.databases import copy_filled
from tests.cloud.people import CHEAP, PASSWORD, add_account, add_user

NUMBERS = itertools.count()


@dataclass
class Browser:
    """Sends the cookies that it was given, and the token for changes that a page has read."""

    app: FastAPI
    base: str = "http://localhost"
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def __call__(self, method: str, path: str, **options: object) -> httpx.Response:
        headers = {"host": self.base.partition("//")[2], HEADER: f"key-{next(NUMBERS)}"}
        if self.csrf:
            headers[CSRF_HEADER] = self.csrf
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers |= options.pop("headers", {})  # type: ignore[operator]
        answer = ApiClient(self.app)(method, f"{self.base}{path}", headers=headers, **options)
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        return answer

    def sign_in(self, email: str, password: str = PASSWORD, **options: object) -> httpx.Response:
        body = {"email": email, "password": password}
        answer = self("POST", "/api/sign-in", json=body, **options)
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf_token"]
        return answer


@dataclass(frozen=True)
class Office:
    """The application with its users, the mails that were sent, and a clock."""

    context: AppContext
    clock: ManualClock
    app: FastAPI
    mails: list[EmailMessage]
    admin: User
    buyer: User
    manager: User
    agent: User

    def browser(self, user: User | None = None) -> Browser:
        """A new browser, in which a user has signed in."""
        browser = Browser(self.app)
        if user is not None:
            assert browser.sign_in(user.email).status_code == 200
        return browser

    def token_of_last_mail(self) -> str:
        return self.mails[-1].get_content().partition("#")[2].split()[0]


def open_office(context: AppContext, clock: ManualClock, users: Sequence[User]) -> Office:
    """The application of users of a media owner, of the advertiser Acme, and of Bolt's agency."""
    mails: list[EmailMessage] = []
    mailer = Mailer(MailRelay(), "https://sales.example", lambda _, mail, __: mails.append(mail))
    options = SignInOptions(CHEAP, mailer)
    app = create_app(context, quota=Quota(), sign_in_options=options)
    return Office(context, clock, app, mails, *users)


def add_everybody(engine: Engine) -> list[User]:
    with writing(engine) as connection:
        owner = add_account(connection, "owner", FRIDAY_NOON, AccountKind.MEDIA_OWNER)
        agency = add_account(connection, "media", FRIDAY_NOON, AccountKind.AGENCY)
        acme = add_account(connection, "acme", FRIDAY_NOON)
        add_account(connection, "bolt", FRIDAY_NOON, agency="media")
        return [
            add_user(connection, owner, "ann", FRIDAY_NOON),
            add_user(connection, acme, "bob", FRIDAY_NOON),
            add_user(connection, acme, "cat", FRIDAY_NOON, manages_users=True),
            add_user(connection, agency, "dan", FRIDAY_NOON),
        ]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = ManualClock()
    users = copy_filled(tmp_path, add_everybody)
    with open_app_context(tmp_path, clock) as context:
        yield open_office(context, clock, users)


Actions = Callable[[], list[str]]


@pytest.fixture
def read_actions(office: Office) -> Actions:
    """The actions in the audit log, oldest first."""

    def read() -> list[str]:
        with reading(office.context.engine) as connection:
            return [entry.action for entry in read_entries(connection)]

    return read
