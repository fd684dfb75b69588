"""`python -m cloud dead-letters list|show|replay`: what was set aside, and another try."""

import argparse
import sys
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Row, select

from cloud import settings
from cloud.database import connect, create, dead_letters, reading
from cloud.estate import SAMPLE, load
from cloud.ingest.letters import printable
from cloud.ingest.replay import replay, waiting


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `dead-letters`."""
    actions = parser.add_subparsers(dest="action", required=True)
    lists = actions.add_parser("list", help="the latest, one line each")
    lists.add_argument("--kind", help="only of this kind, such as unreadable or unknown")
    lists.add_argument("--limit", type=int, default=50, help="how many (%(default)s)")
    shows = actions.add_parser("show", help="one letter, with its sample")
    shows.add_argument("id", type=int)
    replays = actions.add_parser("replay", help="try again, after a fix")
    replays.add_argument("id", type=int, nargs="*", help="which (without: all that wait)")
    for action in (lists, shows):
        settings.add_arguments(action, "database")
    settings.add_arguments(replays, "database", "estate")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; 1 when a letter does not exist or is refused again."""
    chosen = settings.read(arguments)
    engine = connect(chosen.database_url)
    create(engine)
    try:
        match arguments.action:
            case "list":
                return _list(engine, arguments.kind, arguments.limit)
            case "show":
                return _show(engine, arguments.id)
            case _:
                return _replay(engine, arguments.id, chosen)
    finally:
        engine.dispose()


def _list(engine: Engine, kind: str | None, limit: int) -> int:
    wanted = select(dead_letters).order_by(dead_letters.c.last_received_at.desc()).limit(limit)
    if kind is not None:
        wanted = wanted.where(dead_letters.c.kind == kind)
    with reading(engine) as connection:
        for row in connection.execute(wanted):
            _write(_line(row))
    return 0


def _line(row: Row[Any]) -> str:
    again = f" ({row.times} times)" if row.times > 1 else ""
    done = " [replayed]" if row.replayed_at else ""
    when = f"{row.last_received_at:%Y-%m-%d %H:%M:%S}Z"
    return f"{row.id:>6}  {when}  {row.kind:<11} {row.topic}{again}{done}: {row.reason[:160]}"


def _show(engine: Engine, letter: int) -> int:
    with reading(engine) as connection:
        wanted = select(dead_letters).where(dead_letters.c.id == letter)
        found = connection.execute(wanted).mappings().one_or_none()
    if found is None:
        sys.stderr.write(f"there is no dead letter {letter}: see `dead-letters list`\n")
        return 1
    for name, value in found.items():
        if name not in ("payload", "digest"):
            _write(f"{name:>18}  {value}")
    _write(found["payload"].decode(errors="backslashreplace"))
    return 0


def _replay(engine: Engine, letters: list[int], chosen: settings.Settings) -> int:
    estate = load(chosen.estate or SAMPLE)
    if not letters:
        with reading(engine) as connection:
            letters = waiting(connection)
    refused = 0
    for letter in letters:
        said = replay(engine, letter, knows=estate.knows, now=datetime.now(UTC))
        refused += not said.startswith("counted")
        _write(f"{letter}: {said}")
    return 1 if refused else 0


def _write(line: str) -> None:
    sys.stdout.write(printable(line) + "\n")  # a payload cannot steer the terminal
