"""Drift is an hour that deviates from every earlier week by a margin; weekly variation is not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from cloud.alerting.data_quality import usual_range
from cloud.alerting.lifecycle import AlertChange, apply_measures
from cloud.alerting.measures import read_measures
from cloud.alerting.rules import (
    MIN_MARGIN,
    SWINGS,
    THRESHOLDS,
    AlertKind,
    CameraStatus,
    QualityShare,
    UsualRange,
    measure_quality,
)
from cloud.database import alerts, hour_tallies, reading, writing

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CAMERA = CameraStatus("KX-01", "kx-01-cam-1", None, None, None)
RAISED, CLEARED = THRESHOLDS[AlertKind.DRIFT].raise_at, THRESHOLDS[AlertKind.DRIFT].clear_at

weeks = st.lists(st.floats(-1, 1), min_size=4, max_size=8)
shares = st.sampled_from(list(QualityShare))


def drift(quality: QualityShare, now: float, before: list[float]) -> float | None:
    usual = {quality: UsualRange(len(before), min(before), max(before))}
    values = [one.value for one in measure_quality(CAMERA, {quality: now}, usual)]
    return values[0] if values else None


@given(shares, st.floats(0.05, 0.95), st.floats(0, MIN_MARGIN / 2 - 0.001), weeks, st.floats(-1, 1))
def test_the_swing_of_a_steady_camera_never_raises(
    quality: QualityShare, usual: float, swing: float, noise: list[float], now: float
) -> None:
    value = drift(quality, usual + swing * now, [usual + swing * one for one in noise])
    assert value is not None
    assert value < RAISED


@given(shares, st.floats(0, 0.3), st.floats(0, 0.05), weeks, st.floats(0, 0.4))
def test_what_goes_beyond_the_margin_raises_whatever_the_noise(
    quality: QualityShare, usual: float, swing: float, noise: list[float], more: float
) -> None:
    before = [usual + swing * one for one in noise]
    margin = max(MIN_MARGIN, SWINGS * (max(before) - min(before)))
    value = drift(quality, max(before) + margin + 0.001 + more, before)
    assert value is not None
    assert value >= RAISED


@given(shares, weeks)
def test_better_than_usual_is_no_drift(quality: QualityShare, noise: list[float]) -> None:
    before = [0.5 + 0.1 * one for one in noise]
    assert drift(quality, 0.0, before) == 0.0


def test_three_weeks_are_no_custom() -> None:
    assert drift(QualityShare.UNOBSERVED, 0.9, [0.0, 0.0, 0.0]) is None


def message_of(connection: Connection, alert: int) -> str:
    found: str = connection.execute(
        select(alerts.c.message).where(alerts.c.id == alert)
    ).scalar_one()
    return found


def hour(engine: Engine, ago: timedelta, blurred_share: float, **more: int) -> None:
    blurred_ms = int(3_600_000 * blurred_share)
    row = {"location": "KX-01", "device": "kx-01-cam-1", "reports": 1,
           "hour_at": int((NOON - ago).timestamp()), "blind_blurred_ms": blurred_ms,
           "observed_ms": 3_600_000 - blurred_ms, **more}  # fmt: skip
    with writing(engine) as connection:
        connection.execute(hour_tallies.insert(), row)


@pytest.mark.parametrize(
    ("story", "shares", "changes"),
    [
        ("a lens that gets dirty", (0.02, 0.3, 0.5), [AlertChange.RAISED]),
        ("a lens that was wiped", (0.5, 0.02, 0.02), [AlertChange.RAISED, AlertChange.CLEARED]),
        ("an hour between the thresholds", (0.5, 0.15, 0.15), [AlertChange.RAISED]),
        ("as always", (0.02, 0.05, 0.01), []),
    ],
)
def test_an_hour_is_held_against_the_same_hour_of_earlier_weeks(
    engine: Engine, story: str, shares: tuple[float, ...], changes: list[AlertChange]
) -> None:
    for week in range(1, 7):
        for place in range(len(shares)):
            hour(engine, timedelta(weeks=week, hours=1) - timedelta(hours=place), 0.02)
    seen, messages = [], []
    for place, share in enumerate(shares):
        now = NOON + timedelta(hours=place, minutes=5)
        hour(engine, timedelta(hours=1 - place), share, blind_paused_ms=9_000_000)
        with writing(engine) as connection:
            for event in apply_measures(
                connection, read_measures(connection, [("KX-01", "kx-01-cam-1")], now), now
            ):
                seen.append(event.change)
                messages.append((event.kind, message_of(connection, event.alert)))
    assert seen == changes, story
    if changes:
        assert messages[0][0] == AlertKind.DRIFT
        assert "was unobserved; usual at this hour is 2% to 2%" in messages[0][1]


@pytest.mark.parametrize("shares", [[0.02] * 7 + [0.9], [0.9] + [0.02] * 5])
def test_one_extreme_week_does_not_hide_a_drift(shares: list[float]) -> None:
    assert usual_range(shares) == UsualRange(len(shares), 0.02, 0.02)


def test_what_was_hardly_measured_is_not_judged(engine: Engine) -> None:
    for week in range(7):
        hour(engine, timedelta(weeks=week, hours=1), 0.0, person_ms=10_000,
             unsure_ms=10_000 if not week else 0)  # fmt: skip
    with reading(engine) as connection:
        found = list(read_measures(connection, [("KX-01", "kx-01-cam-1")], NOON))
    assert [one.value for one in found if one.kind is AlertKind.DRIFT] == [0.0]
