"""The context, the clock and the client of the API's tests, and a Redis for a whole run."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from cloud.pricing.rate_card import RateCard
from tests.cloud.api.conftest import ApiClient, _rates_of_the_tests, ask, clock, context, override
from tests.cloud.rates import CARD
from tests.cloud.redis_server import RedisServer

__all__ = ["_rates_of_the_tests", "ask", "clock", "context", "override"]


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


def screens_of(asker: ApiClient, path: str) -> tuple[list[str], dict[str, str]]:
    """The screens of the answer, and those left out with the reason."""
    answer = asker.get(path)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    left_out = {one["location"]: one["reason"] for one in page["left_out"]}
    return [one["dooh"]["id"] for one in page["screens"]], left_out


def card(tenths: int) -> RateCard:
    """A card of its own version, with a traffic factor of so many tenths at busy stations."""
    traffic = {"high_traffic_station": Decimal(tenths) / 10}
    return msgspec.structs.replace(CARD, version=f"card-{tenths}", traffic=traffic)
