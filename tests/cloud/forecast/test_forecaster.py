"""The basis of a forecast: no data, a few hours, or weeks of its own."""

import math
from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.forecast.forecaster import SiteForecast, forecast
from cloud.forecast.history.hours import ObservedHours
from cloud.sites.sites_file import load_sites
from cloud.windows.query import HourRow

KINGS_CROSS = load_sites().location("KX-01")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR_MS = 3_600_000


def hour(hour_at: datetime, entries: int, *, observed_ms: int = HOUR_MS) -> HourRow:
    return HourRow(
        hour_at=hour_at,
        cameras=1,
        observed_ms=observed_ms,
        blind_ms=HOUR_MS - observed_ms,
        person_ms=entries * 9000,
        looking_ms=entries * 600,
        entries=entries,
        visits=entries,
        onlookers=entries // 5,
        dwell_ms=entries * 9000,
    )


def weeks_of(count: int, *, entries: int = 1000) -> list[HourRow]:
    """`entries` in each hour from 7 to 20 UTC, a tenth of it at night."""
    first = NOW - timedelta(weeks=count)
    instants = [first + timedelta(hours=step) for step in range(count * 168)]
    return [hour(at, entries if 7 <= at.hour < 20 else entries // 10) for at in instants]


def monday(local_hour: int, *, weeks_ahead: int = 0) -> datetime:
    return datetime(2026, 11, 23, local_hour, tzinfo=UTC) + timedelta(weeks=weeks_ahead)


def test_a_site_without_observations_has_the_profile_of_its_venue():
    hour_forecast = forecast(KINGS_CROSS, ObservedHours.of([]), at=NOW).hour_forecast(monday(8))

    assert (hour_forecast.basis, hour_forecast.weeks, hour_forecast.cutoff_at) == (
        "venue",
        0.0,
        None,
    )
    assert "no data here yet" in hour_forecast.reason
    assert hour_forecast.entries.p90 > 3 * hour_forecast.entries.p10 > 0


def test_the_first_measured_hours_pull_the_assumed_level():
    # Three of four people who are usually assumed do not come.
    assumed = forecast(KINGS_CROSS, ObservedHours.of([]), at=NOW).hour_forecast(monday(8))
    few = [hour(NOW - timedelta(hours=age), 200) for age in range(1, 9)]
    pulled = forecast(KINGS_CROSS, ObservedHours.of(few), at=NOW).hour_forecast(monday(8))

    assert pulled.entries.p50 < 0.8 * assumed.entries.p50
    assert "8 measured hours" in pulled.reason
    assert pulled.cutoff_at == NOW


@pytest.mark.parametrize("times", [50, 100_000])
def test_one_outlier_of_a_new_site_changes_its_level_by_a_few_percent(times: int):
    few = [hour(NOW - timedelta(hours=age), 200) for age in range(1, 60)]
    calm = forecast(KINGS_CROSS, ObservedHours.of(few), at=NOW).hour_forecast(monday(8))
    few[7] = hour(few[7].hour_at, 200 * times)
    wild = forecast(KINGS_CROSS, ObservedHours.of(few), at=NOW).hour_forecast(monday(8))

    assert wild.entries.p50 == pytest.approx(calm.entries.p50, rel=0.08)


def test_two_weeks_of_observations_replace_the_venue_profile():
    hour_forecast = forecast(KINGS_CROSS, ObservedHours.of(weeks_of(3)), at=NOW).hour_forecast(
        monday(8)
    )

    assert hour_forecast.basis == "measured"
    assert hour_forecast.entries.p50 == pytest.approx(1000)
    assert hour_forecast.attention_s.p50 == pytest.approx(600)
    assert hour_forecast.crowd.p50 == pytest.approx(2.5)


def test_an_hour_observed_by_half_is_scaled_to_the_full_hour():
    rows = [hour(row.hour_at, row.entries // 2, observed_ms=HOUR_MS // 2) for row in weeks_of(3)]

    assert (
        forecast(KINGS_CROSS, ObservedHours.of(rows), at=NOW).hour_forecast(monday(8)).entries.p50
        == 1000
    )


def test_blind_hours_are_missing_not_empty():
    # Every Monday morning of four weeks but one was dark.
    first_monday = NOW - timedelta(weeks=4) + timedelta(days=7)
    rows = [
        row
        for row in weeks_of(4)
        if not (row.hour_at.weekday() == 0 and row.hour_at < first_monday + timedelta(days=12))
    ]
    hour_forecast = forecast(KINGS_CROSS, ObservedHours.of(rows), at=NOW).hour_forecast(monday(8))

    assert hour_forecast.entries.p50 == pytest.approx(1000, rel=0.05)


def test_an_unobserved_hour_of_the_week_has_the_venue_shape_at_the_observed_level():
    rows = [row for row in weeks_of(4) if row.hour_at.weekday() != 6]
    sunday = datetime(2026, 11, 22, 13, tzinfo=UTC)
    hour_forecast = forecast(KINGS_CROSS, ObservedHours.of(rows), at=NOW).hour_forecast(sunday)

    assert 100 < hour_forecast.entries.p50 < 2000


def test_a_holiday_is_forecast_as_a_sunday():
    rows = [
        row if row.hour_at.weekday() != 6 else hour(row.hour_at, row.entries // 4)
        for row in weeks_of(4)
    ]
    holiday = date(2026, 11, 23)
    hour_forecast = forecast(
        KINGS_CROSS, ObservedHours.of(rows), at=NOW, holidays=frozenset({holiday})
    ).hour_forecast(monday(8))

    assert hour_forecast.entries.p50 == pytest.approx(250, rel=0.1)
    assert "public holiday" in hour_forecast.reason


def test_further_ahead_the_middle_stays_and_the_band_grows_up_to_a_limit():
    made = forecast(KINGS_CROSS, ObservedHours.of([]), at=NOW)
    spans = [made.hour_forecast(monday(8, weeks_ahead=weeks)).entries for weeks in (0, 3, 8, 50)]

    assert len({span.p50 for span in spans}) == 1
    assert spans[0].p90 < spans[1].p90 < spans[2].p90 == spans[3].p90
    assert (
        "repeated and the interval widened" in made.hour_forecast(monday(8, weeks_ahead=3)).reason
    )


def test_nothing_after_the_asking_is_used():
    later = [hour(NOW + timedelta(hours=age), 10_000) for age in range(200)]

    made = forecast(KINGS_CROSS, ObservedHours.of([*weeks_of(3), *later]), at=NOW)
    assert made.hour_forecast(monday(8)) == forecast(
        KINGS_CROSS, ObservedHours.of(weeks_of(3)), at=NOW
    ).hour_forecast(monday(8))


def test_every_hour_of_a_clock_change_has_a_forecast():
    # 2027-03-28 has 23 hours, 2026-10-25 has 25; the doubled hour is expected alike both times.
    made = forecast(KINGS_CROSS, ObservedHours.of(weeks_of(3)), at=NOW)
    spring = datetime(2027, 3, 28, 0, tzinfo=UTC)

    assert all(finite(made, spring + timedelta(hours=step)) for step in range(23))
    doubled = [datetime(2027, 10, 31, utc, tzinfo=UTC) for utc in (0, 1)]
    assert made.hour_forecast(doubled[0]).entries == made.hour_forecast(doubled[1]).entries


def test_a_sensor_that_recovers_from_a_failure_has_a_bounded_forecast():
    # Twenty weeks, of which ten were dark; then it returned at a thirtieth of the level.
    rows = [
        row if row.hour_at < NOW - timedelta(weeks=12) else hour(row.hour_at, row.entries // 30)
        for row in weeks_of(20)
        if not NOW - timedelta(weeks=12) <= row.hour_at < NOW - timedelta(days=5)
    ]
    made = forecast(KINGS_CROSS, ObservedHours.of(rows), at=NOW)

    for step in range(168):
        hour_forecast = made.hour_forecast(NOW + timedelta(hours=step))
        assert hour_forecast.entries.p90 <= 2500


def test_a_site_without_visitors_is_forecast_without_visitors():
    made = forecast(KINGS_CROSS, ObservedHours.of(weeks_of(4, entries=0)), at=NOW)

    assert made.hour_forecast(monday(8)).entries.p50 == 0


def finite(made: SiteForecast, at: datetime) -> bool:
    return math.isfinite(made.hour_forecast(at).entries.p90)
