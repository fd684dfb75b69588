"""Cameras that count the visitors of usual weeks, and a site's forecast by night and by request."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from sqlalchemy import Engine, Insert, Table

from cloud import database
from cloud.forecast import venue_profiles
from cloud.forecast.forecaster import HourForecast, SiteForecast, forecast_at
from cloud.forecast.nightly import NightlyResult, run
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites
from tests.cloud.rates import sites

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
MONDAY_NOON = "2026-11-23T12:00"
SHAPE = venue_profiles.build_week_shape(date(2024, 1, 1))
BUSY = 1000.0
TWO_CAMERAS = msgspec.structs.replace(
    sites().location("KX-01"), listed_cameras=("one", "two"), base_attention_s=500
)
ONE_CAMERA = msgspec.structs.replace(TWO_CAMERAS, listed_cameras=("one",))
WEEKS = 26


@dataclass(frozen=True)
class CameraScenario:
    """What a camera counts: `people` in the average hour, in the hours that it `observes`."""

    name: str = "one"
    people: float = BUSY
    observes: Callable[[datetime], bool] = lambda local: True
    outliers: dict[datetime, float] = field(default_factory=dict)
    """Local hour -> factor of the usual count; from 1e5 on, the count itself."""
    is_noisy: bool = False


def expected_people(local: datetime, people: float = BUSY) -> float:
    return people * SHAPE[local.weekday() * 24 + local.hour]


def hour_tallies(
    site: Site, camera: CameraScenario, *, weeks: int = WEEKS
) -> Iterator[dict[str, Any]]:
    """Hours on the site's clock, as UTC hours; for clocks with whole hours."""
    usual = usual_tallies(site.id, site.zone, camera.name, camera.people, weeks, camera.is_noisy)
    for local, at, people, row in usual:
        if camera.observes(local):
            factor = camera.outliers.get(local)
            if factor is not None:
                people = factor if factor >= 1e5 else factor * people
                row = tally_row(site.id, camera.name, people, "hour_at", at, 3_600_000)
            yield row


@functools.cache
def usual_tallies(
    location: str, zone: ZoneInfo, device: str, people: float, weeks: int, is_noisy: bool
) -> list[tuple[datetime, datetime, float, dict[str, Any]]]:
    """Of each hour: local time, instant, people and the row of a camera without outliers."""
    noise = [1.0] * (weeks * 168 + 1)
    if is_noisy:
        noise = np.random.default_rng(1).lognormal(0, 0.1, len(noise)).tolist()
    hours = []
    for age in range(weeks * 168, 0, -1):
        at = NOW.replace(hour=0) - timedelta(hours=age)
        local = at.astimezone(zone).replace(tzinfo=None)
        usual = expected_people(local, people) * noise[age]
        row = tally_row(location, device, usual, "hour_at", at, 3_600_000)
        hours.append((local, at, usual, row))
    return hours


def tally_row(
    location: str, device: str, people: float, column: str, at: datetime, observed_ms: int
) -> dict[str, Any]:
    return {
        "location": location,
        "device": device,
        column: int(at.timestamp()),
        "observed_ms": observed_ms,
        "entries": round(people),
        "onlookers": round(people / 4),
        "looking_ms": round(people * 500),
        "person_ms": round(people * 9000),
    }


def insert_tallies(
    engine: Engine, rows: list[dict[str, Any]], table: Table = database.hour_tallies
) -> None:
    """By the driver alone: SQLAlchemy would convert each value of thousands of rows."""
    names = tuple(column.name for column in table.columns if column.name in rows[0])
    with database.writing(engine) as connection:
        database.run_many(
            connection, _insert_into(table), names, list(map(itemgetter(*names), rows))
        )


@functools.cache
def _insert_into(table: Table) -> Insert:
    return table.insert()


def request_forecast(engine: Engine, site: Site, now: datetime = NOW) -> SiteForecast:
    with database.reading(engine) as connection:
        return forecast_at(connection, site, now)


def run_night(engine: Engine, *sites: Site, now: datetime = NOW) -> NightlyResult:
    done = run(engine, Sites(sites), now=now, learn=False, progress=lambda *_: None)
    assert not done.failed
    return done


def forecast_both_ways(
    engine: Engine, site: Site, *cameras: CameraScenario, now: datetime = NOW
) -> SiteForecast:
    """The forecast of a site; by request and by night it is the same to every figure and word."""
    for camera in cameras:
        insert_tallies(engine, list(hour_tallies(site, camera)))
    by_request = request_forecast(engine, site, now)
    assert run_night(engine, site, now=now).forecast == 1
    by_night = request_forecast(engine, site, now)
    for ahead in [*range(168), 9 * 24 + 12, 40 * 24 + 8]:
        at = NOW.replace(hour=0) + timedelta(hours=ahead)
        one, other = by_request.hour_forecast(at), by_night.hour_forecast(at)
        assert are_near(figures(one), figures(other)), (at, one, other)
        assert (one.basis, one.reason, one.model) == (other.basis, other.reason, other.model)
        assert (one.cutoff_at, one.unobserved) == (other.cutoff_at, other.unobserved)
    return by_night


def figures(hour_forecast: HourForecast) -> list[float]:
    spans = (
        getattr(hour_forecast, measure)
        for measure in ("crowd", "entries", "onlookers", "attention_s")
    )
    return [figure for span in spans for figure in (span.p10, span.p50, span.p90)]


def are_near(some: list[float], others: list[float]) -> bool:
    """As `pytest.approx` says it of each, in a fiftieth of its time."""
    return all(
        abs(one - other) <= max(1e-5 * abs(other), 1e-4)
        for one, other in zip(some, others, strict=True)
    )


def forecast_of(forecast: SiteForecast, local: str) -> HourForecast:
    return forecast.hour_forecast(datetime.fromisoformat(local).replace(tzinfo=forecast.zone))


def relative_width(hour_forecast: HourForecast) -> float:
    return (hour_forecast.entries.p90 - hour_forecast.entries.p10) / hour_forecast.entries.p50


def percentiles(hour_forecast: HourForecast) -> tuple[float, ...]:
    return (hour_forecast.entries.p10, hour_forecast.entries.p50, hour_forecast.entries.p90)


def local_hours(
    first: str, last: str, value: float, hours: range = range(24)
) -> dict[datetime, float]:
    """All these hours of the days from one to another."""
    first_on, last_on = date.fromisoformat(first), date.fromisoformat(last)
    return {
        datetime.combine(first_on + timedelta(days=day), time(hour)): value
        for day in range((last_on - first_on).days + 1)
        for hour in hours
    }
