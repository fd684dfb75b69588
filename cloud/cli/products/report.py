"""`python -m cloud products report`: one file to hand on."""

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from pyarrow import fs

from cloud.cli.lake.output import write_line
from cloud.lake.catalogue.page_folder import PageFolder
from cloud.lake.lake import Lake
from cloud.products.definitions.product import DataProduct, find_product
from cloud.products.report.contents import read_contents, read_report_table
from cloud.products.report.page import build_report
from cloud.products.report.values import encode
from cloud.suggestions import unknown_word
from wire.command_line import OptionError

ALL_ROWS: Final = 2**62


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `products report`."""
    parser.add_argument("product", metavar="PRODUCT", help="name, as `products list` shows it")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", required=True, help="replaced when it exists"
    )
    parser.add_argument(
        "--format", choices=("html", "csv"), default="html",
        help="the page with its plots, or the rows of --table (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--table", help="for csv: a table of the page, such as orders_by_month")


def write_report(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    """Write the report, or one of its tables."""
    if (arguments.format == "csv") != (arguments.table is not None):
        raise OptionError("--table NAME and --format csv go together: give both or neither")
    out: Path = arguments.out
    product = find_product(arguments.product)
    if arguments.table is None:
        content = build_report(read_contents(lake, product, now=clock()))
    else:
        content = _write_table(lake, product, arguments.table)
    PageFolder(fs.LocalFileSystem(), str(out.parent)).write(out.name, [content])
    write_line(f"written to {out}")
    return 0


def _write_table(lake: Lake, product: DataProduct, name: str) -> str:
    """All rows as CSV: numbers as they are stored, null as an empty field."""
    from cloud.app.server.csv_answer import write_csv  # loads FastAPI, which nothing else needs

    shown = product.shown(name)
    if shown is None:
        raise OptionError(unknown_word("table", name, [one.table for one in product.file.shows]))
    table = read_report_table(lake, product, shown, ALL_ROWS)
    rows = ([encode(value) for value in row] for row in table.page.rows)
    return write_csv([one.name for one in shown.columns], rows)
