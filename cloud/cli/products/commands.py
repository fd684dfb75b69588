"""`python -m cloud products ACTION`: load files into data products, run them and report on them."""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from cloud import database, settings
from cloud.cli.lake.commands import FOLDER
from cloud.cli.lake.output import FAILURES, describe_failure
from cloud.cli.products.load_actions import load, preview, pull, run_products_again
from cloud.cli.products.report import add_report_arguments, write_report
from cloud.cli.products.show_actions import show_products, show_profile, show_uploads
from cloud.cli.products.watch import SECONDS
from cloud.cli.products.watch_action import watch
from cloud.lake.file_checks import DamagedFileError
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError
from cloud.lake.ownership import ForeignLakeError
from cloud.lake.storage import StorageError, open_storage
from cloud.products.definitions.product import UnknownProductError
from cloud.products.uploads.refusal import UploadRefusedError
from wire.aws import AwsError
from wire.clock import utc_now
from wire.command_line import whole_number

REFUSED: Final = (
    AwsError, ForeignLakeError, LakeConflictError, StorageError, UnknownProductError,
)  # fmt: skip
Action = Callable[[Lake, argparse.Namespace, Callable[[], datetime]], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `products`."""
    settings.add_arguments(parser, "database")
    parser.add_argument(
        "--lake", metavar="FOLDER", default=os.environ.get("ONLOOKER_LAKE", FOLDER),
        help=f"folder or s3://bucket/prefix (ONLOOKER_LAKE, {FOLDER})",
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="the data products, their tables and newest runs")
    loads = actions.add_parser("load", help="load files, then run their product")
    loads.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV or workbook")
    _add_product(loads)
    loads.add_argument("--table", help="when the name of the file does not say it")
    previews = actions.add_parser("preview", help="how a file would be read, without loading it")
    previews.add_argument("file", type=Path, metavar="FILE", help="CSV or workbook")
    _add_product(previews)
    previews.add_argument("--table", help="when the name of the file does not say it")
    profiles = actions.add_parser("profile", help="columns of a table, outliers, suggested rules")
    profiles.add_argument("product", metavar="PRODUCT", help="name, as `products list` shows it")
    profiles.add_argument(
        "table", metavar="TABLE", help="as zone.table, such as trusted.orders_placed"
    )
    add_report_arguments(actions.add_parser("report", help="one HTML file of a product, or CSV"))
    runs = actions.add_parser("run", help="promote uploaded rows and compute the results")
    runs.add_argument("products", nargs="*", metavar="PRODUCT", help="all without one")
    pulls = actions.add_parser("pull", help="load the rows of the product's queries, then run it")
    pulls.add_argument("product", metavar="PRODUCT", help="name, as `products list` shows it")
    _add_product(actions.add_parser("uploads", help="the newest files and what became of them"))
    watches = actions.add_parser("watch", help="load files as they appear as PRODUCT/FILE")
    places = watches.add_mutually_exclusive_group(required=True)
    places.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", help="has one folder for each product"
    )
    places.add_argument("--queue", metavar="URL", help="of SQS, with the events of a bucket")
    watches.add_argument(
        "--seconds", type=whole_number(1), default=SECONDS, help="between looks (%(default)s)"
    )
    watches.add_argument("--once", action="store_true", help="end after the files that are there")


def _add_product(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--product", metavar="PRODUCT", required=True, help="name, as `products list` shows it"
    )


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when a file or a product is left out, 2 when it is refused."""
    engine = database.open_or_make(settings.read(arguments).database_url)
    try:
        lake = Lake(open_storage(arguments.lake), engine)
        return ACTIONS[arguments.action](lake, arguments, clock)
    except (DamagedFileError, UploadRefusedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
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


ACTIONS: Final[dict[str, Action]] = {
    "list": show_products,
    "load": load,
    "preview": preview,
    "profile": show_profile,
    "pull": pull,
    "report": write_report,
    "run": run_products_again,
    "uploads": show_uploads,
    "watch": watch,
}
