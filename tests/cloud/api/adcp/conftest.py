"""A seller whose buyers speak AdCP: two advertisers, an agency, and products of screens."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from cloud.booking.inventory.dayparts import WeeklyHours
from cloud.booking.inventory.products import NamedDaypart, Product, store_daypart, store_product
from cloud.booking.slots import DeliveryType
from cloud.database import writing
from tests.cloud.api.orders.conftest import Market, open_market
from tests.cloud.app_context import FRIDAY_NOON, ManualClock, open_app_context

ACCOUNT = {"account_id": "acme"}
BRAND = {"domain": "acme.example"}
FLIGHT = {"start_time": "2026-11-24T00:00:00Z", "end_time": "2026-11-25T00:00:00Z"}
PACKAGE = {"product_id": "commuters", "pricing_option_id": "flat-rate-1", "budget": 5000}
BUY = {"account": ACCOUNT, "brand": BRAND, "packages": [PACKAGE], **FLIGHT}
VIDEO = {
    "asset_type": "video", "url": "https://cdn.acme.example/tea.mp4", "width": 1080, "height": 1920,
    "duration_ms": 10_000, "mime_type": "video/mp4",
}  # fmt: skip


@dataclass
class Seller:
    """Calls tools for callers; a change has a new key unless it names one."""

    market: Market

    def __post_init__(self) -> None:
        self._numbers = itertools.count()

    def post(self, who: str, message: object, **headers: str) -> httpx.Response:
        sent = {"authorization": f"Bearer {self.market.keys[who]}", **headers}
        return self.market.client("POST", "/mcp", headers=sent, json=message)

    def result(self, tool: str, who: str = "acme", **arguments: object) -> dict[str, Any]:
        params = {"name": tool, "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        answer = self.post(who, message)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["result"]
        return found

    def __call__(self, tool: str, who: str = "acme", **arguments: object) -> dict[str, Any]:
        found = self.result(tool, who, **arguments)
        assert not found["isError"], found["structuredContent"]
        content: dict[str, Any] = found["structuredContent"]
        return content

    def refuse(self, tool: str, who: str = "acme", **arguments: object) -> dict[str, Any]:
        found = self.result(tool, who, **arguments)
        assert found["isError"], found["structuredContent"]
        refusal: dict[str, Any] = found["structuredContent"]["adcp_error"]
        return refusal

    def new_key(self) -> str:
        return f"idempotency-key-{next(self._numbers)}"

    def change(self, tool: str, who: str = "acme", **arguments: object) -> dict[str, Any]:
        return self(tool, who, **{"idempotency_key": self.new_key(), **arguments})

    def refuse_change(self, tool: str, who: str = "acme", **arguments: object) -> dict[str, Any]:
        return self.refuse(tool, who, **{"idempotency_key": self.new_key(), **arguments})

    def buy(self, **arguments: object) -> dict[str, Any]:
        return self.change("create_media_buy", **{**BUY, **arguments})

    def sync(self, name: str, **arguments: object) -> dict[str, Any]:
        """Stores a creative of Acme."""
        reference = {"agent_url": "http://localhost/mcp", "id": "screen"}
        creative = {
            "creative_id": name, "name": name, "format_id": reference, "assets": {"video": VIDEO},
        }  # fmt: skip
        fields = {"account": ACCOUNT, "creatives": [creative], **arguments}
        return self.change("sync_creatives", **fields)


def store_products(market: Market) -> None:
    peak = WeeklyHours("7-9", frozenset(range(1, 6)), "local")
    named = {"changed_by": "a test", "changed_at": FRIDAY_NOON}
    with writing(market.context.engine) as connection:
        store_daypart(connection, NamedDaypart(id="peak", name="Peak", daypart=peak, **named))
        for name, locations, daypart in (
            ("commuters", ("KX-01",), "peak"), ("stations", ("LB-01", "WA-01"), None),
        ):  # fmt: skip
            product = Product(
                id=name, name=name.title(), delivery=DeliveryType.GUARANTEED, locations=locations,
                daypart=daypart, min_hours=1, **named,
            )  # fmt: skip
            store_product(connection, product)


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def seller(tmp_path_factory, clock: ManualClock) -> Iterator[Seller]:
    with open_app_context(tmp_path_factory.mktemp("adcp"), clock) as context:
        market = open_market(context)
        store_products(market)
        yield Seller(market)
