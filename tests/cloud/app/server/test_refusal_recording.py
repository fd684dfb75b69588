"""Refused requests are recorded after their answer; the state of the database changes no answer."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from cloud import database
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import HEADER
from cloud.auth.audit import read_entries
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.auth.refusal_log import REFUSE
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock, open_app_context
from tests.cloud.people import add_account


class Shop:
    """An API with the keys of an advertiser and of staff."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.client = ApiClient(create_app(context, quota=Quota(100_000)))
        with database.writing(context.engine) as connection:
            add_account(connection, "acme", context.clock())
        self.buyer = self.key(Role.ADVERTISER, "acme")
        self.staff = self.key(Role.SALES, "owner")

    def key(self, role: Role, account: str) -> str:
        now = self.context.clock()
        return create_key(self.context.engine, role, "ann", by="a test", now=now, account=account)

    def ask(self, method: str, path: str, key: str, **options: object) -> httpx.Response:
        return self.client(method, path, headers={"x-api-key": key, HEADER: "k"}, **options)

    def refused(self) -> list[tuple[str, str, int, str]]:
        """Object, route, status and reason of each entry."""
        with database.reading(self.context.engine) as connection:
            found = [one for one in read_entries(connection) if one.action == REFUSE]
        details = [msgspec.json.decode(one.details) for one in found]
        return [
            (one.object, each["route"], each["status"], each["reason"])
            for one, each in zip(found, details, strict=True)
        ]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_app_context(tmp_path, ManualClock()) as context:
        yield Shop(context)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_buyer_who_reads_an_unknown_order_is_recorded(shop: Shop, method: str):
    assert shop.ask(method, "/api/orders/a1", shop.buyer).status_code == 404
    assert shop.refused() == [("a1", "/api/orders/{order}", 404, "unknown-order")]


def test_what_is_not_an_attempt_on_an_account_is_not_recorded(shop: Shop):
    asked = [
        shop.ask("GET", "/api/orders/a1", shop.staff),  # staff see every account
        shop.ask("GET", "/api/pricing/slot/XX-99/2026-11-23T08:00", shop.buyer),
        shop.ask("GET", "/nothing/here", shop.buyer),
        shop.ask("POST", "/nothing/here", shop.buyer),
        shop.ask("GET", "/api/orders/a1", "onl_wrong"),
    ]
    assert [one.status_code for one in asked] == [404, 404, 404, 404, 401]
    assert shop.refused() == []


def test_a_role_that_is_too_low_and_a_refused_change_are_recorded(shop: Shop):
    shop.ask("GET", "/api/alerts", shop.buyer)
    shop.ask("POST", "/api/orders", shop.buyer, json={"name": "", "secret": "s3cret"})
    assert shop.refused() == [
        ("-", "/api/alerts", 403, "forbidden"),
        ("-", "/api/orders", 422, "invalid-request"),
    ]
    with database.reading(shop.context.engine) as connection:
        assert "s3cret" not in str(list(read_entries(connection)))


def test_a_refused_tool_is_recorded_with_its_code(shop: Shop):
    called = {"name": "update_media_buy", "arguments": {"media_buy_id": "m1"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": called}
    assert shop.ask("POST", "/mcp", shop.buyer, json=message).status_code == 200
    ((about, route, status, reason),) = shop.refused()
    assert (about, route, status) == ("-", "/mcp", 200)
    assert reason.startswith("update_media_buy:")


def test_a_refusal_of_opendirect_is_recorded_with_its_reason(shop: Shop):
    path = "/opendirect/2.1/accounts/acme/orders"
    assert shop.ask("POST", path, shop.buyer, json={"name": 7}).status_code == 400
    ((about, _, status, reason),) = shop.refused()
    assert (about, status, reason) == ("acme", 400, "invalid-request")


def test_a_database_that_is_read_only_changes_no_answer(
    shop: Shop, caplog: pytest.LogCaptureFixture
):
    shop.ask("GET", "/api/orders/a1", shop.buyer)
    set_read_only(shop, "ON")
    refused = shop.ask("GET", "/api/orders/a1", shop.buyer)
    assert (refused.status_code, refused.json()["title"]) == (404, "Unknown order")
    assert "refusals.not_recorded" in [one.message for one in caplog.records]
    set_read_only(shop, "OFF")
    assert len(shop.refused()) == 1


def set_read_only(shop: Shop, state: str) -> None:
    """Of the only connection of the pool."""
    with shop.context.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA query_only = {state}")
        connection.commit()
