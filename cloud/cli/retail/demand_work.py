"""What `retail marts|train|backtest|models` do: weekly sales, features, and models of demand."""

import argparse
import sys
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Engine

from cloud.database import reading
from cloud.forecast.retail.demand_scores import DemandScores
from cloud.forecast.retail.demand_versions import DemandVersion, read_versions
from cloud.forecast.retail.estimates import Evidence
from cloud.forecast.retail.model_choice import TooFewWeeksError, choose_model
from cloud.forecast.retail.models.registry import DEMAND_MODELS
from cloud.forecast.retail.training import NoSalesError, TrainedDemand, train_demand
from cloud.forecast.retail.tuning import tune_settings
from cloud.forecast.retail.weekly_history import WeeklyFileError, read_sales_panel, read_weekly_file
from cloud.lake.file_checks import DamagedFileError
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError
from cloud.lake.storage import StorageError, open_storage
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import MartValueError
from cloud.marts.retail.features import BuiltFeatures, build_feature_days, build_new_features
from cloud.marts.retail.places import read_places
from cloud.marts.retail.weekly import build_changed_weeks
from cloud.suggestions import unknown_word
from wire.clock import utc_now
from wire.command_line import OptionError

FAILURES = (
    NoSalesError, TooFewWeeksError, DamagedFileError, LakeConflictError, StorageError,
    MartValueError, WeeklyFileError,
)  # fmt: skip


def run_refusing(
    action: Callable[[Engine, argparse.Namespace], int],
    engine: Engine,
    arguments: argparse.Namespace,
) -> int:
    """Run an action; 2 and a sentence when it is refused."""
    try:
        return action(engine, arguments)
    except FAILURES as error:
        sys.stderr.write(f"retail: {error}\n")
        return 2


def build_marts(engine: Engine, arguments: argparse.Namespace) -> int:
    """Build weeks and features, with a line for each."""
    lake, now = _open(engine, arguments), utc_now()
    with reading(engine) as connection:
        places = read_places(connection)
    with DuckDbEngine().open() as duckdb:
        for week in build_changed_weeks(lake, duckdb, now=now):
            sys.stdout.write(f"week of {week.week_on}: {week.rows} rows\n")
        built = build_new_features(lake, duckdb, places, now=now)
        if arguments.since is not None:
            days = [
                arguments.since + timedelta(n) for n in range((now.date() - arguments.since).days)
            ]
            built = build_feature_days(lake, duckdb, places, days, now=now)
        rows = [_write_features(day) for day in built]
    if rows and not any(rows):
        sys.stdout.write(
            "no point was received by the end of these days, and features use no others: the first "
            "ones with rows are those of the day of the load, built when it has ended\n"
        )
    return 0


def _write_features(day: BuiltFeatures) -> int:
    sys.stdout.write(f"features of {day.day}: {day.rows} rows\n")
    return day.rows


def train_models(engine: Engine, arguments: argparse.Namespace) -> int:
    """Train on the weeks of the lake."""
    now = utc_now()
    panel = read_sales_panel(_open(engine, arguments), now.date())
    settings = tune_settings(panel, _show_progress).settings if arguments.tune else None
    trained = train_demand(
        engine, panel, now=now, settings=settings, choose=arguments.choose, progress=_show_progress
    )
    sys.stdout.write("\n".join(_describe_training(trained)) + "\n")
    return 0


def compare_models(engine: Engine, arguments: argparse.Namespace) -> int:
    """Print the scores of each model on the weeks that choose, and of the chosen on the test."""
    names = _read_names(arguments.models)
    if arguments.weekly is None:
        panel = read_sales_panel(_open(engine, arguments), utc_now().date())
    else:
        panel = read_weekly_file(arguments.weekly)
    choice = choose_model(panel, names, progress=_show_progress)
    sys.stdout.write(f"{'model':14}{HEADINGS}\n")
    for name, scores in choice.scores.items():
        sys.stdout.write(f"{name:14}{_describe_scores(scores)}\n")
    sys.stdout.write(f"chosen: {choice.chosen}; on the last 15 % of the weeks:\n")
    sys.stdout.write(f"{choice.chosen:14}{_describe_scores(choice.test)}\n")
    return 0


def list_models(engine: Engine, arguments: argparse.Namespace) -> int:
    """List the versions, the newest first."""
    with reading(engine) as connection:
        versions = read_versions(connection, arguments.limit)
    for version in versions:
        sys.stdout.write(_describe_version(version) + "\n")
    return 0


HEADINGS = f"{'WMAPE':>8}{'MAPE':>8}{'bias':>8}{'RMSE log':>10}{'revenue':>9}{'weeks':>8}"


def _describe_scores(scores: DemandScores) -> str:
    return (
        f"{scores.wmape:8.3f}{scores.mape:8.3f}{scores.bias:+8.3f}{scores.rmse_log:10.3f}"
        f"{scores.revenue_score:9.3f}{scores.weeks:8d}"
    )


def _describe_training(trained: TrainedDemand) -> list[str]:
    counts, estimates = trained.counts, trained.estimates
    ranges = [one.elasticity_high - one.elasticity_low for one in estimates]
    evidence = {one: sum(found.evidence is one for found in estimates) for one in Evidence}
    left_out = counts.censored + counts.without_sales + counts.without_price
    return [
        f"{trained.version.version}: {len(estimates)} estimates from {counts.used} weeks",
        f"left out: {left_out} weeks ({counts.censored} with empty shelves, "
        f"{counts.without_sales} without sales, {counts.without_price} without a price)",
        "evidence: " + ", ".join(f"{name} {count}" for name, count in evidence.items()),
        f"median range of an elasticity: {np.median(ranges):.2f}" if ranges else "no estimate",
    ]


def _describe_version(version: DemandVersion) -> str:
    test = version.scores.get("test", {})
    scores = "no backtest" if not test else f"WMAPE {test['wmape']}, bias {test['bias']}"
    drift = " drifted" if version.drift.get("is_drifted") else ""
    return (
        f"{version.version}  {version.status.value}  {version.series} series, "
        f"{version.weeks} weeks to {version.last_on}  {scores}{drift}"
    )


def _list_days(first: date, end: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((end - first).days)]


def _read_names(text: str | None) -> list[str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in DEMAND_MODELS:
            raise OptionError(unknown_word("model", name, DEMAND_MODELS))
    if not any(DEMAND_MODELS[name].is_candidate for name in names):
        raise OptionError(f"{text} has only references: add one that may be chosen, such as shrunk")
    return names


def _show_progress(name: str, done: int, total: int) -> None:
    sys.stderr.write(f"{done} of {total}: {name}\n")


def _open(engine: Engine, arguments: argparse.Namespace) -> Lake:
    return Lake(open_storage(arguments.lake), engine)
