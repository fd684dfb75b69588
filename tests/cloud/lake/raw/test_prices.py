"""Published sheets become a row for each hour, and trusted rows when they meet their contract."""

import json
import zlib
from base64 import b64encode
from datetime import date, timedelta

import numpy as np
import pytest

from cloud.database import writing
from cloud.database.prices import price_sheets
from cloud.lake.lake import Lake
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.raw.prices import MOST_HOURS, RAW_PRICES, read_prices
from cloud.lake.reader import read_table
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from cloud.lake.trusted.repair import repair_row
from cloud.lake.trusted.tables import ROW_QUARANTINE
from cloud.sales.price_sheet import PriceSheet, store_sheet
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST_AT = NOW + HOUR
(FEED,) = [feed for feed in FEEDS if feed.name == "price sheets"]
(CONTRACTED,) = [one for one in contracted_tables() if one.source is RAW_PRICES]


def publish(lake: Lake, *prices_minor: int, **more: object) -> None:
    fields = {
        "location": "KX-01", "published_on": NOW.date(), "published_at": NOW, "first_at": FIRST_AT,
        "versions": "card 1", "currency": "GBP",
        "prices_minor": np.array(prices_minor, dtype=np.int64),
    }  # fmt: skip
    with writing(lake.engine) as connection:
        store_sheet(connection, PriceSheet(**(fields | more)))


def update(lake: Lake) -> None:
    list(FEED.land(lake, NOW))
    list(FEED.promote(lake, NOW))


@SQLITE_ONLY
def test_a_sheet_is_a_row_for_each_hour(lake: Lake):
    publish(lake, 100, 2**32)
    publish(lake, 7, location="LB-01", currency=None, published_at=NOW + DAY)
    update(lake)
    rows = sorted(read_table(lake, RAW_PRICES).to_pylist(), key=lambda row: row["price_minor"])
    assert rows[1] == {
        "day": NOW.date(), "location": "KX-01", "published_on": NOW.date(), "published_at": NOW,
        "hour_at": FIRST_AT, "price_minor": 100, "currency": "GBP", "versions": "card 1",
    }  # fmt: skip
    assert (rows[2]["hour_at"], rows[2]["price_minor"]) == (FIRST_AT + HOUR, 2**32)
    assert (rows[0]["location"], rows[0]["currency"], rows[0]["day"]) == (
        "LB-01", None, (NOW + DAY).date(),
    )  # fmt: skip


@SQLITE_ONLY
def test_a_sheet_that_cannot_be_read_is_quarantined_alone(lake: Lake):
    publish(lake, 100)
    with writing(lake.engine) as connection:
        connection.execute(price_sheets.update().values(body=b"\x00"))
    publish(lake, 200, location="LB-01")
    update(lake)
    assert read_table(lake, RAW_PRICES).column("price_minor").to_pylist() == [200]
    (row,) = read_table(lake, QUARANTINE).to_pylist()
    assert (row["table_name"], row["rule"], row["source_id"]) == (
        "raw.published_prices", "readable", 1,
    )  # fmt: skip


@SQLITE_ONLY
def test_a_sheet_that_a_restored_database_publishes_again_replaces_the_one_of_before(lake: Lake):
    publish(lake, 100)
    update(lake)
    with writing(lake.engine) as connection:
        connection.execute(price_sheets.delete())
    publish(lake, 200, published_at=NOW + HOUR / 2)
    update(lake)
    (result,) = promote_days(lake, [CONTRACTED], now=NOW)
    assert (result.promoted, result.quarantined) == (1, 0)
    assert read_table(lake, CONTRACTED.target).column("price_minor").to_pylist() == [200]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("?", "expected deflated numbers in base64"),
        (b64encode(zlib.compress(b"")).decode(), "found 0 bytes, expected complete numbers"),
        (b64encode(zlib.compress(b"1234567")).decode(), "found 7 bytes"),
        (b64encode(zlib.compress(bytes(MOST_HOURS * 8 + 8))).decode(), "1 to 10000"),
        (b64encode(zlib.compress(bytes(80))[:-6]).decode(), "expected complete numbers of 8 bytes"),
    ],
)
def test_a_body_that_is_no_sheet_is_refused(body: str, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        read_prices(body)


BROKEN = (
    ("location_format", {"location": "KX 01"}),
    ("hour_start", {"location": "A", "first_at": FIRST_AT + timedelta(minutes=1)}),
    ("hour_ahead", {"location": "B", "first_at": NOW - HOUR}),
    ("day_of_publication", {"location": "C", "published_on": date(2026, 11, 1)}),
    ("price_plausible", {"location": "D", "prices_minor": np.array([-1])}),
    ("currency_format", {"location": "E", "currency": "£"}),
)


@SQLITE_ONLY
def test_a_row_that_breaks_a_rule_is_quarantined_under_it(lake: Lake):
    for _, changes in BROKEN:
        publish(lake, 100, **changes)
    publish(lake, 100)
    update(lake)
    (result,) = promote_days(lake, [CONTRACTED], now=NOW)
    assert (result.promoted, result.quarantined) == (1, len(BROKEN))
    found = read_table(lake, ROW_QUARANTINE).column("rule").to_pylist()
    assert sorted(found) == sorted(rule for rule, _ in BROKEN)
    assert {rule.name for rule in CONTRACTED.contract.rules} == set(found)


@SQLITE_ONLY
def test_a_quarantined_price_is_corrected(lake: Lake):
    publish(lake, -1, first_at=FIRST_AT + timedelta(minutes=15))
    update(lake)
    list(promote_days(lake, [CONTRACTED], now=NOW))
    (row,) = read_table(lake, ROW_QUARANTINE).to_pylist()
    content = json.dumps(json.loads(row["content"]) | {"price_minor": 100})
    assert repair_row(lake, CONTRACTED, content, now=NOW) == NOW.date()
    list(promote_days(lake, [CONTRACTED], now=NOW))
    assert read_table(lake, CONTRACTED.target).column("price_minor").to_pylist() == [100]
