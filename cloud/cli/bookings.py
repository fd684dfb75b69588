"""`python -m cloud bookings avails|holds|sweep|verify|blackout`: what is taken of the screens.

`verify` compares slots, ledger, holds and order lines, and lists slots of which more is taken than
the sites file has. `blackout` closes a screen for a period, lists the periods and opens it again.
"""

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy import Connection, Engine

from cloud import database, settings
from cloud.booking.holds import find_holds
from cloud.booking.inventory.avail_counts import read_count_grid
from cloud.booking.inventory.avails import compute_avails
from cloud.booking.inventory.blackouts import (
    ADD,
    REMOVE,
    Blackout,
    BlackoutError,
    BlackoutKind,
    UnknownBlackout,
    read_blackouts,
    record_blackout,
    remove_blackout,
    store_blackout,
)
from cloud.booking.inventory.dayparts import ALWAYS
from cloud.booking.slots import HOUR_S
from cloud.booking.sweep import sweep
from cloud.booking.verification import verify_bookings
from cloud.pricing.slot import SlotError, parse_slot
from cloud.sites.sites import Sites, UnknownLocation
from cloud.sites.sites_file import SAMPLE, load_sites
from wire.clock import utc_now

MOST_HOLDS: Final = 200
REFUSALS: Final = (BlackoutError, SlotError, UnknownBlackout, UnknownLocation)
SHAPE: Final = "%Y-%m-%dT%H:%MZ"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `bookings`."""
    settings.add_arguments(parser, "database", "sites")
    names = "avails|holds|sweep|verify|blackout"
    actions = parser.add_subparsers(dest="action", required=True, metavar=names)
    avails = actions.add_parser("avails", help="show the free positions of a screen's hours")
    avails.add_argument("location", help="a location of the sites file, such as KX-01")
    avails.add_argument("--from", dest="first_on", type=date.fromisoformat, help="a local day")
    avails.add_argument(
        "--days", type=int, choices=range(1, 93), default=7, metavar="1-92", help="how many days"
    )
    avails.add_argument("--positions", type=int, default=1, help="that are wanted of each hour")
    holds = actions.add_parser("holds", help="list holds, the latest first")
    holds.add_argument("--account", help="of this account only")
    actions.add_parser("sweep", help="give back the positions of expired holds")
    actions.add_parser("verify", help="compare slots, ledger, holds and order lines")
    _add_blackout(actions.add_parser("blackout", help="close a screen for a period"))


def _add_blackout(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(dest="step", required=True, metavar="add|list|remove")
    add = steps.add_parser("add", help="close a screen")
    add.add_argument("location", help="such as KX-01")
    add.add_argument("starts_at", help="start of a local hour")
    add.add_argument("ends_at", help="end, not included")
    add.add_argument(
        "--kind", choices=[*map(str, BlackoutKind)], default="maintenance", help="why it is closed"
    )
    add.add_argument("--reason", required=True, help="why, in one line")
    steps.add_parser("list", help="show the periods that have not ended")
    remove = steps.add_parser("remove", help="open the screen again")
    remove.add_argument("id", type=int, help="as `list` shows it")


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when it is refused, or when `verify` finds a fault."""
    chosen = settings.read(arguments)
    sites = load_sites(chosen.sites or SAMPLE)
    engine = database.open_existing(chosen.database_url)
    try:
        return _ACTIONS[arguments.action](engine, sites, arguments, clock())
    except REFUSALS as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    finally:
        engine.dispose()


def _show_avails(engine: Engine, sites: Sites, arguments: argparse.Namespace, now: datetime) -> int:
    site = sites.location(arguments.location)
    first_on = arguments.first_on or now.astimezone(site.zone).date()
    until_on = first_on + timedelta(days=arguments.days)
    hours = np.array(ALWAYS.select_hours(site.zone, first_on, until_on), dtype=np.int64)
    with database.reading(engine) as connection:
        grid = read_count_grid(connection, [site], int(hours[0]), int(hours[-1]) + HOUR_S, now)
        found = compute_avails(
            site,
            hours,
            grid.pick(site, hours),
            positions=np.full(hours.shape, arguments.positions),
            blackouts=read_blackouts(connection, [site], now)[site.id],
            now=now,
        )
    for one in found.runs:
        local = one.starts_at.astimezone(site.zone)
        reason = f" ({one.reason})" if one.reason else ""
        sys.stdout.write(
            f"{site.id}  {local.isoformat(timespec='minutes')}  {one.hours:>3} h  "
            f"{one.free} of {site.loop.positions} free  {one.status}{reason}\n"
        )
    return 0


def _show_holds(engine: Engine, _: Sites, arguments: argparse.Namespace, now: datetime) -> int:
    accounts = None if arguments.account is None else frozenset({arguments.account})
    with database.reading(engine) as connection:
        found = find_holds(connection, accounts, after=None, most=MOST_HOLDS)
    for one in found:
        sys.stdout.write(
            f"{one.id}  {one.account}  {one.state_at(now):<8}  until {one.expires_at:{SHAPE}}  "
            f"{one.extensions} extensions  {len(one.slots)} slots  {one.delivery}\n"
        )
    return 0


def _sweep(engine: Engine, _: Sites, __: argparse.Namespace, now: datetime) -> int:
    sys.stdout.write(f"{sweep(engine, now)} expired lines gave their positions back\n")
    return 0


def _verify(engine: Engine, sites: Sites, _: argparse.Namespace, now: datetime) -> int:
    with database.reading(engine) as connection:
        report = verify_bookings(connection, sites, now)
    for line in (*report.findings, *report.oversold):
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(
        f"{report.slots} slots, {report.lines} lines and {report.holds} holds compared: "
        f"{len(report.findings)} faults, {len(report.oversold)} slots oversold\n"
    )
    return int(bool(report.findings or report.oversold))


def _change_blackouts(
    engine: Engine, sites: Sites, arguments: argparse.Namespace, now: datetime
) -> int:
    if arguments.step == "list":
        with database.reading(engine) as connection:
            found = read_blackouts(connection, None, now)
        shown = sorted({one.id: one for some in found.values() for one in some}.items())
        changed = [one for _, one in shown]
    else:
        with database.writing(engine) as connection:
            changed = [_change(connection, sites, arguments, now)]
    for one in changed:
        sys.stdout.write(
            f"{one.id:>6}  {one.location}  {one.starts_at:{SHAPE}} to {one.ends_at:{SHAPE}}  "
            f"{one.kind}  {one.created_by}: {one.reason}\n"
        )
    return 0


def _change(
    connection: Connection, sites: Sites, arguments: argparse.Namespace, now: datetime
) -> Blackout:
    by = getpass.getuser()
    if arguments.step == "remove":
        found = remove_blackout(connection, arguments.id, now)
        action = REMOVE
    else:
        site = sites.location(arguments.location)
        new = Blackout(
            id=0,
            location=site.id,
            starts_at=parse_slot(arguments.starts_at, site.zone).starts_at,
            ends_at=parse_slot(arguments.ends_at, site.zone).starts_at,
            kind=BlackoutKind(arguments.kind),
            reason=arguments.reason,
            created_by=by,
            created_at=now,
        )
        found, action = store_blackout(connection, new), ADD
    record_blackout(connection, found, action, by, now)
    return found


_ACTIONS: Final = {
    "avails": _show_avails,
    "holds": _show_holds,
    "sweep": _sweep,
    "verify": _verify,
    "blackout": _change_blackouts,
}
