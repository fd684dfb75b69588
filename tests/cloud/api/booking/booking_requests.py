"""Requests of buyers to an API that requires keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth.accounts.account import AccountKind, AccountProfile
from cloud.auth.accounts.account_store import create_account
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.database import writing
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock, open_app_context

numbers = count(1)
MONDAY = "2026-11-23T08:00"


def slots(*hours: int, positions: int = 1, location: str = "KX-01") -> dict[str, Any]:
    """A selection of hours of one Monday."""
    return {
        "slots": [
            {
                "location": location,
                "time_slot": f"2026-11-23T{hour:02}:00",
                "positions": positions,
            }
            for hour in hours
        ]
    }


class Caller:
    """One account, or staff; every request has an idempotency key of its own."""

    def __init__(self, client: ApiClient, key: str) -> None:
        self._client = client
        self._key = key

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"x-api-key": self._key, "idempotency-key": f"k-{next(numbers)}"}
        headers |= options.pop("headers", {})
        return self._client(method, path, headers=headers, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self("POST", path, json=body, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self("GET", path, **options)


class Market:
    """Two advertisers and the staff of one API."""

    def __init__(self, context: AppContext, clock: ManualClock) -> None:
        self.context, self.clock = context, clock
        self.client = ApiClient(create_app(context, quota=Quota()))
        self.acme = self._caller(Role.ADVERTISER, "Acme", "acme")
        self.bolt = self._caller(Role.ADVERTISER, "Bolt", "bolt")
        self.sales = self._caller(Role.SALES, "Mary", None)

    def open_agency(self) -> Caller:
        """An agency that acts for Acme."""
        agency = AccountProfile(id="media-co", name="Media Co", kind=AccountKind.AGENCY)
        client = AccountProfile(
            id="acme", name="Acme", kind=AccountKind.ADVERTISER, agency=agency.id
        )
        with writing(self.context.engine) as connection:
            for profile in (agency, client):
                create_account(connection, profile, by="me", now=self.clock.now)
        return self._caller(Role.AGENCY, "Ann", agency.id)

    def _caller(self, role: Role, owner: str, account: str | None) -> Caller:
        more = {} if account is None else {"account": account}
        key = create_key(self.context.engine, role, owner, by="me", now=self.clock.now, **more)
        return Caller(self.client, key)


@contextmanager
def open_market(folder: Path) -> Iterator[Market]:
    clock = ManualClock()
    with open_app_context(folder, clock) as context:
        yield Market(context, clock)
