"""`python -m cloud retail load|rates|errors|stream`: price points of shops, and what they need.

`load` reads stores, products and price points from CSV files; a file of points is imported once,
and resumed when it was interrupted. `errors` shows, repairs, replays and closes refused points.
"""

import argparse
import sys

from cloud import settings
from cloud.cli.retail import error_actions, load_actions, rate_actions, stream_action
from cloud.database import open_or_make
from cloud.ingest.retail.csv_import import ImportConflictError
from cloud.ingest.retail.csv_points import CsvFileError
from cloud.ingest.retail.error_queue import SettledEntryError, UnknownEntryError
from cloud.ingest.retail.error_replay import RepairError
from cloud.ingest.retail.master_data_files import MasterDataError

REFUSALS = (
    CsvFileError, ImportConflictError, MasterDataError, RepairError, SettledEntryError,
    UnknownEntryError,
)  # fmt: skip
FAMILIES = (load_actions, rate_actions, error_actions)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `retail`."""
    settings.add_arguments(parser, "database")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for family in (*FAMILIES, stream_action):
        family.add_actions(actions)


def run(arguments: argparse.Namespace) -> int:
    """Run the action; 1 when points are refused, 2 when a file or an option is."""
    chosen = settings.read(arguments)
    if arguments.action == "stream":
        return stream_action.run(arguments, chosen)
    engine = open_or_make(chosen.database_url)
    try:
        return int(arguments.perform(engine, arguments))
    except REFUSALS as error:
        sys.stderr.write(f"retail: {error}\n")
        return 2
    finally:
        engine.dispose()
