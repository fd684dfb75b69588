"""`python -m cloud products report`: one file to hand on."""

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pyarrow import fs

from cloud.cli.lake.output import write_line
from cloud.lake.catalogue.page_folder import PageFolder
from cloud.lake.lake import Lake
from cloud.products.definitions.product import find_product
from cloud.products.report.contents import ReportContents, ReportTable, read_contents
from cloud.products.report.page import build_report
from cloud.products.report.values import encode
from cloud.suggestions import unknown_word
from wire.command_line import OptionError


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
    contents = read_contents(lake, find_product(arguments.product), now=clock())
    out: Path = arguments.out
    folder = PageFolder(fs.LocalFileSystem(), str(out.parent))
    folder.write(out.name, [_write_content(contents, arguments.table)])
    write_line(f"written to {out}")
    return 0


def _write_content(contents: ReportContents, table: str | None) -> str:
    if table is None:
        return build_report(contents)
    if table not in contents.tables:
        raise OptionError(unknown_word("table", table, contents.tables))
    return _write_csv(contents.tables[table])


def _write_csv(table: ReportTable) -> str:
    """The numbers as they are stored; null is an empty field."""
    from cloud.app.server.csv_answer import write_csv  # loads FastAPI, which nothing else needs

    columns = [one.name for one in table.shown.columns]
    rows = ([encode(value) for value in row] for row in table.page.rows)
    return write_csv(columns, rows)
