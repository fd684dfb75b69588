"""Places are those of the list of stores."""

from sqlalchemy import Engine

from cloud.database import reading, writing
from cloud.database.retail import retail_stores
from cloud.marts.retail.calendars import StorePlace
from cloud.marts.retail.places import read_places
from tests.cloud.databases import SQLITE_ONLY

pytestmark = SQLITE_ONLY


def test_places_are_read_by_name(engine: Engine):
    common = {"region": "north", "city": "Town", "postcode": "1", "cluster": "a", "timezone": None}
    rows = [
        {"store": name, "latitude": 51.5, "longitude": 0.1, "setting": "urban",
         "purchasing_power_index": 104, **common}
        for name in ("s-2", "s-1")
    ]  # fmt: skip
    with writing(engine) as connection:
        connection.execute(retail_stores.insert(), rows)
    with reading(engine) as connection:
        found = read_places(connection)
    assert found == [StorePlace(name, 51.5, 0.1, "urban", 104) for name in ("s-1", "s-2")]
