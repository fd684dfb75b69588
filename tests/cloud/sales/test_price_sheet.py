"""Published prices: one sheet for each site and local day; the newest of the last week applies."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from cloud.database.lake import lake_positions, lake_snapshots
from cloud.database.prices import price_sheets
from cloud.pricing.slot import Slot
from cloud.sales.price_sheet import (
    DAYS,
    MAX_AGE,
    PriceSheet,
    digest_of_sheet,
    is_published,
    read_sheet_before,
    store_sheet,
)
from tests.cloud.memory_database import in_memory
from tests.cloud.rates import sites

SITE = msgspec.structs.replace(sites().location("KX-01"), formerly=("KX-00",))
LONDON = ZoneInfo("Europe/London")
TODAY = date(2026, 11, 20)
FIRST_AT = datetime(2026, 11, 20, tzinfo=UTC)
TABLES = (price_sheets, lake_snapshots, lake_positions)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def sheet(
    published_on: date = TODAY, prices_minor: list[int] | None = None, **more: object
) -> PriceSheet:
    fields = {
        "location": "KX-01", "published_on": published_on, "published_at": FIRST_AT,
        "first_at": FIRST_AT, "versions": "card 1",
        "prices_minor": np.array(prices_minor or [100, 200, 2**40], dtype=np.int64),
    }  # fmt: skip
    return PriceSheet(**{**fields, **more})


@pytest.mark.parametrize(
    ("hours", "price_minor"), [(-1, None), (0, 100), (1, 200), (2, 2**40), (3, None)]
)
def test_an_hour_on_the_sheet_has_its_price_and_any_other_none(hours, price_minor):
    found = sheet().published(Slot(FIRST_AT + hours * HOUR, LONDON), TODAY + 3 * DAY)
    assert (found and found.price_minor) == price_minor
    if found:
        assert (found.published_on, found.days, found.versions) == (TODAY, 3, "card 1")


def test_a_stored_sheet_is_read_back_to_the_penny_with_its_digest():
    with in_memory(*TABLES) as connection:
        digest = store_sheet(connection, sheet())
        found = read_sheet_before(connection, SITE, TODAY + DAY)
        body = connection.execute(select(price_sheets.c.body)).scalar_one()
    assert found is not None
    assert found.prices_minor.tolist() == [100, 200, 2**40]
    assert (found.published_on, found.first_at, found.versions) == (TODAY, FIRST_AT, "card 1")
    assert digest == digest_of_sheet(body) != digest_of_sheet(body + b"x")
    assert len(digest) == 16


def test_the_newest_sheet_of_an_earlier_day_is_read_unless_it_is_older_than_a_week():
    with in_memory(*TABLES) as connection:
        store_sheet(connection, sheet(TODAY - 2 * DAY, [2]))
        store_sheet(connection, sheet(TODAY - DAY, [1]))
        store_sheet(connection, sheet(TODAY, [7]))
        days = [TODAY, TODAY - DAY, TODAY - 2 * DAY, TODAY + MAX_AGE, TODAY + MAX_AGE + DAY]
        found = [read_sheet_before(connection, SITE, day) for day in days]
    assert [one and one.prices_minor.tolist() for one in found] == [[1], [2], None, [7], None]


def test_a_sheet_under_a_former_id_is_found_and_one_of_another_site_is_not():
    with in_memory(*TABLES) as connection:
        store_sheet(connection, sheet(location="LB-01"))
        assert read_sheet_before(connection, SITE, TODAY + DAY) is None
        assert not is_published(connection, SITE.ids, TODAY)
        store_sheet(connection, sheet(location="KX-00"))
        assert read_sheet_before(connection, SITE, TODAY + DAY) is not None
        assert is_published(connection, SITE.ids, TODAY)
        assert not is_published(connection, SITE.ids, TODAY + DAY)


def test_a_second_sheet_of_one_day_is_refused():
    with in_memory(*TABLES) as connection:
        store_sheet(connection, sheet())
        with pytest.raises(IntegrityError):
            store_sheet(connection, sheet(prices_minor=[5]))


def test_publishing_deletes_the_sheets_of_that_site_that_are_older_than_a_quarter():
    first = TODAY - timedelta(days=DAYS + 1)
    with in_memory(*TABLES) as connection:
        store_sheet(connection, sheet(first))
        store_sheet(connection, sheet(first + DAY))
        store_sheet(connection, sheet(first, location="LB-01"))
        store_sheet(connection, sheet())
        wanted = select(price_sheets.c.location, price_sheets.c.published_on)
        left = {tuple(row) for row in connection.execute(wanted)}
    assert left == {("KX-01", first + DAY), ("LB-01", first), ("KX-01", TODAY)}
