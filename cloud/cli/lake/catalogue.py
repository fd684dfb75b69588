"""`python -m cloud lake catalogue`: describe the tables as pages."""

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from cloud.cli.lake.output import record_action, write_line
from cloud.lake.catalogue.write import EVENTS, INDEX, write_catalogue
from cloud.lake.lake import Lake


def add_actions(actions: Any) -> None:
    """The action of this module."""
    parser = actions.add_parser("catalogue", help="describe the tables as HTML pages")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER",
        help="folder of the pages; earlier ones are replaced",
    )  # fmt: skip


def write_pages(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    """Write the pages; 2 when the folder cannot be written."""
    folder: Path = arguments.out
    try:
        pages = write_catalogue(lake, folder, now=now)
    except OSError as error:
        sys.stderr.write(f"the catalogue cannot be written to {folder}: {error}\n")
        return 2
    record_action(lake, now, "lake.catalogue_written", "lake", {"pages": pages})
    write_line(f"{pages} pages written: open {folder / INDEX}")
    write_line(f"lineage events: {folder / EVENTS}")
    return 0
