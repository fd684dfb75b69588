"""The observations of a site: how many weeks, how old, and notes for the basis of a forecast."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import numpy as np
import pytest

from cloud.database import EPOCH
from cloud.forecast.history.history_store import LOOK_BACK_W, CameraNotes, SiteHistory
from cloud.forecast.history.hours import ObservedHours
from cloud.forecast.history.observations import SHOWN, SiteObservations
from cloud.forecast.series import WEEK_H, ClockSeries
from tests.cloud.rates import sites

SITE = sites().location("KX-01")
FRIDAY = date(2026, 11, 20)
MIDNIGHT_S = int((datetime(2026, 11, 20, tzinfo=UTC) - EPOCH).total_seconds())
NONE: frozenset[date] = frozenset()
WEIGHTS = {"a": (1.0, 300.0, 1.0, 1.0), "b": (1.0, 100.0, 1.0, 1.0)}


def days_before(days: int) -> int:
    """The midnight that many days before Friday, in seconds since 1970."""
    return MIDNIGHT_S - 86_400 * days


def history(
    hours: int, *, age_h: int = 0, cameras: CameraNotes | None = None, estimated: float = 0.0
) -> SiteHistory:
    """So many observed hours up to `age_h` before Friday."""
    values = np.full((4, LOOK_BACK_W * WEEK_H), np.nan)
    values[:, values.shape[1] - age_h - hours : values.shape[1] - age_h] = 10.0
    series = ClockSeries(FRIDAY - timedelta(weeks=LOOK_BACK_W), values)
    return SiteHistory(series, cameras or CameraNotes(), estimated=estimated, is_new=True)


def observed(found: SiteHistory) -> SiteObservations:
    return SiteObservations.of(SITE, found, NONE)


def notes(**cameras: object) -> list[str]:
    return list(observed(history(WEEK_H, cameras=CameraNotes(**cameras))).notes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "age_h", "weeks", "age_w", "first"),
    [
        (3 * WEEK_H, 0, 3.0, 0, date(2026, 10, 30)),
        (84, 0, 0.5, 0, date(2026, 11, 16)),
        (20 * WEEK_H, 0, 16.0, 0, date(2026, 7, 31)),  # the last 16 weeks count
        (2 * WEEK_H, 3 * WEEK_H, 2.0, 3, date(2026, 10, 16)),
        (2 * WEEK_H, 3 * WEEK_H - 1, 2.0, 2, date(2026, 10, 16)),
    ],
)
def test_weeks_and_age_are_those_of_the_newest_hours(
    hours: int, age_h: int, weeks: float, age_w: int, first: date
):
    found = observed(history(hours, age_h=age_h))

    assert found.age_weeks == age_w
    assert found.learnt_from == first
    assert found.newest_at == datetime(2026, 11, 20, tzinfo=UTC) - timedelta(hours=age_h)
    assert found.weeks == pytest.approx(weeks)


def test_without_an_observed_hour_there_is_no_newest_and_no_week():
    found = observed(history(0))

    assert (found.newest_at, found.weeks, found.notes) == (None, 0.0, ())
    assert found.age_weeks == LOOK_BACK_W


def test_hours_alone_give_the_same_observations_as_a_stored_history():
    starts_s = MIDNIGHT_S - 3600 * np.arange(3 * WEEK_H, 0, -1)
    hours = ObservedHours(starts_s, np.ones(3 * WEEK_H), np.full((4, 3 * WEEK_H), 10.0))
    found = SiteObservations.of_hours(SITE, hours, FRIDAY, NONE)
    stored = observed(history(3 * WEEK_H))

    assert np.array_equal(found.series.values, stored.series.values, equal_nan=True)
    assert (found.weeks, found.newest_at, found.estimated) == (3.0, stored.newest_at, 0.0)


def test_the_estimated_share_is_that_of_the_history():
    assert observed(history(WEEK_H, estimated=0.25)).estimated == 0.25


def test_cameras_that_all_report_need_no_note():
    last_s = {"a": MIDNIGHT_S, "b": days_before(1)}
    assert notes(expected=("a", "b"), counted=("a", "b"), weights=WEIGHTS, last_s=last_s) == []


def test_a_missing_camera_is_named_with_its_share_of_the_site():
    last_s = {"a": MIDNIGHT_S, "b": days_before(5)}

    assert notes(expected=("a", "b"), counted=("a", "b"), weights=WEIGHTS, last_s=last_s) == [
        "camera b not observed since 2026-11-15 00:00: its usual share of 25% is added"
    ]


def test_a_missing_camera_whose_others_count_too_little_is_not_estimated():
    weights = WEIGHTS | {"b": (1.0, 1.0, 1.0, 1.0)}
    last_s = {"a": days_before(5), "b": MIDNIGHT_S}

    assert notes(expected=("a", "b"), counted=("a", "b"), weights=weights, last_s=last_s) == [
        "camera a not observed since 2026-11-15 00:00: the other cameras count too little of the "
        "site to estimate it"
    ]


def test_a_camera_whose_share_is_unknown_is_named():
    expected = ("a", "b", "c")
    last_s = {"a": MIDNIGHT_S, "b": days_before(9)}
    found = notes(expected=expected, counted=expected, weights={"a": WEIGHTS["a"]}, last_s=last_s)

    assert found == [
        "camera b was hardly observed beside others: its share is not known",
        "camera c was never observed beside others: its share is not known",
    ]


def test_many_missing_cameras_are_counted_after_the_first():
    expected = tuple("abcdefg")
    weights = dict.fromkeys(expected, (1.0, 1.0, 1.0, 1.0))
    last_s = dict.fromkeys(expected, days_before(4)) | {"a": MIDNIGHT_S}
    found = notes(expected=expected, counted=expected, weights=weights, last_s=last_s)

    assert len(found) == SHOWN + 1
    assert found[-1] == "3 more cameras are missing"


def test_an_optional_camera_is_named_while_it_reports_unless_it_usually_does():
    both = {"expected": ("a",), "counted": ("a", "x"), "weights": WEIGHTS}
    now = {"a": MIDNIGHT_S, "x": MIDNIGHT_S}
    before = {"a": MIDNIGHT_S, "x": days_before(5)}

    assert notes(**both, last_s=now, usual=()) == [
        "camera x is optional and has not usually reported: its people are not added to those of "
        "the usual cameras"
    ]
    assert notes(**both, last_s=now, usual=("x",)) == []
    assert notes(**both, last_s=before, usual=()) == []


def test_a_site_of_optional_cameras_has_the_audience_of_those_that_reported():
    last_s = {"x": MIDNIGHT_S, "y": MIDNIGHT_S}
    assert notes(counted=("x", "y"), last_s=last_s, usual=()) == [
        "every camera is optional: the audience is that of those that reported (x, y)"
    ]


def test_a_site_without_cameras_has_no_notes():
    assert notes() == []
    assert notes(expected=("a",), counted=("a",)) == []


def test_hours_far_from_the_usual_are_named_the_newest_first():
    found = history(16 * WEEK_H)
    for age_h in (5, 30, 55, 80):
        found.series.values[1, -age_h] = 1e6
    [note] = SiteObservations.of(SITE, found, NONE).notes

    assert note == (
        "4 hours far above the usual left out "
        "(2026-11-19 19:00, 2026-11-18 18:00, 2026-11-17 17:00)"
    )


def test_the_newest_hour_ends_on_the_clock_of_the_site():
    tokyo = msgspec.structs.replace(SITE, timezone="Asia/Tokyo")
    found = SiteObservations.of(tokyo, history(WEEK_H), NONE)

    assert found.newest_at == datetime(2026, 11, 19, 15, tzinfo=UTC)
