"""The region of an alert of retail prices is that of its store."""

from cloud.alerting.lifecycle import AlertChange, AlertEvent
from cloud.alerting.retail.regions import read_regions
from cloud.database.retail import retail_stores
from tests.cloud.memory_database import in_memory
from tests.cloud.retail_points import insert_stores
from tests.cloud.sales.retail.retail_rows import NOON


def raised(kind: str, location: str) -> AlertEvent:
    return AlertEvent(1, AlertChange.RAISED, kind, location, "orange-1l", NOON)


def test_regions_are_read_for_alerts_of_retail_prices_alone() -> None:
    with in_memory(retail_stores) as connection:
        insert_stores(connection, 3)
        events = [raised("retail.price_move", "S-02"), raised("camera.offline", "S-00"),
                  raised("retail.price_gap", "gone")]  # fmt: skip
        assert read_regions(connection, events) == {"S-02": "south"}
        assert read_regions(connection, events[1:2]) == {}
