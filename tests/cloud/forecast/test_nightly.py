"""The nightly run forecasts every site once, stores the forecast, and scores it later."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sqlalchemy import Engine, func, select, update

from cloud import database
from cloud.forecast import store, venue_profiles
from cloud.forecast.forecaster import forecast_at
from cloud.forecast.models import model_selection
from cloud.forecast.models.boosted import Boosted
from cloud.forecast.models.registry import model_version
from cloud.forecast.nightly import NightlyResult, run
from cloud.forecast.series import ClockSeries, Floats
from cloud.forecast.signals import SignalLine, Signals
from cloud.sites.sites import Sites
from cloud.sites.sites_file import load_sites
from tests.cloud.databases import new_engine

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
FRIDAY = date(2026, 11, 20)
SITES = Sites(tuple(site for site in load_sites() if site.id in {"KX-01", "LB-01"}))
KINGS_CROSS = SITES.location("KX-01")
SHAPE = venue_profiles.build_week_shape(date(2024, 1, 1))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = new_engine(tmp_path)
    yield engine
    engine.dispose()


def measured(engine: Engine, location: str, *, weeks: int, until_at: datetime = NOW) -> None:
    """Hours with the shape of a station up to before `until_at`."""
    first_at = until_at - timedelta(weeks=weeks)
    with database.writing(engine) as connection:
        connection.execute(
            database.hour_tallies.insert(),
            [tallied(location, first_at + timedelta(hours=hour)) for hour in range(weeks * 168)],
        )


def tallied(location: str, at: datetime) -> dict[str, object]:
    return {
        "location": location,
        "device": "cam",
        "hour_at": int(at.timestamp()),
        "observed_ms": 3_600_000,
        "entries": int(900 * SHAPE[at.weekday() * 24 + at.hour]),
        "looking_ms": 450_000,
        "person_ms": 9_000_000,
        "onlookers": 100,
    }


def night(engine: Engine, now: datetime = NOW, *, learn: bool = False) -> NightlyResult:
    return run(engine, SITES, now=now, learn=learn, progress=lambda *_: None)


def test_each_site_with_two_weeks_is_forecast_and_the_others_are_counted(engine: Engine):
    measured(engine, "KX-01", weeks=3)

    assert night(engine) == NightlyResult(scored=0, learnt=0, forecast=1, left_out=1)
    with database.reading(engine) as connection:
        week = store.read_week(connection, "KX-01", FRIDAY)
        assert store.read_week(connection, "LB-01", FRIDAY) is None
    assert week is not None
    assert week.model == "recent-3"
    assert (np.diff(week.week, axis=1) >= 0).all()


def test_a_repeated_run_forecasts_only_missing_sites(engine: Engine):
    measured(engine, "KX-01", weeks=3)
    night(engine)
    measured(engine, "LB-01", weeks=3)

    assert night(engine, NOW + timedelta(hours=1)).forecast == 1
    with database.reading(engine) as connection:
        week = store.read_week(connection, "KX-01", FRIDAY)
    assert week is not None
    assert week.made_at == NOW


def test_a_forecast_is_scored_when_its_week_is_over(engine: Engine):
    measured(engine, "KX-01", weeks=3)
    night(engine)
    later = NOW + timedelta(days=9)
    measured(engine, "KX-01", weeks=1, until_at=NOW + timedelta(weeks=1))
    too_early = night(engine, NOW + timedelta(days=8))
    on_time = night(engine, later)
    again = night(engine, later)

    assert (too_early.scored, on_time.scored, again.scored) == (0, 1, 0)
    with database.reading(engine) as connection:
        board = {line["measure"]: line for line in store.read_scoreboard(connection)}
    assert board["entries"]["wape"] < 0.05
    assert board["entries"]["hours"] >= 160


def test_a_price_uses_the_stored_forecast_of_the_night(engine: Engine):
    measured(engine, "KX-01", weeks=3)
    night(engine)
    with database.reading(engine) as connection:
        week = store.read_week(connection, "KX-01", FRIDAY)
    assert week is not None
    with database.reading(engine) as connection:
        made = forecast_at(connection, KINGS_CROSS, NOW)
    monday_at_eight = datetime(2026, 11, 23, 8, tzinfo=UTC)
    hour_forecast = made.hour_forecast(monday_at_eight)

    assert hour_forecast.model == "recent-3"
    assert hour_forecast.entries.p50 == pytest.approx(week.week[1, 1, 3 * 24 + 8])
    assert made.hour_forecast(monday_at_eight + timedelta(days=7)).model == "recent-3"


def test_sites_with_another_clock_or_calendar_are_a_separate_network(engine: Engine):
    sydney = msgspec.structs.replace(
        KINGS_CROSS, id="SY-01", timezone="Australia/Sydney", holidays="AU-NSW", listed_cameras=()
    )
    seen: list[str] = []
    run(
        engine,
        Sites((KINGS_CROSS, sydney)),
        now=NOW,
        learn=False,
        progress=lambda name, done, places: seen.append(f"{name} {done}/{places}"),
    )

    assert seen == ["GB-ENG 1/1", "AU-NSW 1/1"]


@pytest.mark.slow
def test_a_network_with_more_than_a_year_is_trained_once_a_week(engine: Engine, monkeypatch):
    pytest.importorskip("lightgbm")
    monkeypatch.setattr(
        "cloud.forecast.training.Boosted",
        lambda **series_signals: Boosted(trees=5, **series_signals),
    )
    measured(engine, "KX-01", weeks=80)
    first = night(engine, learn=True)
    next_day = night(engine, NOW + timedelta(days=1), learn=True)

    assert (first.learnt, first.forecast) == (1, 1)
    with database.reading(engine) as connection:
        week = store.read_week(connection, "KX-01", FRIDAY)
        trained_at = connection.execute(select(func.max(store.forecast_models.c.trained_at)))
        assert trained_at.scalar_one() == NOW
    assert week is not None
    assert week.model == "blend-4"
    assert next_day.forecast == 1


def test_events_change_the_forecast_of_their_own_site_only(engine: Engine):
    evenings = [NOW.date() - timedelta(weeks=age) for age in range(1, 40)]
    lines = tuple(
        SignalLine("event", *(datetime.combine(day, time(hour)) for hour in (19, 22)), 1.0)
        for day in [*evenings, FRIDAY]
    )
    for location in ("KX-01", "LB-01"):
        measured(engine, location, weeks=60)
    hours = database.hour_tallies
    with database.writing(engine) as connection:
        for day in evenings:
            first = int(datetime.combine(day, time(19), UTC).timestamp())
            busy = (hours.c.hour_at >= first) & (hours.c.hour_at < first + 3 * 3600)
            connection.execute(update(hours).where(busy).values(entries=hours.c.entries * 2))
        partial = lines[:-1]
    signals = {"KX-01": Signals(("event",), lines), "LB-01": Signals(("event",), partial)}
    run(engine, SITES, now=NOW, learn=False, signals=signals, progress=lambda *_: None)
    with database.reading(engine) as connection:
        found = [store.read_week(connection, name, FRIDAY) for name in ("KX-01", "LB-01")]
    with_it, without = (week.week[1, 1, 19:22].sum() for week in found if week is not None)

    assert with_it > 1.3 * without


def test_a_site_uses_the_model_with_the_smaller_loss(engine: Engine, monkeypatch):
    measured(engine, "KX-01", weeks=20)
    poor, good = model_selection.ModelScore(30, 0.3, 0.8), model_selection.ModelScore(30, 0.1, 0.6)
    scores = {"KX-01": {model_version("blend"): poor, model_version("recent"): good}}
    monkeypatch.setattr("cloud.forecast.training.train_if_due", lambda *_, **__: Flat())
    monkeypatch.setattr(
        "cloud.forecast.models.model_selection.read_model_scores", lambda *_: scores
    )
    night(engine, learn=True)
    with database.reading(engine) as connection:
        week = store.read_week(connection, "KX-01", FRIDAY)
        rivals = connection.execute(select(model_selection.candidate_weeks.c.model)).scalars().all()

    assert week is not None
    assert week.model == "recent-3"
    assert sorted(rivals) == ["blend-4", "recent-3"]


class Flat:
    """A learner that says the same of every hour."""

    def week(self, history: ClockSeries, *_: object) -> Floats:
        return np.tile(
            np.array([400.0, 500.0, 600.0])[None, :, None], (len(history.values), 1, 168)
        )
