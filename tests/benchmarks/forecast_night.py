"""What a night of forecasts costs: processor time for each place, wall time, memory.

`python tests/benchmarks/forecast_night.py` for a quick look, `--places 1000 --nights 1 --kill` for
a fleet. Two and a half years of invented hours, four measures for each place, in a database that
has been at it for weeks: hours are kept, a fourteenth of the places is read in full each night, and
the forecasts of nine days ago are waiting for their scores. Each night is a process of its own. The
first one learns; `--kill` ends it with SIGKILL half-way and starts it again. What is learnt is
learnt from forty series however many places there are, so its cost is shown for a thousand.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec
import numpy as np
from sqlalchemy import Connection, Engine

from cloud import database
from cloud.forecast import store, venue_profiles
from cloud.forecast.history import history_store
from cloud.forecast.history.history_store import LOOK_BACK_W, MEASURES
from cloud.forecast.history.hours import ObservedHours
from cloud.forecast.models import model_selection
from cloud.forecast.models.model import model_version
from cloud.forecast.nightly import LATE_DATA, run
from cloud.forecast.series import WEEK_H, ClockSeries, clock_series
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites
from cloud.sites.sites_file import load_sites

NOW = datetime(2026, 11, 9, 2, tzinfo=UTC)
WEEKS = 130
FLEET = 1000
RECENT_H = 6 * WEEK_H
COLUMNS = (
    "observed_ms", "entries", "visits", "onlookers", "person_ms", "dwell_ms", "looking_ms",
)  # fmt: skip
HOUR_MS = (3_600_000, 1, 1, 1 / 8, 9000, 9000, 450)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--places", type=int, default=28)
    parser.add_argument("--nights", type=int, default=7, help="after the one that learns")
    parser.add_argument("--kill", action="store_true", help="SIGKILL the first night half-way")
    parser.add_argument("--database", help="an empty database (a SQLite file of its own)")
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    places = drawn(arguments.places)
    if arguments.only is not None:
        return night(arguments.database, places, NOW + timedelta(days=arguments.only))
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.database or f"sqlite:///{folder}/onlooker.db"
        engine = database.connect(url)
        database.create(engine)
        started_s = time.process_time()
        fill(engine, places, arguments.nights)
        engine.dispose()
        print(f"{len(places)} places drawn in {time.process_time() - started_s:.0f} CPU s")
        spent = [
            watched(url, len(places), number, kill=arguments.kill and number == 0)
            for number in range(arguments.nights + 1)
        ]
    ordinary = sum(spent[1:]) / arguments.nights / len(places) * 1000
    print(f"an ordinary night: {ordinary:.1f} ms a place")
    if not arguments.kill:
        learning = max(spent[0] - sum(spent[1:]) / arguments.nights, 0) * 1000 / 7 / FLEET
        print(f"learning, spread over a week and {FLEET} places: {learning:.1f} ms a place")
    return 0


def drawn(count: int) -> Sites:
    site = msgspec.structs.replace(load_sites().location("KX-01"), listed_cameras=("cam",))
    return Sites(tuple(msgspec.structs.replace(site, id=f"L-{at:04}") for at in range(count)))


def fill(engine: Engine, places: Sites, nights: int) -> None:
    """A database after weeks of nights: hours in full only where they will be read in full."""
    today = NOW.date()
    coming = [today + timedelta(days=day) for day in range(nights + 1)]
    for number, site in enumerate(places):
        starts_s, people = counted(np.random.default_rng(number), nights)
        ages = [
            age for age in range(1, 14) if history_store._is_due(site, today - timedelta(days=age))
        ]
        due = any(history_store._is_due(site, day) for day in coming) or not ages
        with database.writing(engine) as connection:
            keep_hours(connection, site, starts_s, people, hours=None if due else RECENT_H)
            if ages:
                series = on_clock(site, starts_s, people, today - timedelta(days=ages[0]))
                history_store.store_histories(connection, {site.id: (site, as_read(site, series))})
            for day in coming:
                keep_forecasts(connection, site, day - timedelta(days=8) - LATE_DATA)


def counted(chance: np.random.Generator, nights: int) -> tuple[np.ndarray, np.ndarray]:
    """When hours began, in seconds, and how many people came."""
    shape = np.tile(venue_profiles.build_week_shape(date(2024, 1, 1)), WEEKS + 3)
    people = chance.poisson(chance.lognormal(6, 0.7) * shape * chance.lognormal(0, 0.2, shape.size))
    first_at = NOW - timedelta(weeks=WEEKS, days=NOW.weekday(), hours=NOW.hour)
    starts_s = int(first_at.timestamp()) + 3600 * np.arange(shape.size)
    seen = starts_s < (NOW + timedelta(days=nights)).timestamp()
    return starts_s[seen], people[seen]


def keep_hours(
    connection: Connection, site: Site, starts_s: np.ndarray, people: np.ndarray, hours: int | None
) -> None:
    recent = slice(-hours if hours else None, None)
    sums = [
        np.full(people[recent].shape, 3_600_000) if name == "observed_ms"
        else (people[recent] * each).astype(int)
        for name, each in zip(COLUMNS, HOUR_MS, strict=True)
    ]  # fmt: skip
    names = ("location", "device", "hour_at", *COLUMNS)
    rows = zip(starts_s[recent].tolist(), *(one.tolist() for one in sums), strict=True)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        connection.exec_driver_sql(
            f"INSERT INTO hour_tallies ({', '.join(names)}) VALUES ({marks})",
            [(site.id, "cam", *row) for row in rows],
        )
        return
    connection.execute(
        database.hour_tallies.insert(),
        [dict(zip(names, (site.id, "cam", *row), strict=True)) for row in rows],
    )


def on_clock(site: Site, starts_s: np.ndarray, people: np.ndarray, ends_on: date) -> ClockSeries:
    """All that a full reading on that day would have found."""
    each = dict(zip(COLUMNS, HOUR_MS, strict=True))
    of_hour = [people * each[name] for name in ("person_ms", "entries", "onlookers", "looking_ms")]
    sums = np.stack([np.full(people.shape, 3_600_000), *of_hour])
    found = ObservedHours.counted(starts_s, np.ones_like(starts_s), np.floor(sums))
    series = clock_series(found.on_clock(site.zone), found.full, ends_on=ends_on)
    first_on = ends_on - timedelta(weeks=LOOK_BACK_W)
    return ClockSeries(first_on, series.last(LOOK_BACK_W).reshape(MEASURES, -1))


def as_read(site: Site, series: ClockSeries) -> history_store.SiteHistory:
    """As a full reading of one camera gives it."""
    cameras = history_store.CameraNotes(expected=("cam",), counted=("cam",))
    return history_store.SiteHistory(series, cameras, 0.0, is_new=True)


def keep_forecasts(connection: Connection, site: Site, first_on: date) -> None:
    """Something that was said of a week that has come true by now."""
    week = np.tile(np.array([300.0, 400.0, 500.0])[None, :, None], (MEASURES, 1, WEEK_H))
    said = {model_version(name): {site.id: week} for name in ("recent", "blend")}
    model_selection.store_candidates(connection, first_on, said)
    made_at = datetime.combine(first_on, NOW.timetz())
    known = store.StoredWeek(site.id, first_on, model_version("blend"), made_at, made_at, week)
    store.store_weeks(connection, [known])


def watched(url: str, places: int, number: int, *, kill: bool) -> float:
    """The processor seconds of a night; killed half-way and taken up again if so wished."""
    command = [
        sys.executable, __file__, "--database", url, "--places", str(places), "--only", str(number),
    ]  # fmt: skip
    started_s = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        found = {}
        for said in read(process):
            if kill and said.get("done", 0) >= places / 2:
                process.kill()
                break
            found = said
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    wall_s = time.perf_counter() - started_s
    cpu_s = usage.ru_utime + usage.ru_stime
    day = f"{NOW + timedelta(days=number):%a %d}"
    costs = f"{cpu_s:.1f} CPU s with its start, {wall_s:.0f} s, {usage.ru_maxrss / 1024:.0f} MiB"
    if kill:
        print(f"{day}: killed after {said.get('done')} places; {costs}", flush=True)
        return watched(url, places, number, kill=False)
    print(f"{day}: {found['forecast']} forecast, {found['scored']} scored; {costs}", flush=True)
    return float(found["cpu_s"])


def read(process: subprocess.Popen[str]) -> Iterator[dict[str, float]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def night(url: str, places: Sites, now: datetime) -> int:
    engine = database.connect(url)
    started_s = time.process_time()
    done = run(
        engine, places, now=now,
        progress=lambda _, done, __: print(json.dumps({"done": done}), flush=True),
    )  # fmt: skip
    cpu_s = time.process_time() - started_s
    engine.dispose()
    said = {"forecast": done.forecast, "scored": done.scored, "cpu_s": cpu_s}
    print(json.dumps(said), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
