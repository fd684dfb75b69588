"""An API with two advertisers, a campaign of each, and keys of every role."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.campaigns.campaign import make_campaign_id
from cloud.database import writing
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock, open_app_context
from tests.cloud.campaigns.campaign_data import (
    MONDAY,
    SEVEN,
    line,
    report,
    store_lines,
    store_reports,
)

WINTER = make_campaign_id(("acme", "Acme", "Winter"))
SPRING = make_campaign_id(("bolt", "Bolt", "Spring"))


@dataclass
class CampaignApi:
    """The API, its clock, and a key for each caller."""

    client: ApiClient
    context: AppContext
    clock: ManualClock
    keys: dict[str, str]

    def get(self, path: str, by: str = "acme", **options: Any) -> httpx.Response:
        return self.client.get(path, headers={"x-api-key": self.keys[by]}, **options)

    def send(
        self, method: str, path: str, body: Any = None, by: str = "acme", key: str | None = None
    ) -> httpx.Response:
        headers = {"x-api-key": self.keys[by], "idempotency-key": key or str(uuid.uuid4())}
        return self.client(method, path, headers=headers, json=body)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignApi]:
    """Winter (acme): two hours at KX-01 from seven, of which one is measured. Spring is Bolt's."""
    clock = ManualClock(SEVEN + timedelta(hours=2))
    with open_app_context(tmp_path_factory.mktemp("campaigns"), clock) as context:
        with writing(context.engine) as connection:
            store_lines(connection, line(2))
            spring = {"account": "bolt", "advertiser": "Bolt", "campaign": "Spring",
                      "order_id": "SO-2", "line_id": "SO-2-1", "creatives": ("b",)}  # fmt: skip
            store_lines(connection, line(2, **spring))
            store_reports(connection, report(1, 0, a=30, b=6), report(2, 1, unknown=9))
        keys = {
            name: create_key(context.engine, role, name, by="me", now=MONDAY, account=account)
            for name, role, account in (
                ("acme", Role.ADVERTISER, "acme"),
                ("bolt", Role.ADVERTISER, "bolt"),
                *((str(role), role, "staff") for role in Role if role is not Role.ADVERTISER),
            )
        }
        client = ApiClient(create_app(context, quota=Quota()))
        yield CampaignApi(client, context, clock, keys)
