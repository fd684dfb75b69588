"""`python -m cloud alerts ...`: evaluate rules, list, show, acknowledge and close alerts.

Acknowledging and closing are entered in the log of changes under the name of who runs the command.
"""

import argparse
import getpass
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from cloud import settings
from cloud.alerting import actions
from cloud.alerting.actions import AlertActionError, OperatorAction
from cloud.alerting.history import (
    AlertSearch,
    UnknownAlert,
    alert_kind_prefix,
    find_alerts,
    read_alert,
    read_notifications,
)
from cloud.alerting.message import severity
from cloud.cli import alerts_run
from cloud.database import open_existing, reading, recipient_status, writing
from wire.command_line import row_count, row_id

REFUSED: Final = 1
CHANGES: Final = {"acknowledge": actions.acknowledge, "close": actions.close}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of `alerts`."""
    subcommands = parser.add_subparsers(dest="action", required=True)
    evaluates = "evaluate alert rules every minute and send notifications"
    alerts_run.add_arguments(subcommands.add_parser("run", help=evaluates, description=evaluates))
    listing = _action(subcommands, "list", "alerts, the latest first")
    listing.add_argument("--open", action="store_true", help="only those that are open")
    listing.add_argument("--kind", action="append", type=_kind, default=[],
                         help="a kind or its beginning")  # fmt: skip
    listing.add_argument("--location", action="append", default=[],
                         help="only of this location; may be repeated")  # fmt: skip
    listing.add_argument("--limit", type=row_count, default=50, help="how many (%(default)s)")
    _action(subcommands, "show", "one alert and its notifications").add_argument(
        "alert", type=row_id, help="number, as `alerts list` shows"
    )
    _action(subcommands, "recipients", "recipients whose last delivery failed")
    taken = _action(
        subcommands, "acknowledge", "acknowledge alerts: they send no further notification"
    )
    taken.add_argument("alert", type=row_id, nargs="+", help="numbers, as `alerts list` shows")
    taken.add_argument("--note", default="", help="why, or who is on the way")
    closed = _action(subcommands, "close", "close alerts by hand")
    closed.add_argument("alert", type=row_id, nargs="+", help="numbers, as `alerts list` shows")
    closed.add_argument("--reason", dest="note", required=True, help="why it is over")


def _action(
    subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, purpose: str
) -> argparse.ArgumentParser:
    parser = subcommands.add_parser(name, help=purpose, description=purpose)
    settings.add_arguments(parser, "database")
    return parser


def _kind(text: str) -> str:
    try:
        return alert_kind_prefix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; 1 when it is refused, with a sentence."""
    if arguments.action == "run":
        return alerts_run.run(arguments)
    engine = open_existing(settings.read(arguments).database_url)
    opened = writing if arguments.action in CHANGES else reading
    try:
        with opened(engine) as connection:
            lines = list(_lines(connection, arguments))
    except (AlertActionError, UnknownAlert) as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    finally:
        engine.dispose()
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _lines(connection: Connection, arguments: argparse.Namespace) -> Iterator[str]:
    if arguments.action == "list":
        yield from _listed(connection, arguments)
    elif arguments.action == "show":
        yield from _shown(connection, arguments.alert)
    elif arguments.action == "recipients":
        yield from _away(connection)
    else:
        by = OperatorAction(f"operator:{getpass.getuser()}", datetime.now(UTC), arguments.note)
        for number in arguments.alert:
            CHANGES[arguments.action](connection, number, by)
            yield _line(read_alert(connection, number))


def _listed(connection: Connection, arguments: argparse.Namespace) -> Iterator[str]:
    search = AlertSearch(
        locations=tuple(arguments.location),
        kinds=tuple(arguments.kind),
        is_open=True if arguments.open else None,
    )
    found = find_alerts(connection, search, most=arguments.limit)
    yield from map(_line, found)
    yield f"{len(found)} alerts"


def _shown(connection: Connection, number: int) -> Iterator[str]:
    found = read_alert(connection, number)
    yield _line(found)
    yield f"  {found.message}"
    if found.acknowledged_at:
        note = f": {found.acknowledged_note}" if found.acknowledged_note else ""
        yield f"  acknowledged at {_at(found.acknowledged_at)} by {found.acknowledged_by}{note}"
    if found.closed_by:
        yield f"  closed at {_at(found.cleared_at)} by {found.closed_by}: {found.close_reason}"
    for notice in read_notifications(connection, number):
        when = f" at {_at(notice.sent_at)}" if notice.sent_at else ""
        failure = f" ({notice.failure})" if notice.failure else ""
        tries = f", {notice.attempts} attempts" if notice.attempts else ""
        yield f"  {notice.change} for {notice.recipient}: {notice.state}{when}{tries}{failure}"


def _away(connection: Connection) -> Iterator[str]:
    rows = list(connection.execute(select(recipient_status)))
    for row in rows:
        yield (
            f"{row.recipient}: {row.failure}, {row.failures} failures in a row, "
            f"last at {_at(row.failed_at)}, next attempt at {_at(row.next_at)}"
        )
    yield f"{len(rows)} recipients cannot be reached"


def _line(row: Row[Any]) -> str:
    where = f"{row.location}/{row.device}" if row.device else row.location or "all locations"
    state = "open" if row.cleared_at is None else f"until {_at(row.cleared_at)}"
    mark = " acknowledged" if row.acknowledged_at else ""
    return (
        f"{row.id}  {severity(row.kind)}  {row.kind}  {where}  "
        f"since {_at(row.raised_at)}, {state}{mark}"
    )


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}Z"
