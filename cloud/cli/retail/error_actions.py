"""`retail errors`: list, count, show, repair, replay and close refused price points."""

import argparse
import getpass
import sys
from typing import Any

from sqlalchemy import Engine, Row

from cloud.database import reading, writing
from cloud.ingest.dead_letters import printable
from cloud.ingest.retail.commit import IngestContext
from cloud.ingest.retail.error_queue import (
    ErrorSearch,
    close_error,
    count_errors,
    find_errors,
    list_open,
    read_error,
)
from cloud.ingest.retail.error_replay import Repair, replay_error
from cloud.ingest.retail.error_store import ErrorState
from cloud.ingest.retail.master_data import read_master_data
from cloud.ingest.retail.rules import read_ingest_rules
from cloud.retail_wire import PriceErrorReason
from wire.clock import utc_now
from wire.command_line import OptionError, row_count, row_id


def add_actions(actions: Any) -> None:
    """Offer `errors`."""
    errors = actions.add_parser("errors", help="show, repair and replay refused price points")
    below = errors.add_subparsers(dest="errors_action", required=True, metavar="ACTION")
    lists = below.add_parser("list", help="the newest, one line each")
    lists.add_argument("--limit", type=row_count, default=50, help="how many (%(default)s)")
    lists.add_argument("--state", choices=[*map(str, ErrorState)], default=str(ErrorState.OPEN),
                       help="only in this state (%(default)s)")  # fmt: skip
    counts = below.add_parser("counts", help="entries by source and reason")
    shows = below.add_parser("show", help="one entry with its payload")
    repairs = below.add_parser("repair", help="change fields and try again")
    repairs.add_argument("--set", dest="changes", action="append", required=True,
                         metavar="FIELD=VALUE", help="FIELD= removes the field")  # fmt: skip
    replays = below.add_parser("replay", help="try again as it is, such as after loading rates")
    replays.add_argument("id", type=row_id, nargs="*", help="(default: all open ones that match)")
    closes = below.add_parser("close", help="close an entry that will not be committed")
    closes.add_argument("--note", required=True, help="why")
    for action in (shows, repairs, closes):
        action.add_argument("id", type=row_id, help="number, as `retail errors list` shows")
    for action in (lists, replays):
        action.add_argument("--reason", choices=[*map(str, PriceErrorReason)],
                            help="only of this reason")  # fmt: skip
    for action in (lists, counts, replays):
        action.add_argument("--source", metavar="NAME", help="only of this source")
    for action in (repairs, replays):
        action.add_argument("--confirm-outlier", action="store_true",
                            help="the price is right, however unusual")  # fmt: skip
    performed = (
        (lists, _list), (counts, _count), (shows, _show), (repairs, _repair), (replays, _replay),
        (closes, _close),
    )  # fmt: skip
    for action, perform in performed:
        action.set_defaults(perform=perform)


def _list(engine: Engine, arguments: argparse.Namespace) -> int:
    search = ErrorSearch(arguments.source, _reason(arguments), ErrorState(arguments.state))
    with reading(engine) as connection:
        for row in find_errors(connection, search, most=arguments.limit):
            _write(_line(row))
    return 0


def _line(row: Row[Any]) -> str:
    again = f" ({row.times} times)" if row.times > 1 else ""
    field = f" in {row.field}" if row.field else ""
    return (
        f"{row.id:>6}  {row.last_received_at:%Y-%m-%d %H:%M:%S}Z  {row.source}  {row.position}  "
        f"{row.reason}{field}{again}: found {row.found}, expected {row.expected}"
    )


def _count(engine: Engine, arguments: argparse.Namespace) -> int:
    with reading(engine) as connection:
        for one in count_errors(connection, arguments.source):
            _write(
                f"{one.source}  {one.reason:<22}{one.open:>8} open {one.stored:>8} stored "
                f"{one.left_out:>8} beyond the limit"
            )
    return 0


def _show(engine: Engine, arguments: argparse.Namespace) -> int:
    with reading(engine) as connection:
        found = read_error(connection, arguments.id)
    for name, value in found._mapping.items():
        if name not in ("payload", "digest"):
            _write(f"{name:>18}  {value}")
    _write(found.payload)
    return 0


def _repair(engine: Engine, arguments: argparse.Namespace) -> int:
    changes: dict[str, str | None] = {}
    for given in arguments.changes:
        name, equals, value = given.partition("=")
        if not equals:
            raise OptionError(f"--set {given[:60]!r}: write FIELD=VALUE")
        changes[name] = value or None
    repair = Repair(changes, arguments.confirm_outlier)
    return _try_again(engine, [arguments.id], repair)


def _replay(engine: Engine, arguments: argparse.Namespace) -> int:
    numbers = arguments.id
    if not numbers:
        search = ErrorSearch(arguments.source, _reason(arguments))
        with reading(engine) as connection:
            numbers = list_open(connection, search)
    return _try_again(engine, numbers, Repair({}, arguments.confirm_outlier))


def _try_again(engine: Engine, numbers: list[int], repair: Repair) -> int:
    """Replay entries; 1 when one is refused again."""
    rules = read_ingest_rules()
    with reading(engine) as connection:
        context = IngestContext(read_master_data(connection, rules), rules)
    refused = 0
    for number in numbers:
        outcome = replay_error(
            engine, number, repair, context=context, actor=getpass.getuser(), now=utc_now()
        )
        refused += not outcome.is_committed
        _write(f"{number}: {outcome.sentence}")
    return 1 if refused else 0


def _close(engine: Engine, arguments: argparse.Namespace) -> int:
    with writing(engine) as connection:
        close_error(
            connection, arguments.id, note=arguments.note, actor=getpass.getuser(), now=utc_now()
        )
    return 0


def _reason(arguments: argparse.Namespace) -> PriceErrorReason | None:
    return None if arguments.reason is None else PriceErrorReason(arguments.reason)


def _write(line: str) -> None:
    sys.stdout.write(printable(line) + "\n")  # a payload cannot steer the terminal
