"""Conditions under which an alert is raised, and similar ones under which it is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloud.alerting.rules import (
    HOUR_MS,
    THRESHOLDS,
    AlertKind,
    AlertThresholds,
    CameraStatus,
    LocationStatus,
    Severity,
    UsualCrowd,
    measure_camera,
    measure_location,
)
from cloud.windows.audience import AudienceSums
from wire.audience import BlindCause

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TEN_MINUTES_MS = 600_000


def tally(*, dark_ms: int = 0, **sums: int) -> AudienceSums:
    blind = dict.fromkeys(BlindCause, 0) | {BlindCause.DARK: dark_ms}
    empty: dict[str, Any] = {"dwell_histogram": (0,) * 15, "attention_histogram": (0,) * 13}
    return AudienceSums(blind_ms=blind, **empty, **sums)


def raised(kind: AlertKind, *, usual: UsualCrowd | None = None, **conditions: Any) -> bool | None:
    """None: no measure, so that a standing alert stays."""
    camera = CameraStatus(
        "KX-01",
        "kx-01-cam-1",
        conditions.get("tally"),
        conditions.get("received_at", NOON),
        conditions.get("clock_off_s"),
    )
    measures = [*measure_camera(camera, usual, NOON)]
    if "tally" in conditions:
        place = LocationStatus(
            "KX-01",
            [(conditions["tally"], usual)],
            conditions.get("hour"),
            1,
            conditions.get("rate"),
        )
        measures += measure_location(place)
    values = [measure.value for measure in measures if measure.kind is kind]
    return values[0] >= THRESHOLDS[kind].raise_at if values else None


@pytest.mark.parametrize(
    ("story", "lately", "usual", "alert"),
    [
        ("a street as always", {"person_ms": 2}, UsualCrowd(8, 2.0), False),
        ("a parade", {"person_ms": 7}, UsualCrowd(8, 2.0), True),
        ("a place without history", {"person_ms": 7}, None, None),
        ("one week of history", {"person_ms": 7}, UsualCrowd(1, 2.0), None),
        ("a second passer-by where one is rare", {"person_ms": 1}, UsualCrowd(8, 0.05), None),
    ],
)
def test_a_surge_is_three_times_the_usual(
    story: str, lately: dict[str, int], usual: UsualCrowd | None, alert: bool | None
) -> None:
    seen = tally(observed_ms=TEN_MINUTES_MS, person_ms=lately["person_ms"] * TEN_MINUTES_MS)
    assert raised(AlertKind.SURGE, tally=seen, usual=usual) is alert, story


def test_a_blind_camera_says_nothing_about_the_crowd() -> None:
    assert raised(AlertKind.SURGE, tally=tally(dark_ms=1), usual=UsualCrowd(8, 2.0)) is None


@pytest.mark.parametrize(
    ("onlookers", "visits", "alert"),
    [(20, 100, False), (5, 100, True), (0, 100, True), (0, 29, None)],
)
def test_attention_collapses_when_a_third_of_the_usual_look(
    onlookers: int, visits: int, alert: bool | None
) -> None:
    hour = tally(onlookers=onlookers, visits=visits, observed_ms=HOUR_MS)
    assert raised(AlertKind.COLLAPSE, tally=tally(), hour=hour, rate=0.2) is alert


def test_an_hour_of_which_little_was_observed_says_nothing_about_attention() -> None:
    for observed_ms, alert in ((HOUR_MS // 2 - 1, None), (HOUR_MS // 2, True)):
        hour = tally(onlookers=0, visits=100, observed_ms=observed_ms)
        assert raised(AlertKind.COLLAPSE, tally=tally(), hour=hour, rate=0.2) is alert


@pytest.mark.parametrize(
    ("observed_ms", "alert"), [(100, None), (299_999, None), (300_000, True), (600_000, True)]
)
def test_a_moment_of_two_people_is_no_surge(observed_ms: int, alert: bool | None) -> None:
    seen = tally(observed_ms=observed_ms, person_ms=8 * observed_ms)
    assert raised(AlertKind.SURGE, tally=seen, usual=UsualCrowd(8, 2.0)) is alert


def test_a_crowd_is_judged_by_the_usual_of_the_cameras_that_saw_it() -> None:
    busy = tally(observed_ms=TEN_MINUTES_MS, person_ms=9 * TEN_MINUTES_MS)
    dark = tally(dark_ms=TEN_MINUTES_MS)
    place = LocationStatus(
        "KX-01", [(busy, UsualCrowd(8, 9.0)), (dark, UsualCrowd(8, 1.0))], None, 2
    )
    (surge,) = (one for one in measure_location(place) if one.kind is AlertKind.SURGE)
    assert surge.value == pytest.approx(1.0)  # against the mean of both it would be 1.8


@pytest.mark.parametrize(
    ("age_h", "expected", "alert"),
    [(0.0, 1, False), (2.9, 1, False), (3.0, 2, True), (10 * 7 * 24, 1, True), (9.0, 0, None),
     (None, 1, None)],
)  # fmt: skip
def test_a_place_without_data_for_hours_is_an_alert(
    age_h: float | None, expected: int, alert: bool | None
) -> None:
    measures = list(measure_location(LocationStatus("KX-01", [], None, expected, data_age_h=age_h)))
    limit = THRESHOLDS[AlertKind.NO_DATA].raise_at
    assert ([one.value >= limit for one in measures] or [None]) == [alert]


@pytest.mark.parametrize(
    ("story", "lately", "usual", "alert"),
    [
        ("motion and nobody", (600_000, 900, 0), None, True),
        ("stillness", (600_000, 20, 0), None, None),
        ("half of it blind", (300_000, 900, 0), None, None),
        ("one person", (600_000, 900, 9), None, False),
        ("a quiet hour", (600_000, 900, 0), UsualCrowd(8, 0.1), None),
    ],
)
def test_light_and_motion_without_people_is_a_matter_of_equipment(
    story: str, lately: tuple[int, int, int], usual: UsualCrowd | None, alert: bool | None
) -> None:
    observed_ms, analysed, person_ms = lately
    seen = tally(frames_captured=6_000, frames_analysed=analysed, observed_ms=observed_ms,
                 person_ms=person_ms)  # fmt: skip
    assert raised(AlertKind.NO_FACES, tally=seen, usual=usual) is alert, story


@pytest.mark.parametrize(("dark_ms", "alert"), [(0, False), (299_000, False), (301_000, True)])
def test_half_of_the_time_blind_is_an_alert_and_names_the_cause(dark_ms: int, alert: bool) -> None:
    seen = tally(observed_ms=TEN_MINUTES_MS - dark_ms, dark_ms=dark_ms)
    assert raised(AlertKind.UNOBSERVED, tally=seen) is alert
    camera = CameraStatus("KX-01", "kx-01-cam-1", tally(dark_ms=TEN_MINUTES_MS), NOON, None)
    assert "dark" in next(
        m.message for m in measure_camera(camera, None, NOON) if m.kind is AlertKind.UNOBSERVED
    )


@pytest.mark.parametrize(("accounted_ms", "alert"), [(100, None), (299_000, None), (300_000, True)])
def test_a_moment_in_the_dark_is_not_blindness(accounted_ms: int, alert: bool | None) -> None:
    assert raised(AlertKind.UNOBSERVED, tally=tally(dark_ms=accounted_ms)) is alert


def test_an_optional_camera_may_be_silent() -> None:
    camera = CameraStatus("KX-01", "cam", None, NOON - timedelta(hours=9), None, is_expected=False)
    assert list(measure_camera(camera, None, NOON)) == []


def test_a_camera_that_is_paused_is_not_blind() -> None:
    blind = dict.fromkeys(BlindCause, 0) | {BlindCause.PAUSED: TEN_MINUTES_MS}
    seen = AudienceSums(blind_ms=blind, dwell_histogram=(), attention_histogram=())
    assert raised(AlertKind.UNOBSERVED, tally=seen) is None


@pytest.mark.parametrize(("ago_min", "alert"), [(1, False), (11, True)])
def test_silence_is_ten_minutes_without_a_word(ago_min: int, alert: bool) -> None:
    assert raised(AlertKind.OFFLINE, received_at=NOON - timedelta(minutes=ago_min)) is alert


def test_a_camera_without_any_message_is_not_offline() -> None:
    assert raised(AlertKind.OFFLINE, received_at=None) is None


@pytest.mark.parametrize(("off_s", "alert"), [(-130.0, True), (3.0, False), (130.0, True)])
def test_a_clock_may_be_wrong_either_way(off_s: float, alert: bool) -> None:
    assert raised(AlertKind.CLOCK, clock_off_s=off_s) is alert


def test_every_kind_has_thresholds_and_what_stops_the_measurement_is_critical() -> None:
    assert set(THRESHOLDS) == set(AlertKind)
    urgent = {kind for kind, one in THRESHOLDS.items() if one.severity is Severity.CRITICAL}
    assert urgent == {
        AlertKind.OFFLINE,
        AlertKind.UNOBSERVED,
        AlertKind.NO_DATA,
        AlertKind.QUARANTINED,
    }


def test_thresholds_that_would_flicker_are_refused() -> None:
    with pytest.raises(ValueError, match="is above"):
        AlertThresholds(raise_at=1.0, clear_at=2.0)
