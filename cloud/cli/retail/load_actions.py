"""`retail load`: stores, products and price points from CSV files."""

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from cloud.auth.audit import record_change
from cloud.database import reading, writing
from cloud.ingest.retail.commit import IngestContext
from cloud.ingest.retail.csv_import import CsvFile, ImportProgress, import_file
from cloud.ingest.retail.master_data import read_master_data
from cloud.ingest.retail.master_data_files import (
    PRODUCTS,
    STORES,
    MasterFile,
    load_master_file,
)
from cloud.ingest.retail.rules import read_ingest_rules
from wire.clock import utc_now
from wire.command_line import OptionError
from wire.process.garbage import reduce_garbage_collection

DEFAULT_SOURCE: Final = "csv"
LONGEST_SOURCE: Final = 63


def add_actions(actions: Any) -> None:
    """Offer `load`."""
    loads = actions.add_parser("load", help="load stores, products and price points from CSV")
    offer = loads.add_argument
    offer("--stores", type=Path, metavar="FILE", help=f"CSV: {','.join(STORES.required)}")
    offer("--products", type=Path, metavar="FILE", help=f"CSV: {','.join(PRODUCTS.required)}")
    offer("--points", type=Path, metavar="FILE", nargs="+", default=[],
          help="CSV of price points, see docs/retail.md; each file is imported once")  # fmt: skip
    offer("--source", default=DEFAULT_SOURCE, metavar="NAME",
          help="name within which event ids are unique (default: %(default)s)")  # fmt: skip
    loads.set_defaults(perform=load)


def load(engine: Engine, arguments: argparse.Namespace) -> int:
    """Load the files in the order in which they need each other; 1 when points are refused."""
    if not (arguments.stores or arguments.products or arguments.points):
        raise OptionError("retail load: give --stores, --products or --points")
    if not 0 < len(arguments.source) <= LONGEST_SOURCE:
        raise OptionError(f"--source: use 1 to {LONGEST_SOURCE} characters")
    for kind, path in ((STORES, arguments.stores), (PRODUCTS, arguments.products)):
        if path is not None:
            load_master_data(engine, kind, path)
    refused = [_import(engine, CsvFile(path, arguments.source)) for path in arguments.points]
    return 1 if any(refused) else 0


def load_master_data(engine: Engine, kind: MasterFile, path: Path) -> None:
    """Load a file in one transaction with the entry of the audit log."""
    with writing(engine) as connection:
        rows = load_master_file(connection, kind, path)
        record_change(
            connection, at=utc_now(), actor=getpass.getuser(), action="retail.load",
            about=str(kind.table.name), details={"file": path.name, "rows": rows},
        )  # fmt: skip
    sys.stdout.write(f"{rows} rows of {path.name} loaded\n")


def _import(engine: Engine, file: CsvFile) -> int:
    """Import a file of points; returns how many were refused."""
    reduce_garbage_collection()
    rules = read_ingest_rules()
    with reading(engine) as connection:
        context = IngestContext(read_master_data(connection, rules), rules)
    progress = import_file(engine, file, context, clock=utc_now, show=_show)
    sys.stderr.write("\n" if sys.stderr.isatty() else "")
    sys.stdout.write(
        f"{file.path.name}: {progress.committed} points committed, {progress.duplicates} were "
        f"committed before, {progress.errors} refused\n"
    )
    if progress.errors:
        sys.stdout.write("refused points are in the error queue: `retail errors list`\n")
    return progress.errors


def _show(progress: ImportProgress) -> None:
    if not sys.stderr.isatty():
        return
    share = progress.done_bytes / max(1, progress.size_bytes)
    done = progress.committed + progress.duplicates
    sys.stderr.write(f"\r{share:4.0%}  {done} points, {progress.errors} refused ")
    sys.stderr.flush()
