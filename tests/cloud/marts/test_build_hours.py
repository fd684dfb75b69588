"""An hour of the marts has sums, rates and local time; what was not measured is unknown."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.lake import Lake
from cloud.lake.reader import read_table
from cloud.lake.storage import open_storage
from tests.cloud.databases import new_engine
from tests.cloud.marts.audience_rows import FIRST, UNLISTED, sites, trust
from tests.cloud.marts.mart_days import NINE, build, observed, row_at
from wire.audience import FrameCounts
from wire.scalars import DeviceId


@pytest.fixture(scope="module")
def one_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Two cameras at nine, none at eight, one that measured nothing at ten; a second location."""
    folder = tmp_path_factory.mktemp("one-day")
    engine = new_engine(folder)
    lake = Lake(open_storage(str(folder / "lake")), engine)
    sums = {"observed_ms": 9_000, "person_ms": 8_000, "facing_ms": 5_000, "looking_ms": 3_000,
            "frames": FrameCounts(captured=100, dropped=1, analysed=20)}  # fmt: skip
    ten = {"starts_at": NINE + timedelta(hours=1)}
    trust(
        lake,
        observed(1, 3, **sums),
        observed(2, 4, **sums, device=DeviceId("cam-2")),
        observed(3, 0, **ten),
        observed(4, 2, **sums, location=UNLISTED),
    )
    build(lake)
    yield lake
    engine.dispose()


def test_an_hour_has_its_sums_rates_and_local_time(one_day: Lake) -> None:
    row = row_at(one_day, 9)
    expected = {
        "day": FIRST, "weekday": 1, "local_date": FIRST, "local_hour": 10, "local_weekday": 1,
        "cameras": 2, "reports": 2, "observed_ms": 18_000, "expected_ms": 3_600_000,
        "visits": 7, "onlookers": 3, "peak": 4, "dwell_ms": 28_000, "dwell_03": 7, "dwell_04": 0,
        "observed_share_milli": 5, "attention_rate_milli": 428, "looking_share_milli": 375,
        "crowd_milli": 888, "dwell_mean_ms": 4_000, "banded_reports": None, "band_low_ms": None,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_an_expected_hour_without_a_report_is_unknown_and_not_zero(one_day: Lake) -> None:
    row = row_at(one_day, 8)
    assert (row["reports"], row["observed_ms"], row["expected_ms"]) == (0, 0, 3_600_000)
    assert (row["visits"], row["peak"], row["crowd_milli"], row["dwell_00"]) == (None,) * 4
    assert row["observed_share_milli"] == 0
    assert len(read_table(one_day, AUDIENCE_METRICS)) == 24 * len(sites()) + 1


def test_figures_of_an_hour_without_observed_time_are_unknown(one_day: Lake) -> None:
    row = row_at(one_day, 10)
    assert (row["reports"], row["observed_ms"]) == (1, 0)
    assert (row["visits"], row["peak"], row["dwell_03"]) == (None,) * 3


def test_a_location_that_is_not_listed_has_no_local_hour_and_no_expected_time(
    one_day: Lake,
) -> None:
    row = row_at(one_day, 9, UNLISTED)
    assert (row["visits"], row["weekday"]) == (2, 1)
    assert (row["local_hour"], row["expected_ms"], row["observed_share_milli"]) == (None,) * 3
