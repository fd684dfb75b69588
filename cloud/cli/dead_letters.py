"""`python -m cloud dead-letters ACTION`: list, show, replay and delete refused messages.

`quarantined` and `release` concern devices whose further dead letters are not stored.
"""

import argparse
import getpass
import sys
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Row, select

from cloud import settings
from cloud.database import dead_letters, open_existing, reading, writing
from cloud.ingest.dead_letter_search import discard_of_device
from cloud.ingest.dead_letters import DeadLetterKind, printable
from cloud.ingest.membership import Membership
from cloud.ingest.quarantine import read_quarantined_devices, release_device
from cloud.ingest.replay import is_counted, list_unreplayed, replay_dead_letter
from cloud.sites.sites_file import SAMPLE
from wire.command_line import row_count, row_id


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `dead-letters`."""
    actions = parser.add_subparsers(dest="action", required=True)
    lists = actions.add_parser("list", help="the latest, one line each")
    lists.add_argument(
        "--kind", choices=[str(one) for one in DeadLetterKind], help="only of this kind"
    )
    lists.add_argument("--limit", type=row_count, default=50, help="how many (%(default)s)")
    shows = actions.add_parser("show", help="show one dead letter with its sample")
    shows.add_argument("id", type=row_id, help="number, as `dead-letters list` shows")
    replays = actions.add_parser("replay", help="process again, after a fix")
    replays.add_argument(
        "id", type=row_id, nargs="*", help="numbers (default: all that were not replayed)"
    )
    deletes = actions.add_parser("delete", help="delete the dead letters of one device")
    held = actions.add_parser("quarantined", help="devices that send too many failing messages")
    releases = actions.add_parser("release", help="end the quarantine of a device")
    for action in (deletes, releases):
        action.add_argument("device", help="name of the device")
    for action in (lists, shows, deletes, held, releases):
        settings.add_arguments(action, "database")
    settings.add_arguments(replays, "database", "sites", "people-per-camera", "people-per-second")


def run(arguments: argparse.Namespace) -> int:
    """Run the action; 1 when a dead letter does not exist or is refused again."""
    chosen = settings.read(arguments)
    engine = open_existing(chosen.database_url)
    try:
        match arguments.action:
            case "list":
                return _list(engine, arguments.kind, arguments.limit)
            case "show":
                return _show(engine, arguments.id)
            case "delete":
                return _delete(engine, arguments.device, datetime.now(UTC))
            case "quarantined":
                return _quarantined(engine)
            case "release":
                return _release(engine, arguments.device, datetime.now(UTC))
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


def _show(engine: Engine, number: int) -> int:
    with reading(engine) as connection:
        wanted = select(dead_letters).where(dead_letters.c.id == number)
        found = connection.execute(wanted).mappings().one_or_none()
    if found is None:
        sys.stderr.write(f"there is no dead letter {number}: see `dead-letters list`\n")
        return 1
    for name, value in found.items():
        if name not in ("payload", "digest"):
            _write(f"{name:>18}  {value}")
    _write(found["payload"].decode(errors="backslashreplace"))
    return 0


def _delete(engine: Engine, device: str, now: datetime) -> int:
    with writing(engine) as connection:
        deleted = discard_of_device(connection, device, actor=getpass.getuser(), now=now)
    _write(f"{deleted} dead letters of {device} deleted")
    return 0


def _quarantined(engine: Engine) -> int:
    with reading(engine) as connection:
        for row in read_quarantined_devices(connection):
            _write(
                f"{row.location}/{row.device}  since {row.since_at:%Y-%m-%d %H:%M:%S}Z  "
                f"{row.messages} messages not stored, the latest {row.last_at:%Y-%m-%d %H:%M:%S}Z: "
                f"{row.reason}"
            )
    return 0


def _release(engine: Engine, device: str, now: datetime) -> int:
    with writing(engine) as connection:
        if release_device(connection, device, actor=getpass.getuser(), now=now):
            return 0
    sys.stderr.write(f"{printable(device)} is not in quarantine: see `dead-letters quarantined`\n")
    return 1


def _replay(engine: Engine, numbers: list[int], chosen: settings.Settings) -> int:
    membership = Membership(chosen.sites or SAMPLE)
    rules = membership.rules(chosen.people_per_camera, chosen.people_per_second)
    if not numbers:
        with reading(engine) as connection:
            numbers = list_unreplayed(connection)
    refused = 0
    for number in numbers:
        now = datetime.now(UTC)
        outcome = replay_dead_letter(
            engine, number, is_listed=membership.is_listed, now=now, rules=rules,
            actor=getpass.getuser(),
        )  # fmt: skip
        refused += not is_counted(outcome)
        _write(f"{number}: {outcome}")
    return 1 if refused else 0


def _write(line: str) -> None:
    sys.stdout.write(printable(line) + "\n")  # a payload cannot steer the terminal
