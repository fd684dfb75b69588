"""`python -m cloud forecast`: compute, store and score the nightly forecasts of all sites.

Run it after midnight, from cron or a timer; run it again after an interruption.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from cloud import database, settings
from cloud.forecast import store
from cloud.forecast.nightly import run as run_night
from cloud.forecast.signals import SignalError, Signals, read_valid_signals
from cloud.sites.sites import Sites
from cloud.sites.sites_file import SAMPLE, load_sites

NOTHING_DONE: Final = 1
SOME_LEFT_OUT: Final = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `forecast`."""
    settings.add_arguments(parser, "database", "sites")
    parser.add_argument("--plain", action="store_true", help="use the untrained model only")
    parser.add_argument(
        "--signals", type=Path, metavar="DIR",
        help="<location>.csv files of weather, school holidays and events (docs/forecast.md)",
    )  # fmt: skip
    parser.add_argument(
        "--scores", action="store_true", help="only show the scores of earlier forecasts"
    )


def run(arguments: argparse.Namespace) -> int:
    """Forecast all sites and print the result as JSON.

    0: all sites; 1: nothing could be done; 3: sites or signals that `failed` names were left out.
    """
    try:
        signals, errors = read_valid_signals(arguments.signals) if arguments.signals else ({}, {})
    except SignalError as error:
        sys.stderr.write(f"{error}\n")
        return NOTHING_DONE
    chosen = settings.read(arguments)
    engine = database.open_existing(chosen.database_url)
    try:
        complete = True
        if not arguments.scores:
            sites = load_sites(chosen.sites or SAMPLE)
            _name_unused(arguments.signals, signals, errors, sites)
            complete = _night(engine, sites, signals, learn=not arguments.plain) and not errors
        with database.reading(engine) as connection:
            for line in store.read_scoreboard(connection):
                sys.stdout.write(json.dumps(line) + "\n")
    except OperationalError as error:
        sys.stderr.write(
            f"the database failed ({type(error.orig).__name__}): completed forecasts are stored; "
            "run the command again to continue\n"
        )
        return NOTHING_DONE
    finally:
        engine.dispose()
    return 0 if complete else SOME_LEFT_OUT


def _name_unused(
    folder: Path,
    signals: Mapping[str, Signals],
    errors: Mapping[str, SignalError],
    sites: Sites,
) -> None:
    for error in errors.values():
        sys.stderr.write(f"{error}; the site is forecast without its signals\n")
    for name in sorted(signals.keys() - {site.id for site in sites}):
        sys.stderr.write(f"{folder / name}.csv: the sites file has no location {name!r}\n")


def _night(engine: Engine, sites: Sites, signals: Mapping[str, Signals], *, learn: bool) -> bool:
    """Whether all sites are forecast."""
    night = run_night(
        engine, sites, now=datetime.now(UTC), learn=learn, signals=signals, progress=_say
    )
    sys.stdout.write(msgspec.json.encode(night).decode() + "\n")
    for one in night.failed:
        sys.stderr.write(f"{one.location} was left out: {one.reason}\n")
    for old in night.stale:
        sys.stderr.write(f"{old.location}: nothing observed for {old.age_days} days\n")
    return not night.failed


def _say(network: str, done: int, sites: int) -> None:
    sys.stderr.write(f"{network}: {done} of {sites} sites\n")
