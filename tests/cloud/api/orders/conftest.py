"""Buyers and staff with keys, and quotes, over an API that requires keys."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth.accounts.account import AccountKind, AccountProfile
from cloud.auth.accounts.account_store import create_account
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.booking.quote_locks import LockedQuote, store_quote
from cloud.campaigns.creatives import NewCreative, create_creative
from cloud.database import writing
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.booking.orders.order_steps import priced_quote

ORDERS = "/api/orders"
PEOPLE = {
    "acme": (Role.ADVERTISER, "acme"), "bolt": (Role.ADVERTISER, "bolt"),
    "sales": (Role.SALES, None), "finance": (Role.FINANCE, None), "admin": (Role.ADMIN, None),
    "operations": (Role.OPERATIONS, None),
}  # fmt: skip


@dataclass
class Market:
    """Sends requests of several callers; a change has a new key unless it names one."""

    client: ApiClient
    context: AppContext
    keys: dict[str, str]

    def __post_init__(self) -> None:
        self._numbers = itertools.count()

    def __call__(
        self, who: str, method: str, path: str, body: object = None, key: str | None = None
    ) -> httpx.Response:
        headers = {
            "x-api-key": self.keys[who],
            "idempotency-key": key or f"key-{next(self._numbers)}",
        }
        return self.client(
            method, path, headers=headers, **({} if body is None else {"json": body})
        )

    def quote(self, account: str = "acme", **fields: object) -> str:
        """A stored quote; its id."""
        quote: LockedQuote = priced_quote(account=account, **fields)
        name = f"{next(self._numbers):032x}"
        now = self.context.clock()
        valid = {"valid_until": now + timedelta(minutes=30)} | fields
        stored = replace(quote, id=name, created_at=now, valid_until=valid["valid_until"])
        with writing(self.context.engine) as connection:
            store_quote(connection, stored)
        return name

    def order(self, who: str = "acme", **fields: object) -> str:
        """The path of a new order with the lines of a quote."""
        placed = self(who, "POST", ORDERS, {"name": "Winter"})
        assert placed.status_code == 201, placed.text
        where = placed.headers["location"]
        added = self(who, "POST", f"{where}/lines", {"quote": self.quote(who, **fields)})
        assert added.status_code == 201, added.text
        return where

    def act(self, who: str, where: str, action: str, **fields: object) -> httpx.Response:
        return self(who, "POST", f"{where}/actions", {"action": action, **fields})


def open_market(context: AppContext) -> Market:
    with writing(context.engine) as connection:
        for name in ("acme", "bolt"):
            profile = AccountProfile(
                id=name, name=name.title(), kind=AccountKind.ADVERTISER, credit_limit_minor=10**6
            )
            create_account(connection, profile, by="me", now=FRIDAY_NOON)
        new = NewCreative(
            account="acme", name="spring-sale", sha256="a" * 64, reference=None,
            media_type="video/mp4", width_px=1080, height_px=1920,
            duration=timedelta(seconds=10), categories=(),
        )  # fmt: skip
        create_creative(connection, new, by="me", now=FRIDAY_NOON)
    keys = {
        name: create_key(context.engine, role, name, by="me", now=FRIDAY_NOON, account=account)
        for name, (role, account) in PEOPLE.items()
    }
    return Market(ApiClient(create_app(context, quota=Quota(questions=100_000))), context, keys)


@pytest.fixture
def market(context: AppContext) -> Market:
    return open_market(context)


@pytest.fixture
def market_of_each(live_context: AppContext) -> Market:
    """On SQLite and on PostgreSQL."""
    return open_market(live_context)


Act = Callable[..., httpx.Response]
