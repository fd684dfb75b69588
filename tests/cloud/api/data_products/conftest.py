"""A server with a lake, and files to send to it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.products.open_lake import ServedProducts
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock
from tests.cloud.products.conftest import HEADING

PATH = "/api/data-products"
TODAY = ManualClock()().date()
ORDERS = HEADING + "".join(
    f"A{n},c{n % 3},{TODAY - timedelta(days=n)},paid,{n}.00,GBP\n" for n in range(1, 8)
)


@pytest.fixture
def api(context: AppContext, tmp_path: Path) -> ApiClient:
    served = ServedProducts(str(tmp_path / "lake"))
    return ApiClient(create_app(replace(context, served_products=served)))


def send(
    api: ApiClient, product: str, name: str, content: str, *, to: str = "uploads"
) -> httpx.Response:
    return api("POST", f"{PATH}/{product}/{to}?name={name}", content=content.encode())
