"""`python -m cloud marts ACTION`: build the marts of the lake and copy them to the database."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Final

from cloud import database, settings
from cloud.cli.lake.commands import FOLDER
from cloud.cli.lake.output import FAILURES, describe_failure, write_stopped
from cloud.lake.curated.profiles import LOCATION_PROFILES
from cloud.lake.curated.tables import CURATED_TABLES
from cloud.lake.file_lists import write_lists
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError
from cloud.lake.ownership import require_listed_files
from cloud.lake.storage import StorageError, open_storage
from cloud.marts.build import BuiltDay, build_changed_days, build_days
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import UNUSABLE_INPUTS, MartEngine
from cloud.marts.pricing import build_pricing_history
from cloud.marts.profiles import build_profiles
from cloud.marts.publish import publish_marts
from cloud.marts.seasons import build_seasons
from cloud.sites.sites import Sites
from cloud.sites.sites_file import SAMPLE, load_sites
from wire.clock import utc_now

REFUSED: Final = (LakeConflictError, StorageError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `marts`."""
    settings.add_arguments(parser, "database", "sites")
    parser.add_argument(
        "--lake", metavar="FOLDER", default=os.environ.get("ONLOOKER_LAKE", FOLDER),
        help=f"folder or s3://bucket/prefix (ONLOOKER_LAKE, {FOLDER})",
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", required=True)
    builds = actions.add_parser("build", help="build the days whose rows or sites changed")
    builds.add_argument(
        "--since", type=date.fromisoformat, metavar="DAY",
        help="build all days from this UTC day instead, changed or not",
    )  # fmt: skip
    builds.add_argument("--spark", action="store_true", help="on Spark; needs onlooker[spark]")
    actions.add_parser("publish", help="copy changed days to tables of the database")


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when a day is stopped by a damaged file, 2 when it is refused."""
    chosen = settings.read(arguments)
    settings.warn_without_sites(chosen)
    engine = database.open_existing(chosen.database_url)
    try:
        lake = Lake(open_storage(arguments.lake), engine)
        sites = load_sites(chosen.sites or SAMPLE)
        require_listed_files(lake)
        if arguments.action == "publish":
            return _publish(lake, sites)
        if arguments.spark:
            return _build_on_spark(lake, sites, arguments.since, clock())
        with DuckDbEngine().open() as duckdb:
            return _build(lake, duckdb, sites, arguments.since, clock())
    except REFUSED as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokenPipeError:  # of standard output
        raise
    except FAILURES as error:
        sys.stderr.write(describe_failure(error))
        return 2
    finally:
        engine.dispose()


def _build_on_spark(lake: Lake, sites: Sites, since: date | None, now: datetime) -> int:
    from cloud.cli.stream_spark import session
    from cloud.marts.spark_engine import SparkEngine

    spark = session({})
    try:
        return _build(lake, SparkEngine(spark), sites, since, now)
    finally:
        spark.stop()


def _build(lake: Lake, engine: MartEngine, sites: Sites, since: date | None, now: datetime) -> int:
    stopped = 0
    for built in _build_daily(lake, engine, sites, since, now):
        if write_stopped([built]):
            stopped += 1
            continue
        counts = ", ".join(f"{name} {rows}" for name, rows in sorted(built.rows.items()))
        _write(f"{built.day}: {counts or 'no reports, left as it is'}")
    for name, build in PERIODS.items():
        try:
            for line in build(lake, engine, sites, now):
                _write(line)
        except UNUSABLE_INPUTS as error:
            sys.stderr.write(f"stopped: {name}: {error}\n")
            stopped += 1
    for table in CURATED_TABLES:
        write_lists(lake, table.full_name)
    return 1 if stopped else 0


def _build_profiles(lake: Lake, engine: MartEngine, sites: Sites, now: datetime) -> Iterator[str]:
    profiles = build_profiles(lake, engine, sites, now=now)
    yield f"profiles of {profiles.get(LOCATION_PROFILES.name, 0)} locations built"


def _build_seasons(lake: Lake, engine: MartEngine, sites: Sites, now: datetime) -> Iterator[str]:
    for season in build_seasons(lake, engine, sites, now=now):
        yield f"season from {season.season_on}: {season.rows} rows"


def _build_prices(lake: Lake, engine: MartEngine, sites: Sites, now: datetime) -> Iterator[str]:
    for priced in build_pricing_history(lake, engine, sites, now=now):
        yield f"{priced.day}: pricing_history {priced.rows}"


PERIODS: Final = {"profiles": _build_profiles, "seasons": _build_seasons, "prices": _build_prices}
"""Marts of many days; one that is stopped does not stop the others."""


def _build_daily(
    lake: Lake, engine: MartEngine, sites: Sites, since: date | None, now: datetime
) -> Iterator[BuiltDay]:
    if since is None:
        return build_changed_days(lake, engine, sites, now=now)
    days = (now.date() - since).days + 1
    chosen = [since + timedelta(days=n) for n in range(days)]
    return build_days(lake, engine, sites, chosen, now=now)


def _publish(lake: Lake, sites: Sites) -> int:
    stopped = 0
    for published in publish_marts(lake, sites):
        _write(f"{published.table}: {published.days} days, {published.rows} rows")
        stopped += write_stopped(published.stopped)
    return 1 if stopped else 0


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
