"""Two API servers on one PostgreSQL: sessions, changes and live events of one are those of both."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from cloud import database
from cloud.app.context import AppContext
from cloud.app.sign_in.sign_in_state import SignInOptions
from cloud.auth.accounts.account import AccountKind
from cloud.auth.keys import Role
from cloud.auth.quota import Quota
from tests.cloud.api.live_clients import (
    SseClient,
    read_to_cursor,
    read_windows,
    serving,
    subscribed,
)
from tests.cloud.people import CHEAP, PASSWORD, add_account, add_user
from tests.cloud.rates import CARD, sites

pytestmark = [
    pytest.mark.usefixtures("short_live_intervals"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
OPTIONS = {"quota": Quota(), "sign_in_options": SignInOptions(CHEAP)}


@pytest.fixture
def servers(live_context: AppContext, database_url: str, clock) -> Iterator[tuple[str, str]]:
    """The addresses of two servers that share nothing but the database."""
    other: Engine = database.connect(database_url)
    with (
        serving(live_context, **OPTIONS) as first,
        serving(AppContext(other, sites(), CARD, clock), **OPTIONS) as second,
    ):
        yield first, second
    other.dispose()


def sign_in(address: str) -> tuple[httpx.Client, dict[str, str]]:
    """A browser with the cookie of a session, and the header that its changes need."""
    browser = httpx.Client(timeout=20)
    body = {"email": "ann@owner.example", "password": PASSWORD}
    me = browser.post(f"http://{address}/api/sign-in", json=body).raise_for_status().json()
    return browser, {"x-csrf-token": me["csrf_token"], "idempotency-key": "key-1"}


def test_a_user_of_one_server_is_known_to_the_other(live_context, clock, servers, count_reports):
    first, second = servers
    with database.writing(live_context.engine) as connection:
        owner = add_account(connection, "owner", clock.now, AccountKind.MEDIA_OWNER)
        add_user(connection, owner, "ann", clock.now, Role.ADMIN)
    browser, change = sign_in(first)

    me = browser.get(f"http://{second}/api/me").json()
    assert (me["account"], me["roles"]) == ("owner", ["admin"])
    body = {"id": "acme", "name": "Acme Ltd", "kind": "advertiser", "currency": "GBP"}
    made = browser.post(f"http://{second}/api/accounts", json=body, headers=change)
    assert made.status_code == 201, made.text
    found = browser.get(f"http://{first}/api/accounts/acme")
    assert found.json()["name"] == "Acme Ltd"

    cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    with (
        subscribed(SseClient, first, **cookie) as one,
        subscribed(SseClient, second, **cookie) as another,
    ):
        read_to_cursor(one)
        read_to_cursor(another)
        count_reports("KX-01", 2)
        assert read_windows(one, bool) == read_windows(another, bool)

    assert browser.post(f"http://{first}/api/sign-out", headers=change).status_code == 204
    cookies = {"cookie": cookie["cookie"]}
    assert httpx.get(f"http://{second}/api/me", headers=cookies).status_code == 401
    browser.close()
