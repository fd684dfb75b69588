"""The context, the clock and the client of the API's tests, and a Redis for a whole run."""

from collections.abc import Iterator

import pytest

from tests.cloud.api.conftest import ApiClient, _rates_of_the_tests, ask, clock, context, override
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
