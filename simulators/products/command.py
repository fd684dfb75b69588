"""`python -m simulators products NAME`: files for a data product, with figures that are known."""

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv as pc

from simulators.products.attendance import AttendanceOptions, simulate_attendance
from simulators.products.contact_centre import CallOptions, simulate_calls
from simulators.products.orders import OrderOptions, simulate_orders
from simulators.products.procurement import ProcurementOptions, simulate_procurement
from simulators.products.sales import SalesOptions, simulate_sales
from wire.clock import utc_now
from wire.command_line import whole_number

FILE_ROWS: Final = 1_000_000
"""An upload takes files of at most 200 MB."""
Files = Mapping[str, pa.Table]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `products`."""
    parser.add_argument("name", choices=PRODUCTS, metavar="NAME", help=", ".join(PRODUCTS))
    parser.add_argument(
        "--rows",
        type=whole_number(1),
        default=30_000,
        help="of all large files; for contact_centre the calls (%(default)s)",
    )
    parser.add_argument(
        "--days", type=whole_number(1), default=730, help="that they cover (%(default)s)"
    )
    parser.add_argument(
        "--until", type=date.fromisoformat, metavar="DAY", help="the last day (yesterday)"
    )
    parser.add_argument("--seed", type=whole_number(0), default=1, help="%(default)s")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="for the files")


def run(arguments: argparse.Namespace) -> int:
    """Write the files; names them on standard output."""
    until = arguments.until or utc_now().date() - timedelta(days=1)
    first_on = until - timedelta(days=arguments.days - 1)
    files = PRODUCTS[arguments.name](arguments, first_on)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, table in files.items():
        for number, first in enumerate(range(0, len(table), FILE_ROWS), start=1):
            part = table.slice(first, FILE_ROWS)
            path = arguments.out / f"{name}-{number}.csv"
            pc.write_csv(part, path)
            sys.stdout.write(f"{path}: {len(part)} rows\n")
    return 0


def _attendance(arguments: argparse.Namespace, first_on: date) -> Files:
    return simulate_attendance(
        AttendanceOptions(arguments.rows, first_on, arguments.days, seed=arguments.seed)
    )


def _sales(arguments: argparse.Namespace, first_on: date) -> Files:
    return simulate_sales(
        SalesOptions(arguments.rows, first_on, arguments.days, seed=arguments.seed)
    )


def _procurement(arguments: argparse.Namespace, first_on: date) -> Files:
    return simulate_procurement(
        ProcurementOptions(arguments.rows, first_on, arguments.days, seed=arguments.seed)
    )


def _contact_centre(arguments: argparse.Namespace, first_on: date) -> Files:
    calls = max(arguments.rows // arguments.days, 1)
    return simulate_calls(CallOptions(calls, first_on, arguments.days, seed=arguments.seed))


def _orders(arguments: argparse.Namespace, first_on: date) -> Files:
    return simulate_orders(
        OrderOptions(arguments.rows, first_on, arguments.days, seed=arguments.seed)
    )


PRODUCTS: Final[dict[str, Callable[[argparse.Namespace, date], Files]]] = {
    "attendance": _attendance,
    "contact_centre": _contact_centre,
    "orders": _orders,
    "procurement": _procurement,
    "sales": _sales,
}
