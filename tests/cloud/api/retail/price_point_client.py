"""A client that sends batches of price points."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from cloud.api.application import create_app
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock, open_app_context
from tests.cloud.ingest.retail.price_messages import NOW, store_master_data

JSON = {"content-type": "application/json"}


class Points(ApiClient):
    """Sends batches with a key."""

    engine: Engine

    def send(self, *points: bytes, key: str = "k1") -> dict[str, object]:
        return self.send_body(b'{"points":[' + b",".join(points) + b"]}", key).json()

    def send_body(self, body: bytes, key: str = "k1") -> httpx.Response:
        headers = JSON | {"Idempotency-Key": key}
        return self("POST", "/api/retail/price-points", content=body, headers=headers)


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Points]:
    with open_app_context(tmp_path, ManualClock(NOW)) as context:
        store_master_data(context.engine)
        client = Points(create_app(context))
        client.engine = context.engine
        yield client
