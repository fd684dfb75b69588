"""A local time of a store is one instant, or is refused."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cloud.database.retail import retail_stores
from cloud.sales.retail.store_time import StoreTimeError, read_zone, to_instant
from tests.cloud.memory_database import in_memory
from tests.cloud.retail_points import insert_stores

LONDON = ZoneInfo("Europe/London")


def test_a_local_time_is_an_instant() -> None:
    assert to_instant(datetime.fromisoformat("2026-07-01T06:00"), LONDON) == datetime(
        2026, 7, 1, 5, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("local", "sentence"),
    [
        ("2027-03-28T01:30", "does not exist"),
        ("2026-10-25T01:30", "occurs twice"),
    ],
)
def test_a_time_at_a_clock_change_is_refused(local: str, sentence: str) -> None:
    with pytest.raises(StoreTimeError, match=sentence):
        to_instant(datetime.fromisoformat(local), LONDON)


def test_the_zone_is_that_of_the_store_or_not_known() -> None:
    with in_memory(retail_stores) as connection:
        insert_stores(connection, 1)
        insert_stores(connection, 1, timezone=None, store="S-99")
        assert read_zone(connection, "S-00") == LONDON
        for store in ("S-99", "unknown"):
            with pytest.raises(StoreTimeError, match="not known"):
                read_zone(connection, store)
