"""`python -m cloud sites check|schema`: check a sites file before programs read it.

`check` applies every rule of the programs themselves: it loads the file as they do, compares its
words with the rate card, and venue ids with OpenOOH. Exit codes: 0 valid, 1 valid with warnings,
2 not valid.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from cloud.pricing.rate_card import REFERENCE, read_card_file
from cloud.pricing.vocabulary import unpriced_words
from cloud.sites.openooh import KNOWN
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites
from cloud.sites.sites_file import json_schema, load_sites
from cloud.suggestions import unknown_word
from cloud.yaml_document import DocumentError

VALID, WARNINGS, INVALID = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `sites`."""
    parser.epilog = "exit codes: 0 valid, 1 valid with warnings, 2 not valid"
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|schema")
    check = actions.add_parser("check", help="check a sites file as the programs read it")
    check.add_argument("file", type=Path, help="sites file in YAML")
    check.add_argument(
        "--rate-card", type=Path, default=REFERENCE, metavar="FILE",
        help="rate card that must price the file's words (default: the one that is shipped)",
    )  # fmt: skip
    actions.add_parser("schema", help="print the JSON Schema of the sites file")


def run(arguments: argparse.Namespace) -> int:
    """Check the file or print the schema; returns the exit code."""
    if arguments.action == "schema":
        sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
        return VALID
    try:
        sites = load_sites(arguments.file)
        card = read_card_file(arguments.rate_card)
    except DocumentError as error:
        sys.stdout.write(f"error: {error}\n")
        return INVALID
    today = datetime.now(UTC).date()
    errors = [*unpriced_words(sites, card), *_unknown_venues(sites)]
    warnings = list(_warnings(sites, today))
    for sentence in errors:
        sys.stdout.write(f"error: {sentence}\n")
    for sentence in warnings:
        sys.stdout.write(f"warning: {sentence}\n")
    sys.stdout.write(f"{_summary(sites)}: {len(errors)} errors, {len(warnings)} warnings\n")
    return INVALID if errors else WARNINGS if warnings else VALID


def _summary(sites: Sites) -> str:
    cameras = sum(len(site.cameras) for site in sites)
    zones = len({site.timezone for site in sites})
    return f"{len(sites)} locations, {cameras} cameras, {zones} time zones"


def _unknown_venues(sites: Sites) -> Iterator[str]:
    for site in sites:
        if site.venue not in KNOWN:
            yield f"{site.id}: {unknown_word('venue id', site.venue, KNOWN)} (OpenOOH 1.2)"


def _warnings(sites: Sites, today: date) -> Iterator[str]:
    for site in sites:
        yield from _camera_warnings(site, today)
        if site.holidays is None:
            yield f"{site.id}: no holidays calendar: public holidays are forecast as ordinary days"


def _camera_warnings(site: Site, today: date) -> Iterator[str]:
    if not site.cameras:
        yield f"{site.id}: no cameras: nothing is measured here"
    elif all(camera.optional for camera in site.cameras):
        yield f"{site.id}: every camera is optional: missing data cannot be recognised here"
    elif all(camera.until_on and camera.until_on <= today for camera in site.cameras):
        yield f"{site.id}: every camera is listed until a past date: nothing is measured here"
