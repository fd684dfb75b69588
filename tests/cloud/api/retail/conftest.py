"""An API with the price points of two shops."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from cloud.api.application import create_app
from cloud.app.context import AppContext
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.retail.queue_client import QueueClient, open_queue
from tests.cloud.app.retail.shop_rows import add_shops
from tests.cloud.app_context import ManualClock


@pytest.fixture
def shops(context: AppContext) -> ApiClient:
    """juice-1 in s-1 (with an estimate) and in s-2 (without)."""
    add_shops(context.engine)
    app: FastAPI = create_app(context)
    return ApiClient(app)


@pytest.fixture
def queue(tmp_path: Path, clock: ManualClock) -> Iterator[QueueClient]:
    """Six stores with a price of yesterday, and a recommendation for each."""
    with open_queue(tmp_path, clock) as client:
        yield client
