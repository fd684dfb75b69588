"""What a night of forecasts costs for each place, in CPU milliseconds of one thread.

Run it alone on the machine: `python tests/benchmarks/forecast_night.py`. Invented hours of two and
a half years; the first night reads everything and learns, the others are ordinary ones, in which a
fourteenth of the places is read in full. What is learnt is learnt from forty series however many
places there are, so its cost is shown for a thousand. Four measures are forecast for each place.
"""

import argparse
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta

import msgspec
import numpy as np
from sqlalchemy import Engine

from cloud import database, estate
from cloud.forecast import venues
from cloud.forecast.nightly import run

NOW = datetime(2026, 11, 9, 2, tzinfo=UTC)
WEEKS = 130
NIGHTS = 7
FLEET = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--places", type=int, default=28)
    count = parser.parse_args().places
    site = estate.load().location("KX-01")
    sites = (
        msgspec.structs.replace(site, id=f"L-{number:04}", cameras=()) for number in range(count)
    )
    places = estate.Estate(tuple(sites))
    with tempfile.TemporaryDirectory() as folder:
        engine = database.connect(f"sqlite:///{folder}/onlooker.db")
        database.create(engine)
        for number, place in enumerate(places):
            fill(engine, place.id, np.random.default_rng(number))
        spent = [night(engine, places, NOW + timedelta(days=day)) for day in range(NIGHTS)]
        engine.dispose()
    first, *rest = spent
    ordinary = sum(rest) / len(rest) / count * 1000
    learning = max(first - sum(rest) / len(rest), 0) * 1000 / 7 / FLEET
    print(f"an ordinary night: {ordinary:.1f} ms a place")
    print(f"learning, spread over a week and {FLEET} places: at most {learning:.1f} ms a place")
    return 0


def fill(engine: Engine, location: str, chance: np.random.Generator) -> None:
    shape = np.tile(venues.week_shape(date(2024, 1, 1)), WEEKS + 2)
    people = chance.poisson(chance.lognormal(6, 0.7) * shape * chance.lognormal(0, 0.2, shape.size))
    first_at = NOW - timedelta(weeks=WEEKS, days=NOW.weekday(), hours=NOW.hour)
    with database.writing(engine) as connection:
        connection.execute(
            database.hour_tallies.insert(),
            [
                {
                    "location": location,
                    "device": "cam",
                    "hour_at": int((first_at + timedelta(hours=hour)).timestamp()),
                    "observed_ms": 3_600_000,
                    "entries": entries,
                    "visits": entries,
                    "onlookers": entries // 8,
                    "person_ms": 9000 * entries,
                    "dwell_ms": 9000 * entries,
                    "looking_ms": 450 * entries,
                }
                for hour, entries in enumerate(people.tolist())
            ],
        )


def night(engine: Engine, places: estate.Estate, now: datetime) -> float:
    started_s = time.process_time()
    done = run(engine, places, now=now, progress=lambda *_: None)
    spent_s = time.process_time() - started_s
    print(f"{now:%a %d}: {done.forecast} forecast, {done.scored} scored, {spent_s:.2f} CPU s")
    return spent_s


if __name__ == "__main__":
    sys.exit(main())
