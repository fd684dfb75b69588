"""`retail documents`: write JSON Schema and AsyncAPI document of the messages."""

import argparse
import sys
from pathlib import Path
from typing import Any

from cloud import settings
from cloud.retail_wire.documents import generate_documents


def add_actions(actions: Any) -> None:
    """Offer `documents`."""
    documents = actions.add_parser("documents", help="write schema and AsyncAPI document")
    documents.add_argument("--into", type=Path, default=Path("docs/wire/retail"), metavar="DIR",
                           help="folder of the documents (default: %(default)s)")  # fmt: skip


def run(arguments: argparse.Namespace, _: settings.Settings) -> int:
    """Write the documents that differ."""
    arguments.into.mkdir(parents=True, exist_ok=True)
    for name, text in generate_documents().items():
        path = arguments.into / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            sys.stdout.write(f"wrote {path}\n")
    return 0
