"""Changes of alerts become typed rows, and trusted rows when they meet their contract."""

import pytest

from cloud.database import writing
from cloud.lake.lake import Lake
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.raw.alerts import RAW_ALERTS
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.reader import read_table
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from cloud.lake.trusted.tables import ROW_QUARANTINE
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import NOW

pytestmark = SQLITE_ONLY
(FEED,) = [feed for feed in FEEDS if feed.name == "alert changes"]
(CONTRACTED,) = [one for one in contracted_tables() if one.source is RAW_ALERTS]
GOOD = {"alert": 1, "kind": "camera.offline", "location": "KX-01", "device": "kx-01-cam-1",
        "change": "raised", "changed_at": NOW, "value": 10.25}  # fmt: skip


def land(lake: Lake, *changes: dict[str, object]) -> None:
    with writing(lake.engine) as connection:
        for number, one in enumerate(changes, start=1):
            connection.execute(FEED.rows.table.insert(), GOOD | {"alert": number} | one)
    list(FEED.land(lake, NOW))
    list(FEED.promote(lake, NOW))


def test_a_change_is_a_typed_row_of_its_day(lake: Lake):
    land(lake, {}, {"device": "", "value": -1 / 3})
    first, second = sorted(read_table(lake, RAW_ALERTS).to_pylist(), key=lambda row: row["alert"])
    assert first == {name: GOOD[name] for name in GOOD if name != "value"} | {
        "value_milli": 10_250, "day": NOW.date(),
    }  # fmt: skip
    assert (second["device"], second["value_milli"]) == ("", -333)


def test_a_value_that_is_no_number_is_quarantined_alone(lake: Lake):
    land(lake, {"value": float("inf")}, {"value": 1e300}, {})
    assert read_table(lake, RAW_ALERTS).column("alert").to_pylist() == [3]
    rows = read_table(lake, QUARANTINE).to_pylist()
    assert [(row["source_id"], row["rule"]) for row in rows] == [
        (1, "number_readable"), (2, "number_readable"),
    ]  # fmt: skip
    assert rows[0]["reason"] == "found value inf, expected a decimal number"


BROKEN = (
    ("location_format", {"location": "KX 01"}),
    ("device_format", {"device": "-"}),
    ("kind_format", {"kind": "offline"}),
    ("change_known", {"change": "forgotten"}),
    ("alert_number", {"alert": 0}),
)


def test_a_row_that_breaks_a_rule_is_quarantined_under_it(lake: Lake):
    land(lake, *(changes for _, changes in BROKEN), {"location": "", "device": ""})
    (result,) = promote_days(lake, [CONTRACTED], now=NOW)
    assert (result.promoted, result.quarantined) == (1, len(BROKEN))
    found = read_table(lake, ROW_QUARANTINE).column("rule").to_pylist()
    assert sorted(found) == sorted(rule for rule, _ in BROKEN)
    assert {rule.name for rule in CONTRACTED.contract.rules} == set(found)


@pytest.mark.parametrize("landings", [1, 2])
def test_a_change_that_is_already_promoted_is_not_promoted_again(lake: Lake, landings: int):
    land(lake, {})
    for _ in range(landings):
        assert list(FEED.promote(lake, NOW)) == []
        list(promote_days(lake, [CONTRACTED], now=NOW))
    assert read_table(lake, CONTRACTED.target).num_rows == 1
