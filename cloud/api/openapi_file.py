"""`python -m cloud openapi FILE`: the OpenAPI document, for generators of clients.

The file is written only if the document has changed, so that what is built from it is not built
again. It is the same on every day: the dates of its examples are not moved.
"""

import argparse
import json
from pathlib import Path

from cloud.api.application import openapi


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `openapi`."""
    parser.add_argument("file", type=Path, help="file to write, JSON")


def run(arguments: argparse.Namespace) -> int:
    """Write the document; returns 0."""
    write_if_changed(arguments.file, json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n")
    return 0


def write_if_changed(file: Path, text: str) -> bool:
    """Whether the file had another text, or none."""
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return False
    file.write_text(text, encoding="utf-8")
    return True
