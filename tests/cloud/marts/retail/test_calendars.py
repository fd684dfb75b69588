"""Ages, seasons and neighbours are columns of small tables."""

from datetime import UTC, date, datetime

from cloud.marts.retail.calendars import (
    StorePlace,
    find_week,
    list_feature_days,
    list_feature_run,
    list_feature_weeks,
    list_retail_stores,
    list_week_days,
)
from tests.cloud.marts.retail.point_rows import list_places

SUNDAY = date(2026, 1, 11)


def test_a_week_begins_on_monday():
    assert find_week(SUNDAY) == date(2026, 1, 5)
    days = list_week_days(date(2026, 1, 5)).column("day").to_pylist()
    assert (days[0], days[-1], len(days)) == (date(2026, 1, 5), SUNDAY, 7)


def test_a_run_ends_with_its_day():
    (run,) = list_feature_run(SUNDAY).to_pylist()
    assert run == {"as_of": SUNDAY, "ends_at": datetime(2026, 1, 12, tzinfo=UTC)}
    days = list_feature_days(SUNDAY).to_pylist()
    assert days[0] == {"day": SUNDAY, "age_days": 0}
    assert days[-1]["age_days"] == 90


def test_only_weeks_that_have_ended_are_listed_with_their_season():
    ended = list_feature_weeks(SUNDAY).to_pylist()
    assert ended[0] == {"week_on": date(2026, 1, 5), "age_weeks": 0, "is_season": 1}
    assert list_feature_weeks(date(2026, 1, 10)).to_pylist()[0]["week_on"] == date(2025, 12, 29)
    winters = [row["week_on"].month for row in ended if row["is_season"]]
    assert set(winters) == {12, 1, 2}


def test_stores_count_others_within_ten_kilometres():
    rows = {row["store"]: row for row in list_retail_stores(list_places()).to_pylist()}
    assert [rows[name]["stores_within_10km"] for name in sorted(rows)] == [1, 1, 0]
    assert rows["S003"]["purchasing_power_index"] is None
    unknown = list_retail_stores([StorePlace("S009")]).to_pylist()
    assert unknown[0]["stores_within_10km"] is None
