"""A market whose buyers speak OpenDirect, and lines for them."""

from collections.abc import Iterator

import pytest

from tests.cloud.api.orders.conftest import Market, open_market
from tests.cloud.app_context import ManualClock, open_app_context

ROOT = "/opendirect/2.1"
ACME = f"{ROOT}/accounts/acme"
FLIGHT = {"startdate": "2026-11-24T07:00:00Z", "enddate": "2026-11-24T09:00:00Z"}
SHARE = {"name": "Delivery", "target": "ShareOfDisplay/ShareOfTime", "targetvalues": ["33.33"]}
LINE = {"productid": "KX-01", **FLIGHT, "producttargeting": [SHARE]}


@pytest.fixture(scope="module")
def market(tmp_path_factory) -> Iterator[Market]:
    with open_app_context(tmp_path_factory.mktemp("opendirect"), ManualClock()) as context:
        yield open_market(context)


def add_line(market: Market, **fields: object) -> str:
    order = market("acme", "POST", f"{ACME}/orders", {"name": "Winter"})
    assert order.status_code == 200, order.text
    line = market("acme", "POST", f"{order.headers['location']}/lines", {**LINE, **fields})
    assert line.status_code == 200, line.text
    return line.headers["location"]
