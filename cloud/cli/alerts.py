"""`python -m cloud alerts ...`: list and show alerts, acknowledge and close them, who is not told.

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
from cloud.alerting import acts
from cloud.alerting.acts import Act, AlertActError
from cloud.alerting.message import severity
from cloud.database import open_existing, reading, recipient_states, writing
from cloud.windows.alerts import Search, UnknownAlert, alert, alert_kind_prefix, history, told
from wire.command_line import row_count, row_id

REFUSED: Final = 1
CHANGES: Final = {"acknowledge": acts.acknowledge, "close": acts.close}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions of `alerts`."""
    actions = parser.add_subparsers(dest="action", required=True)
    listing = _action(actions, "list", "alerts, the latest first")
    listing.add_argument("--open", action="store_true", help="only those that are open")
    listing.add_argument("--kind", action="append", type=_kind, default=[],
                         help="a kind or its beginning")  # fmt: skip
    listing.add_argument("--location", action="append", default=[])
    listing.add_argument("--count", type=row_count, default=50, help="(%(default)s)")
    _action(actions, "show", "one alert and who was told").add_argument("alert", type=row_id)
    _action(actions, "recipients", "recipients whose last delivery failed")
    taken = _action(actions, "acknowledge", "take charge: it sends no further notice")
    taken.add_argument("alert", type=row_id, nargs="+")
    taken.add_argument("--note", default="", help="why, or who is on the way")
    closed = _action(actions, "close", "end alerts by hand")
    closed.add_argument("alert", type=row_id, nargs="+")
    closed.add_argument("--reason", dest="note", required=True, help="why it is over")


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, purpose: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=purpose, description=purpose)
    settings.add_arguments(parser, "database")
    return parser


def _kind(text: str) -> str:
    try:
        return alert_kind_prefix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; 1 when it is refused, with a sentence."""
    engine = open_existing(settings.read(arguments).database_url)
    opened = writing if arguments.action in CHANGES else reading
    try:
        with opened(engine) as connection:
            lines = list(_lines(connection, arguments))
    except (AlertActError, UnknownAlert) as error:
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
        by = Act(f"operator:{getpass.getuser()}", datetime.now(UTC), arguments.note)
        for number in arguments.alert:
            CHANGES[arguments.action](connection, number, by)
            yield _line(alert(connection, number))


def _listed(connection: Connection, arguments: argparse.Namespace) -> Iterator[str]:
    search = Search(
        locations=tuple(arguments.location),
        kinds=tuple(arguments.kind),
        is_open=True if arguments.open else None,
    )
    found = history(connection, search, most=max(1, arguments.count))
    yield from map(_line, found)
    yield f"{len(found)} alerts"


def _shown(connection: Connection, number: int) -> Iterator[str]:
    found = alert(connection, number)
    yield _line(found)
    yield f"  {found.message}"
    if found.acknowledged_at:
        note = f": {found.acknowledged_note}" if found.acknowledged_note else ""
        yield f"  acknowledged at {_at(found.acknowledged_at)} by {found.acknowledged_by}{note}"
    if found.closed_by:
        yield f"  closed at {_at(found.cleared_at)} by {found.closed_by}: {found.close_reason}"
    for notice in told(connection, number):
        when = f" at {_at(notice.told_at)}" if notice.told_at else ""
        failure = f" ({notice.failure})" if notice.failure else ""
        tries = f", {notice.tries} attempts" if notice.tries else ""
        yield f"  {notice.change} for {notice.recipient}: {notice.state}{when}{tries}{failure}"


def _away(connection: Connection) -> Iterator[str]:
    rows = list(connection.execute(select(recipient_states)))
    for row in rows:
        yield (
            f"{row.recipient}: {row.failure}, {row.failures} failures in a row, "
            f"last at {_at(row.failed_at)}, next attempt at {_at(row.next_at)}"
        )
    yield f"{len(rows)} recipients cannot be reached"


def _line(row: Row[Any]) -> str:
    where = f"{row.location}/{row.device}" if row.device else row.location
    state = "open" if row.cleared_at is None else f"until {_at(row.cleared_at)}"
    mark = " acknowledged" if row.acknowledged_at else ""
    return (
        f"{row.id}  {severity(row.kind)}  {row.kind}  {where}  "
        f"since {_at(row.raised_at)}, {state}{mark}"
    )


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}Z"
