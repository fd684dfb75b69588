"""`python -m provisioning release VERSION`: what the changelog says of a version, or why not.

A release is refused unless the package carries that very version and the changelog has a section
for it, dated, with something in it.
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
    """A version that is not ready to go out."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `release`."""
    parser.add_argument("version", type=arguments.version, help="as 1.2.3, without a v")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository (here)")
    parser.set_defaults(run=print_notes)


def print_notes(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """The notes of a version, line by line."""
    try:
        project = tomllib.loads((asked.root / "pyproject.toml").read_text())["project"]
        changelog = (asked.root / "CHANGELOG.md").read_text()
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise ReleaseError(f"{asked.root.resolve()} is not the repository: {error}") from error
    if project["version"] != asked.version:
        raise ReleaseError(
            f"the package is {project['version']}, not {asked.version}: change pyproject.toml first"
        )
    yield from notes(changelog, asked.version)


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
            raise ReleaseError(f"'{lines[number]}' says nothing")
        return text.splitlines()
    raise ReleaseError(f"CHANGELOG.md has no '## {version} - YYYY-MM-DD'")
