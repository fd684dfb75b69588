"""`python -m cloud rate-card check|put|list`: another rate card, without a restart.

A card that is put is in force from a stated moment, in every process on the database at
once, except those that were started with a file of their own.
"""

import argparse
import getpass
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from cloud import database, settings
from cloud.app.context import Clock
from cloud.app.example_dates import example_slot
from cloud.app.rate_card.changes import (
    CardRefused,
    describe_differences,
    refuse_version,
    schedule_card,
)
from cloud.app.rate_card_reload import MIN_LEAD
from cloud.auth import audit
from cloud.pricing.rate_card import REFERENCE, RateCard, read_card_file
from cloud.sales.rate_cards import ScheduledCard, card_at, read_scheduled_cards
from wire.clock import utc_now

AHEAD: Final = MIN_LEAD.total_seconds()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rate-card`."""
    settings.add_arguments(parser, "database")
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|put|list")
    check = actions.add_parser("check", help="read a card and list what it would change")
    put = actions.add_parser("put", help="put a card in force from an instant on")
    for one in (check, put):
        one.add_argument("file", type=Path, help="rate card in YAML")
    put.add_argument(
        "--from", dest="from_at", metavar="INSTANT",
        help=f"such as {example_slot()}+00:00; without it, in {AHEAD:g} seconds",
    )  # fmt: skip
    actions.add_parser("list", help="show every stored card, and which one is in force")


def run(arguments: argparse.Namespace, clock: Clock = utc_now) -> int:
    """Run the action; 1 when it is refused, with the reason."""
    try:
        for line in _run_action(settings.read(arguments).database_url, arguments, clock):
            sys.stdout.write(f"{line}\n")
    except CardRefused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    return 0


def _run_action(url: str, arguments: argparse.Namespace, clock: Clock) -> Iterator[str]:
    if arguments.action == "list":
        yield from _format_list(_read_stored(url), clock())
        return
    card = read_card_file(arguments.file)
    if arguments.action == "check":
        yield from _format_check(_read_stored(url), card, clock())
        return
    from_at = None if arguments.from_at is None else _instant(arguments.from_at)
    engine = database.open_existing(url)
    try:
        put = put_card(engine, card, from_at, by=getpass.getuser(), clock=clock)
    finally:
        engine.dispose()
    if put is None:
        yield f"{card.version} ({card.digest}) is already in force at that time: nothing is changed"
        return
    yield (
        f"{card.version} ({card.digest}) is in force from {put.from_at.isoformat()}, in every "
        "process except those that were started with a file of their own"
    )


def _read_stored(url: str) -> Sequence[ScheduledCard]:
    """Every stored card; none without a database, which is not created."""
    try:
        engine = database.open_existing(url)
    except database.NoDatabaseError as missing:
        sys.stderr.write(f"only the reference card is known, since {missing}\n")
        return ()
    try:
        with database.reading(engine) as connection:
            return read_scheduled_cards(connection)
    finally:
        engine.dispose()


def put_card(
    engine: Engine, card: RateCard, from_at: datetime | None, *, by: str, clock: Clock
) -> ScheduledCard | None:
    """Put a card in force from an instant on; None when it is already. Raises CardRefused.

    The clock is read when no other process writes: the instant must not precede the commit.
    """
    with database.writing(engine) as connection:
        audit.lock_log(connection)
        return schedule_card(
            connection, card, from_at, reference=REFERENCE_CARD, by=by, now=clock()
        )


def _instant(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise CardRefused(
            f"--from {written[:40]!r} is not an instant: write {example_slot()}+00:00, for example"
        ) from None
    if at.tzinfo is None:
        raise CardRefused(f"--from {written} names no moment: add its offset, such as +00:00 or Z")
    return at


def _format_check(put: Sequence[ScheduledCard], card: RateCard, now: datetime) -> Iterator[str]:
    refuse_version(put, card, REFERENCE_CARD)
    now_held = card_at(put, now)
    held = now_held.card if now_held else REFERENCE_CARD
    yield f"{card.version} ({card.digest}) is a valid rate card"
    changes = describe_differences(held, card)
    yield f"differences from {held.version} ({held.digest}): " + (
        "only the version" if not changes else str(len(changes))
    )
    yield from (f"  {one}" for one in changes)


def _format_list(put: Sequence[ScheduledCard], now: datetime) -> Iterator[str]:
    now_held = card_at(put, now)
    if now_held is None:
        yield f"{REFERENCE_CARD.version} ({REFERENCE_CARD.digest}), the reference card, holds"
    for one in put:
        state = "holds" if one is now_held else "over" if one.from_at <= now else "to come"
        yield (
            f"{one.number:>6}  {one.card.version}  {one.card.digest}  from "
            f"{one.from_at.isoformat(timespec='seconds')}  {state}  put by {one.put_by}"
        )


REFERENCE_CARD: Final = read_card_file(REFERENCE)
