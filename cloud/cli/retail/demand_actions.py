"""Options of `retail marts|train|backtest|models`: what they do loads the libraries of the lake."""

import argparse
import importlib
import os
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from cloud.cli.lake.commands import FOLDER
from wire.command_line import row_count


def add_actions(actions: Any) -> None:
    """Offer `marts`, `train`, `backtest` and `models`."""
    marts = actions.add_parser("marts", help="build changed weeks, and features of ended days")
    _add_lake(marts)
    marts.add_argument(
        "--since", type=date.fromisoformat, metavar="DAY",
        help="build the features of all days from this one anew, each as it was known then",
    )  # fmt: skip
    marts.set_defaults(perform=partial(_perform, "build_marts"))
    train = actions.add_parser("train", help="estimate the demand, as the nightly run does")
    _add_lake(train)
    train.add_argument("--choose", action="store_true", help="compare all models again")
    train.add_argument("--tune", action="store_true", help="and search better settings before")
    train.set_defaults(perform=partial(_perform, "train_models"))
    backtest = actions.add_parser("backtest", help="compare models on past weeks, store nothing")
    _add_lake(backtest)
    backtest.add_argument(
        "--weekly", type=Path, metavar="FILE",
        help="CSV or Parquet with the columns of curated.retail_weekly, instead of the lake",
    )  # fmt: skip
    backtest.add_argument(
        "--models",
        metavar="NAMES",
        help="such as series-mean,shrunk (all of them)",
    )
    backtest.set_defaults(perform=partial(_perform, "compare_models"))
    models = actions.add_parser("models", help="list trained versions with their scores")
    models.add_argument("--limit", type=row_count, default=10, help="how many (%(default)s)")
    models.set_defaults(perform=partial(_perform, "list_models"))


def _perform(action: str, engine: Engine, arguments: argparse.Namespace) -> int:
    """Run an action; 2 when it is refused."""
    module = importlib.import_module("cloud.cli.retail.demand_work")
    return int(module.run_refusing(getattr(module, action), engine, arguments))


def _add_lake(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lake", metavar="FOLDER", default=os.environ.get("ONLOOKER_LAKE", FOLDER),
        help=f"folder or s3://bucket/prefix (ONLOOKER_LAKE, {FOLDER})",
    )  # fmt: skip
