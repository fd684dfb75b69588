"""`python -m cloud occupancy load FILE.csv`: record booked loop positions and expected demand.

One line for each class of booking that is still expected at a slot, or one with an empty class:
`location,time_slot,booked,class,fare,mean,deviation`. Fares are for one position in the location's
currency, demand is in positions, the dearest class comes first. A file is loaded as a whole, or
rejected with the first invalid line.
"""

import argparse
import csv
import getpass
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from cloud import database, settings
from cloud.auth import audit
from cloud.money import minor
from cloud.pricing.emsr import FareClass
from cloud.pricing.market import Occupancy
from cloud.pricing.slot import parse_slot
from cloud.sales.occupancy import SlotOccupancy, replace_occupancy
from cloud.sites.sites import Sites, UnknownLocation
from cloud.sites.sites_file import SAMPLE, load_sites
from wire.clock import utc_now

COLUMNS: Final = ("location", "time_slot", "booked", "class", "fare", "mean", "deviation")
LARGEST_FILE_BYTES: Final = 64 * 1024 * 1024


class FileRefused(ValueError):  # noqa: N818 - reads as what happened
    """A file of occupancies that cannot be believed; names the line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `occupancy`."""
    settings.add_arguments(parser, "database", "sites", "redis")
    actions = parser.add_subparsers(dest="action", required=True, metavar="load")
    loads = actions.add_parser("load", help="load a file in place of the stored occupancy")
    loads.add_argument("file", type=Path, help=",".join(COLUMNS))


def run(arguments: argparse.Namespace) -> int:
    """Load the file; 1 when it is refused, with the line."""
    chosen = settings.read(arguments)
    sites = load_sites(chosen.sites or SAMPLE)
    try:
        noted = list(read(arguments.file, sites))
    except FileRefused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    engine = database.open_existing(chosen.database_url)
    now = utc_now()
    with database.writing(engine) as connection:
        audit.lock_log(connection)
        last = audit.read_latest_details(connection, "occupancy.load") or {}
        loaded = replace_occupancy(connection, noted, at=now, before=last.get("rows"))
        audit.record_change(
            connection,
            at=now,
            actor=getpass.getuser(),
            action="occupancy.load",
            about=arguments.file.name[:120],
            details={"slots": loaded.slots, "rows": loaded.rows},
        )
    engine.dispose()
    sys.stdout.write(f"{loaded.slots} slots noted\n")
    return 0


def read(file: Path, sites: Sites) -> Iterator[SlotOccupancy]:
    """The occupancy of each slot of a file; raises FileRefused."""
    slots: dict[tuple[str, datetime], tuple[int, int, list[FareClass]]] = {}
    for number, row in _lines(file):
        try:
            site = sites.location(row["location"])
            slot = parse_slot(row["time_slot"], site.zone)
            booked = _count(row["booked"])
            found = slots.setdefault((site.id, slot.starts_at), (site.loop.positions, booked, []))
            if found[1] != booked:
                raise ValueError(f"{booked} positions booked here, {found[1]} in a line before")
            if row["class"]:
                found[2].append(_fare_class(row, site.currency))
            Occupancy(found[0], booked, tuple(found[2]))
        except (ValueError, UnknownLocation) as error:
            raise FileRefused(f"{file.name}, line {number}: {error}") from error
    for (location, starts_at), (positions, booked, classes) in slots.items():
        yield SlotOccupancy(location, starts_at, Occupancy(positions, booked, tuple(classes)))


def _lines(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            raise FileRefused(f"{file.name} is larger than {LARGEST_FILE_BYTES} bytes: split it")
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines, strict=True)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise FileRefused(
                    f"{file.name} has the columns {rows.fieldnames}: wanted {','.join(COLUMNS)}"
                )
            for row in rows:
                if None in row or None in row.values():
                    raise FileRefused(f"{file.name}, line {rows.line_num}: wanted 7 fields")
                yield rows.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileRefused(f"{file} cannot be read: {error}") from error


def _fare_class(row: dict[str, str], currency: str) -> FareClass:
    try:
        fare = Decimal(row["fare"])
    except InvalidOperation:
        fare = Decimal("nan")
    if not fare.is_finite() or fare.copy_abs() > 10**8:
        raise ValueError(f"fare {row['fare'][:20]!r}: write an amount, at most 100000000")
    return FareClass(
        row["class"][:60], minor(fare, currency), float(row["mean"]), float(row["deviation"])
    )


def _count(written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) < 6):
        raise ValueError(f"booked {written[:20]!r}: write a whole number of positions")
    return int(written)
