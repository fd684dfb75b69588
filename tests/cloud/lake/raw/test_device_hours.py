"""The trusted zone has the last version of each hour of a device."""

from datetime import timedelta

import pyarrow as pa

from cloud.database import writing
from cloud.database.heartbeats import device_hours
from cloud.lake.lake import Lake
from cloud.lake.raw.device_hours import RAW_HOURS
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.reader import read_table
from cloud.lake.tables import DAY
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from cloud.lake.trusted.tables import ROW_QUARANTINE
from cloud.lake.writer import append
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.ingest.test_device_hours import beat
from tests.cloud.ingest.test_device_status import NINE, keep

pytestmark = SQLITE_ONLY
(FEED,) = [feed for feed in FEEDS if feed.raw.targets == (RAW_HOURS,)]
(CONTRACTED,) = [one for one in contracted_tables() if one.source is RAW_HOURS]
NOW = NINE + timedelta(hours=2)


def update(lake: Lake) -> tuple[int, int]:
    """Rows promoted to the trusted zone, and quarantined."""
    list(FEED.land(lake, NOW))
    list(FEED.promote(lake, NOW))
    (day,) = promote_days(lake, [CONTRACTED], now=NOW)
    return day.promoted, day.quarantined


def test_a_corrected_hour_replaces_the_earlier_version(lake: Lake):
    keep(lake.engine, beat(1), at=NINE + timedelta(minutes=1))
    assert update(lake) == (1, 0)
    keep(lake.engine, beat(2), beat(59, {}), at=NOW)
    assert update(lake) == (1, 0)
    (row,) = read_table(lake, CONTRACTED.target).to_pylist()
    assert (row["heartbeats"], row["most_temperature_milli_c"]) == (3, -2_000)
    assert read_table(lake, RAW_HOURS).num_rows == 2
    (earlier,) = read_table(lake, CONTRACTED.target, at=1).to_pylist()
    assert (earlier["heartbeats"], earlier["most_temperature_milli_c"]) == (1, None)


def test_hours_that_a_restored_database_lands_again_are_no_duplicates(lake: Lake):
    keep(lake.engine, beat(1), at=NINE + timedelta(minutes=1))
    assert update(lake) == (1, 0)
    with writing(lake.engine) as connection:
        connection.execute(device_hours.update().values(landed_heartbeats=0))
    assert update(lake) == (1, 0)
    assert read_table(lake, RAW_HOURS).num_rows == 2


BROKEN = (
    ("location_format", {"location": "KX 01"}),
    ("device_format", {"device": ""}),
    ("hour_start", {"hour_at": NINE + timedelta(minutes=1)}),
    ("within_hour", {"last_at": NINE + timedelta(hours=1)}),
    ("heartbeats_plausible", {"heartbeats": 3_601}),
    ("states_within_heartbeats", {"streaming": 1, "paused": 1}),
    ("figures_not_negative", {"most_rss_bytes": -1}),
    ("temperature_plausible", {"most_temperature_milli_c": 200_001}),
)


def test_a_row_that_breaks_a_rule_is_quarantined_under_it(lake: Lake):
    keep(lake.engine, beat(1), at=NINE + timedelta(minutes=1))
    update(lake)
    (good,) = read_table(lake, RAW_HOURS).to_pylist()
    rows = [
        good | {"device": f"cam-{number}"} | changes
        for number, (_, changes) in enumerate(BROKEN)
    ]  # fmt: skip
    schema = RAW_HOURS.schema.append(pa.field(DAY, pa.date32()))
    append(lake, RAW_HOURS, pa.Table.from_pylist(rows, schema=schema), now=NOW)
    (day,) = promote_days(lake, [CONTRACTED], now=NOW)
    assert (day.promoted, day.quarantined) == (1, len(BROKEN))
    found = read_table(lake, ROW_QUARANTINE).column("rule").to_pylist()
    assert sorted(found) == sorted(rule for rule, _ in BROKEN)
    assert {rule.name for rule in CONTRACTED.contract.rules} == set(found)
