"""`python -m cloud orders show|approve|decline|cancel|sweep`: orders placed through the API.

Changes are made with the role `admin`, under the name of the user of the machine.
"""

import argparse
import getpass
import sys
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Engine

from cloud import database, settings
from cloud.app.orders.line_creatives import ready_finder
from cloud.auth.keys import Role
from cloud.billing.settlement import read_paid
from cloud.booking.orders import lifecycle
from cloud.booking.orders.approvals import approve_order, decline_order
from cloud.booking.orders.credit import CreditLimitError
from cloud.booking.orders.due_changes import apply_due_changes
from cloud.booking.orders.order import BookedLine, Order
from cloud.booking.orders.order_rows import UnknownOrderError, find_order, read_lines
from cloud.booking.orders.order_work import Actor, NotAllowedError, OrderWork
from cloud.booking.orders.policy import SAMPLE as SAMPLE_TERMS
from cloud.booking.orders.policy import load_booking_policy
from cloud.booking.takes import NotHeldError
from cloud.booking.transactions import run_booking
from cloud.booking.transitions import LineAction, ReasonRequiredError, TransitionError
from cloud.money import written
from cloud.sites.sites_file import SAMPLE, load_sites

REFUSED: Final = (
    UnknownOrderError, NotAllowedError, TransitionError, ReasonRequiredError, CreditLimitError,
    NotHeldError,
)  # fmt: skip


def add_actions(actions: Any) -> None:
    """The actions, with their arguments."""
    helps = {
        "show": "show an order with its lines",
        "approve": "approve lines that wait for a decision",
        "decline": "decline lines that wait for a decision",
        "cancel": "cancel reserved, booked or running lines",
    }
    for name, text in helps.items():
        action = actions.add_parser(name, help=text)
        action.add_argument("order", metavar="ORDER", help="id of the order")
        if name in ("decline", "cancel"):
            action.add_argument("--reason", required=True, help="stored with each line")
    actions.add_parser("sweep", help="apply what is due by now: expiry, start and end of flights")


def run(arguments: argparse.Namespace, chosen: settings.Settings, now: datetime) -> int:
    """Run an action; 1 when it is refused, with the reason."""
    engine = database.open_existing(chosen.database_url)
    try:
        if arguments.action == "show":
            return _show(engine, arguments.order)
        moved = run_booking(engine, partial(_change, arguments, chosen, now))
    except REFUSED as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    finally:
        engine.dispose()
    sys.stdout.write(f"{moved} lines changed\n")
    return 0


def _change(
    arguments: argparse.Namespace,
    chosen: settings.Settings,
    now: datetime,
    connection: Connection,
) -> int:
    sites = load_sites(chosen.sites or SAMPLE)
    work = OrderWork(
        connection=connection,
        sites=sites,
        policy=load_booking_policy(chosen.booking or SAMPLE_TERMS),
        actor=Actor(f"{getpass.getuser()} (command line)", None, frozenset({Role.ADMIN})),
        now=now,
        find_ready=ready_finder(sites),
        read_paid=read_paid,
    )
    if arguments.action == "sweep":
        return apply_due_changes(work)
    return len(_act(work, arguments))


def _act(work: OrderWork, arguments: argparse.Namespace) -> Sequence[BookedLine]:
    if arguments.action == "approve":
        return approve_order(work, arguments.order)
    if arguments.action == "decline":
        return decline_order(work, arguments.order, arguments.reason)
    cancel = partial(_cancel, work, arguments.reason)
    return lifecycle.apply_to_order(work, arguments.order, None, (LineAction.CANCEL,), cancel)


def _cancel(
    work: OrderWork, reason: str, order: Order, lines: Sequence[BookedLine]
) -> tuple[BookedLine, ...]:
    return lifecycle.cancel_lines(work, order, lines, reason)


def _show(engine: Engine, order_id: str) -> int:
    with database.reading(engine) as connection:
        order = find_order(connection, order_id, None)
        lines = read_lines(connection, [order.id])
    sys.stdout.write(
        f"{order.id}  {order.account}  {order.advertiser}: {order.name}\n"
        f"discount {order.discount_bp} basis points, approval {order.approval}\n"
    )
    for line in lines:
        cost = written(line.cost_minor, line.currency)
        flight = f"{line.starts_at:%Y-%m-%dT%H:%MZ} to {line.ends_at:%Y-%m-%dT%H:%MZ}"
        reason = f"  ({line.reason})" if line.reason else ""
        sys.stdout.write(
            f"{line.line_id}  {line.booking_status:<19}{line.location}  {flight}  "
            f"{len(line.slots)} hours x {line.positions}  {cost} {line.currency}{reason}\n"
        )
    return 0
