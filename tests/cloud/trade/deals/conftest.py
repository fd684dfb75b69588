"""Acme's deal with a simulated bidder: every request of a test is for another hour."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from cloud.app.context import AppContext
from cloud.trade.deals.bidder_client import BidderClient
from simulators.bidding.server import Bidder
from tests.cloud.api.orders.conftest import Market, open_market
from tests.cloud.app_context import ManualClock, open_app_context
from tests.cloud.rates import CARD, sites

DEALS = "/api/openrtb/deals"


@dataclass
class Exchange:
    """The API, Acme's deal, and the bidder that it asks."""

    market: Market
    bidder: Bidder
    deal: str
    order: str
    hour: int = -1

    def next_slot(self) -> str:
        self.hour += 1
        slot = datetime(2026, 11, 23, 7) + timedelta(hours=self.hour)  # noqa: DTZ001 - a local hour
        return f"{slot:%Y-%m-%dT%H:%M}"

    def ask(
        self, behaviour: str = "bid", slot: str | None = None, key: str | None = None, **fields: Any
    ) -> Any:
        """What became of a request to the bidder."""
        self.bidder.behaviour = behaviour
        body = {"location": "KX-01", "time_slot": slot or self.next_slot(), **fields}
        answer = self.market("sales", "POST", f"{DEALS}/{self.deal}/bid-requests", body, key)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def lines(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.market("acme", "GET", self.order).json()["lines"]
        return found


def create_deal(market: Market, bidder: Bidder, **fields: Any) -> tuple[str, str]:
    """An order of Acme and a deal for it: the address of the order, and the id of the deal."""
    order = market("acme", "POST", "/api/orders", {"name": "Programmatic"}).headers["location"]
    body = {
        "order": order.rpartition("/")[2], "name": "Acme, winter", "url": f"{bidder.url}/openrtb",
        "starts_at": "2026-11-20T00:00:00Z", "ends_at": "2026-12-20T00:00:00Z",
        "tmax_ms": 5_000, **fields,
    }  # fmt: skip
    created = market("sales", "POST", DEALS, body)
    assert created.status_code == 201, created.text
    return order, created.json()["id"]


def open_exchange(market: Market, bidder: Bidder) -> Exchange:
    market.client.app.state.bidders = BidderClient(is_local_allowed=True)
    (creative,) = market("acme", "GET", "/api/creatives").json()["creatives"]
    approved = market("sales", "POST", f"/api/creatives/{creative['id']}/approve")
    assert approved.status_code == 200, approved.text
    order, deal = create_deal(market, bidder)
    return Exchange(market, bidder, deal, order)


@pytest.fixture(scope="module")
def bidder() -> Iterator[Bidder]:
    bidder = Bidder()
    bidder.start()
    yield bidder
    bidder.stop()


@pytest.fixture
def exchange_of_each(engine: Engine, bidder: Bidder) -> Exchange:
    """On SQLite and on PostgreSQL."""
    return open_exchange(open_market(AppContext(engine, sites(), CARD, ManualClock())), bidder)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory, bidder: Bidder) -> Iterator[Exchange]:
    with open_app_context(tmp_path_factory.mktemp("deals"), ManualClock()) as context:
        yield open_exchange(open_market(context), bidder)
