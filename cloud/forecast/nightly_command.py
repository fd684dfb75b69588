"""`python -m cloud forecast`: the night's forecasts of every place, stored and scored.

Run it after midnight, from cron or a timer; run it again after an interruption.
"""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from cloud import database, estate, settings
from cloud.forecast import store
from cloud.forecast.nightly import run as run_night
from cloud.forecast.signals import SignalError, read_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `forecast`."""
    settings.add_arguments(parser, "database", "estate")
    parser.add_argument("--plain", action="store_true", help="learn nothing, forecast plainly")
    parser.add_argument(
        "--signals", type=Path, metavar="DIR",
        help="<location>.csv files of weather, school holidays and events (docs/forecast.md)",
    )  # fmt: skip
    parser.add_argument("--scores", action="store_true", help="only show how forecasts turned out")


def run(arguments: argparse.Namespace) -> int:
    """Do the night's work and print what was done as JSON; 1 when signals cannot be used."""
    try:
        signals = read_folder(arguments.signals) if arguments.signals else {}
    except SignalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    chosen = settings.read(arguments)
    engine = database.connect(chosen.database_url)
    database.create(engine)
    if not arguments.scores:
        places = estate.load(chosen.estate or estate.SAMPLE)
        for name in sorted(signals.keys() - {site.id for site in places}):
            sys.stderr.write(f"{arguments.signals / name}.csv speaks of no place of the estate\n")
        night = run_night(
            engine,
            places,
            now=datetime.now(UTC),
            learn=not arguments.plain,
            signals=signals,
            progress=_say,
        )
        sys.stdout.write(json.dumps(asdict(night)) + "\n")
    with database.reading(engine) as connection:
        for line in store.scoreboard(connection):
            sys.stdout.write(json.dumps(line) + "\n")
    engine.dispose()
    return 0


def _say(network: str, done: int, places: int) -> None:
    sys.stderr.write(f"{network}: {done} of {places} places\n")
