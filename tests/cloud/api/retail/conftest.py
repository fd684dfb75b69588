"""An API with the price points of two shops."""

import pytest
from fastapi import FastAPI

from cloud.api.application import create_app
from cloud.app.context import AppContext
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app.retail.shop_rows import add_shops


@pytest.fixture
def shops(context: AppContext) -> ApiClient:
    """juice-1 in s-1 (with an estimate) and in s-2 (without)."""
    add_shops(context.engine)
    app: FastAPI = create_app(context)
    return ApiClient(app)
