"""`python -m cloud retail ACTION`: prices of shops, from price points to recommendations.

`load` reads stores, products and price points from CSV files; a file of points is imported once,
and resumed when it was interrupted. `errors` shows, repairs, replays and closes refused points.
`marts`, `train`, `backtest` and `models` estimate the demand. `rules` checks rule sets and puts
them in force; `recommend` recommends a price. Actions that open the database themselves do not
create one.
"""

import argparse
import sys

from cloud import settings
from cloud.app.retail.price_inputs import LimitCurrencyError, UnknownRetailPrice
from cloud.cli.retail import (
    demand_actions,
    document_action,
    error_actions,
    load_actions,
    rate_actions,
    recommend_action,
    rule_actions,
    stream_action,
)
from cloud.database import open_or_make
from cloud.ingest.retail.csv_import import ImportConflictError
from cloud.ingest.retail.csv_points import CsvFileError
from cloud.ingest.retail.error_queue import SettledEntryError, UnknownEntryError
from cloud.ingest.retail.error_replay import PointRepairError
from cloud.ingest.retail.master_data_files import MasterDataError
from cloud.sales.retail.rule_sets import RuleSetRefused

REFUSALS = (
    CsvFileError, ImportConflictError, MasterDataError, PointRepairError, SettledEntryError,
    UnknownEntryError, LimitCurrencyError, UnknownRetailPrice, RuleSetRefused,
)  # fmt: skip
FAMILIES = (load_actions, rate_actions, error_actions, demand_actions)
OPENING = {
    "stream": stream_action,
    "rules": rule_actions,
    "recommend": recommend_action,
    "documents": document_action,
}
"""Actions that open the database themselves, or need none."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `retail`."""
    settings.add_arguments(parser, "database")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for family in (*FAMILIES, *OPENING.values()):
        family.add_actions(actions)


def run(arguments: argparse.Namespace) -> int:
    """Run the action; 1 when points are refused, 2 when a file or an option is."""
    chosen = settings.read(arguments)
    try:
        if arguments.action in OPENING:
            return int(OPENING[arguments.action].run(arguments, chosen))
        engine = open_or_make(chosen.database_url)
        try:
            return int(arguments.perform(engine, arguments))
        finally:
            engine.dispose()
    except REFUSALS as error:
        sys.stderr.write(f"retail: {error}\n")
        return 2
