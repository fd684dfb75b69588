"""Sums of reports by minute, hour, group and sensor do not depend on order or batches."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from cloud.database import SUMS
from cloud.ingest.minute_sums import MinuteSums, report_minute, report_sums
from wire.audience import (
    AgeGroup,
    AudienceReport,
    BandSum,
    BlindCause,
    DemographicCell,
    Gender,
    SensorSum,
)

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NINE_S = int(NINE.timestamp())
CAMERA = "kx-01-cam-1"

Reports = Callable[..., AudienceReport]


def summed(*reports: AudienceReport) -> MinuteSums:
    sums = MinuteSums()
    for one in reports:
        sums.add(one)
    return sums


def named(row: list[int]) -> dict[str, int]:
    return dict(zip((*SUMS, "peak"), row, strict=True))


@pytest.mark.parametrize(
    ("offset_s", "minute_s"), [(0, 0), (59.999999, 0), (60, 60), (-0.000001, -60)]
)
def test_a_report_belongs_to_the_minute_in_which_it_starts(
    report: Reports, offset_s: float, minute_s: int
) -> None:
    one = report(starts_at=NINE + timedelta(seconds=offset_s))
    assert report_minute(one) == NINE_S + minute_s


def test_every_number_of_a_report_is_in_the_column_of_its_name(report: Reports) -> None:
    one = report(visits=2, blind_ms={BlindCause.DARK: 300, BlindCause.PAUSED: 4})
    row = named([*report_sums(one), one.peak])
    for name in ("observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms", "entries",
                 "visits", "onlookers", "dwell_ms", "peak"):  # fmt: skip
        assert row[name] == getattr(one, name), name
    blind = {name: value for name, value in row.items() if name.startswith("blind_") and value}
    assert blind == {"blind_dark_ms": 300, "blind_paused_ms": 4}
    assert row["reports"] == 1
    assert 10_000 in row.values()  # the length of the report


def test_probability_bands_count_the_reports_that_have_them(report: Reports) -> None:
    plain = report_sums(report())
    with_bands = report_sums(report(bands=BandSum(high_ms=7_000, medium_ms=900, low_ms=100)))
    assert (plain[-4:], with_bands[-4:]) == ([0, 0, 0, 0], [1, 7_000, 900, 100])
    assert plain[:-4] == with_bands[:-4]


def test_sums_add_up_and_the_peak_is_the_highest(report: Reports) -> None:
    late = report(2, visits=5, starts_at=NINE + timedelta(seconds=30))
    sums = summed(report(1, visits=2), late)
    (row,) = map(named, sums.minutes.values())
    assert (row["reports"], row["visits"], row["peak"]) == (2, 7, 5)
    assert sums.minutes == sums.hours


def test_minutes_hours_and_cameras_have_their_own_rows(report: Reports) -> None:
    reports = [
        report(1),
        report(2, starts_at=NINE + timedelta(minutes=59, seconds=59)),
        report(3, starts_at=NINE + timedelta(hours=1)),
        report(1, device="kx-01-cam-2"),
    ]
    sums = summed(*reports)
    assert set(sums.minutes) == {
        ("KX-01", NINE_S, CAMERA),
        ("KX-01", NINE_S + 59 * 60, CAMERA),
        ("KX-01", NINE_S + 3600, CAMERA),
        ("KX-01", NINE_S, "kx-01-cam-2"),
    }
    visits = {key: named(row)["visits"] for key, row in sums.hours.items()}
    assert visits == {
        ("KX-01", NINE_S, CAMERA): 4,
        ("KX-01", NINE_S + 3600, CAMERA): 2,
        ("KX-01", NINE_S, "kx-01-cam-2"): 2,
    }


def cell(age: AgeGroup, visits: int, onlookers: int) -> DemographicCell:
    return DemographicCell(age=age, gender=Gender.FEMALE, visits=visits, onlookers=onlookers)


def test_groups_of_people_add_up_by_minute(report: Reports) -> None:
    young, old = AgeGroup.FROM_18, AgeGroup.FROM_55
    sums = summed(
        report(1, visits=9, demographics=(cell(young, 2, 1), cell(old, 1, 0))),
        report(2, visits=9, demographics=(cell(young, 3, 2),)),
        report(3),
    )
    assert sums.demographics == {
        ("KX-01", NINE_S, CAMERA, "18-24", "female"): [5, 3],
        ("KX-01", NINE_S, CAMERA, "55+", "female"): [1, 0],
    }


def sensor(samples: int, total: int, least: int, most: int) -> SensorSum:
    return SensorSum(samples=samples, total_milli=total, least_milli=least, most_milli=most)


def test_sensors_add_up_and_keep_their_extremes_below_zero_too(report: Reports) -> None:
    sums = summed(
        report(1, sensors={"temperature_c": sensor(2, -3_000, -2_000, -1_000)}),
        report(2, sensors={"temperature_c": sensor(1, -500, -500, -500)}),
        report(3, sensors={"light_lx": sensor(1, 5, 5, 5)}),
    )
    assert sums.sensors == {
        ("KX-01", NINE_S, CAMERA, "temperature_c"): [3, -3_500, -2_000, -500],
        ("KX-01", NINE_S, CAMERA, "light_lx"): [1, 5, 5, 5],
    }


def test_the_order_of_reports_changes_no_sum(report: Reports) -> None:
    reports = [
        report(1, visits=4, demographics=(cell(AgeGroup.FROM_18, 1, 0),)),
        report(2, visits=2, sensors={"t": sensor(1, 5, 5, 5)}),
        report(3, visits=7, sensors={"t": sensor(1, -5, -5, -5)}),
    ]
    found = [vars(summed(*order)) for order in permutations(reports)]
    assert all(one == found[0] for one in found)
