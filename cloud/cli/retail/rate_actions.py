"""`retail rates`: load and list exchange rates to the base currency."""

import argparse
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from cloud.cli.retail.load_actions import load_master_data
from cloud.database import reading
from cloud.database.retail import retail_exchange_rates
from cloud.ingest.retail.master_data_files import RATES
from wire.command_line import row_count


def add_actions(actions: Any) -> None:
    """Offer `rates`."""
    rates = actions.add_parser("rates", help="load and list exchange rates")
    below = rates.add_subparsers(dest="rates_action", required=True, metavar="ACTION")
    loads = below.add_parser("load", help="load rates; a rate replaces that of the same day")
    loads.add_argument("file", type=Path, help=f"CSV: {','.join(RATES.required)}")
    loads.set_defaults(perform=load)
    lists = below.add_parser("list", help="the newest rates")
    lists.add_argument("--limit", type=row_count, default=50, help="how many (%(default)s)")
    lists.set_defaults(perform=show)


def load(engine: Engine, arguments: argparse.Namespace) -> int:
    """Load a file of rates."""
    load_master_data(engine, RATES, arguments.file)
    return 0


def show(engine: Engine, arguments: argparse.Namespace) -> int:
    """List the newest rates."""
    rates = retail_exchange_rates.c
    order = (rates.rated_on.desc(), rates.base_currency, rates.currency)
    query = select(retail_exchange_rates).order_by(*order).limit(arguments.limit)
    with reading(engine) as connection:
        for row in connection.execute(query):
            sys.stdout.write(f"{row.rated_on}  1 {row.currency} = {row.rate} {row.base_currency}\n")
    return 0
