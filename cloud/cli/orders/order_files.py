"""`python -m cloud orders load|list|show|approve|decline|cancel|sweep`.

`load` reads order lines of the sales system, and `list` shows the newest version of every line. The
others concern orders that are placed through the API. A file is CSV with one row for each line of
an order, and is loaded as a whole or refused with the first invalid row and column. Each change of
a line is stored as its next version; loading a file again changes nothing.
"""

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from cloud import database, settings
from cloud.auth import audit
from cloud.booking.order_store import OrderConflictError, add_versions, read_newest
from cloud.booking.orders.order_rows import read_lines
from cloud.booking.orders_file import COLUMNS, OrdersFile, OrdersRefused, read_orders
from cloud.booking.version_digest import FILE_ACTION, read_last_digest
from cloud.cli.orders import placed_orders
from cloud.money import written
from cloud.sites.sites_file import SAMPLE, load_sites
from wire.clock import utc_now


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `orders`."""
    settings.add_arguments(parser, "database", "sites", "booking")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    loads = actions.add_parser("load", help="add the lines of a file that are new or changed")
    loads.add_argument("file", type=Path, help=f"CSV: {','.join(COLUMNS)}")
    lists = actions.add_parser("list", help="show the newest version of each line")
    lists.add_argument("--order", metavar="ID", help="lines of this order only")
    placed_orders.add_actions(actions)


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when the file is refused, with the row and the column."""
    chosen = settings.read(arguments)
    if arguments.action == "list":
        return _list(chosen.database_url, arguments.order)
    if arguments.action != "load":
        return placed_orders.run(arguments, chosen, clock())
    try:
        orders = read_orders(arguments.file, load_sites(chosen.sites or SAMPLE))
        versions = _load(chosen.database_url, orders, clock())
    except OrdersRefused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    same = len(orders.lines) - versions
    sys.stdout.write(f"{versions} lines added or changed, {same} as they were\n")
    return 0


def _load(database_url: str, orders: OrdersFile, now: datetime) -> int:
    engine = database.open_existing(database_url)
    try:
        with database.writing(engine) as connection:
            audit.lock_log(connection)
            _refuse_placed(connection, orders)
            before = read_last_digest(connection)
            loaded = add_versions(connection, orders.lines, at=now, before=before)
            if loaded.versions:
                audit.record_change(
                    connection, at=now, actor=getpass.getuser(), action=FILE_ACTION,
                    about=orders.name[:120],
                    details={"versions": loaded.versions, "rows": loaded.rows},
                )  # fmt: skip
    except OrderConflictError as error:
        row = orders.rows[error.line_id]
        raise OrdersRefused(f"{orders.name}, row {row}, column {error.column}: {error}") from error
    finally:
        engine.dispose()
    return loaded.versions


def _refuse_placed(connection: Connection, orders: OrdersFile) -> None:
    """Lines of an order that was placed here change through its own actions only."""
    placed = {line.order_id for line in read_lines(connection, {o.order_id for o in orders.lines})}
    for line in orders.lines:
        if line.order_id in placed:
            raise OrdersRefused(
                f"{orders.name}, row {orders.rows[line.line_id]}, column order_id: "
                f"{line.order_id} was placed through the API: change it there"
            )


def _list(database_url: str, order: str | None) -> int:
    engine = database.open_existing(database_url)
    with database.reading(engine) as connection:
        chosen = ("order_id", [order]) if order is not None else (None, ())
        newest = read_newest(connection, *chosen)
        if order is not None and not newest:
            sys.stderr.write(f"no order {order}: `python -m cloud orders list` shows all\n")
        for row in newest.values():
            price = written(row.price_minor, row.currency)
            flight = f"{row.starts_at:%Y-%m-%dT%H:%MZ} to {row.ends_at:%Y-%m-%dT%H:%MZ}"
            sys.stdout.write(
                f"{row.order_id}  {row.line_id}  v{row.version}  {row.booking_status:<19}"
                f"{row.location}  {flight}  {row.positions} x {price} {row.currency}  "
                f"{row.advertiser}: {row.campaign}\n"
            )
    engine.dispose()
    return 0
