"""`python -m cloud lake catalogue`: describe the tables as pages."""

import argparse
import sys
from datetime import datetime
from typing import Any, Final

from cloud.cli.lake.output import record_action, write_line
from cloud.lake.catalogue.page_folder import PageFolder, open_page_folder
from cloud.lake.catalogue.write import EVENTS, INDEX, write_catalogue
from cloud.lake.lake import Lake

ACTION: Final = "lake.catalogue_written"


def add_actions(actions: Any) -> None:
    """The action of this module."""
    parser = actions.add_parser("catalogue", help="describe the tables as HTML pages")
    parser.add_argument(
        "--out", required=True, metavar="FOLDER",
        help="folder of the pages, or s3://bucket/prefix; earlier ones are replaced",
    )  # fmt: skip


def write_pages(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    """Write the pages; 2 when the folder cannot be written."""
    try:
        folder = open_page_folder(arguments.out)
        pages = write_and_record(lake, folder, now)
    except OSError as error:
        sys.stderr.write(f"the catalogue cannot be written to {arguments.out}: {error}\n")
        return 2
    write_line(f"{pages} pages written: open {folder.describe(INDEX)}")
    write_line(f"lineage events: {folder.describe(EVENTS)}")
    return 0


def write_and_record(lake: Lake, folder: PageFolder, now: datetime) -> int:
    """Write the pages and record it in the audit log; returns the number of pages."""
    pages = write_catalogue(lake, folder, now=now)
    record_action(lake, now, ACTION, "lake", {"pages": pages})
    return pages
