"""`python -m provisioning release VERSION`: prints the changelog of a version.

It fails unless the package has that version and the changelog has a dated section for it that is
not empty.
"""

import argparse
import re
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from provisioning import arguments

VERSION_HEADING: Final = re.compile(r"## (?P<version>\S+)(?: - (?P<date>\d{4}-\d{2}-\d{2}))?\s*")


class ReleaseError(RuntimeError):
    """A version that is not ready for release."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `release`."""
    parser.add_argument(
        "version", type=arguments.version, help="version of the package, such as 1.2.3"
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="root of the repository (default: current folder)",
    )
    parser.set_defaults(run=print_notes)


def print_notes(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """The notes of a version, line by line."""
    try:
        project = tomllib.loads((options.root / "pyproject.toml").read_text())["project"]
        changelog = (options.root / "CHANGELOG.md").read_text()
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise ReleaseError(f"{options.root.resolve()} is not the repository: {error}") from error
    if project["version"] != options.version:
        raise ReleaseError(
            f"the package is {project['version']}, not {options.version}: "
            "change pyproject.toml first"
        )
    yield from notes(changelog, options.version)


def notes(changelog: str, version: str) -> list[str]:
    """The lines below a version's heading, without blank ones around them."""
    lines = changelog.splitlines()
    starts = [number for number, line in enumerate(lines) if VERSION_HEADING.fullmatch(line)]
    for number, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        heading = VERSION_HEADING.fullmatch(lines[number])
        if heading is None or heading["version"] != version:
            continue
        if heading["date"] is None:
            raise ReleaseError(f"'{lines[number]}' has no date: write '## {version} - YYYY-MM-DD'")
        text = "\n".join(lines[number + 1 : following]).strip()
        if not text:
            raise ReleaseError(f"'{lines[number]}' is empty: describe the version")
        return text.splitlines()
    raise ReleaseError(f"CHANGELOG.md has no section '## {version} - YYYY-MM-DD': add it")
