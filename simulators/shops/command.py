"""Write the price points of a chain of shops whose elasticities are known.

The folder gets the points (CSV or JSON lines), stores.csv, products.csv and truth.json. A point is
one product in one store on one day; units are censored where the stock ran out.
"""

import argparse
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from simulators.shops.chain import draw_chain
from simulators.shops.faults import FaultInjection
from simulators.shops.files import FORMATS, write_master_data, write_points, write_truth
from simulators.shops.options import MOST_PRODUCTS, MOST_STORES, ChainOptions
from wire.clock import utc_now
from wire.command_line import whole_number

MOST_DAYS: Final = 3_660


class ShopsError(ValueError):
    """Invalid options of a chain."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m simulators shops`."""
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="FOLDER", help="folder of the files")
    add("--stores", type=whole_number(1, MOST_STORES), default=24, metavar="N",
        help="stores, in six regions (default: %(default)s)")  # fmt: skip
    add("--products", type=whole_number(1, MOST_PRODUCTS), default=24, metavar="N",
        help="products, in eight categories (default: %(default)s)")  # fmt: skip
    add("--days", type=whole_number(1, MOST_DAYS), default=365, metavar="D",
        help="days of the history (default: %(default)s)")  # fmt: skip
    add("--first-on", type=date.fromisoformat, metavar="DAY",
        help="first day, YYYY-MM-DD (default: so that the last day is yesterday)")  # fmt: skip
    add("--seed", type=whole_number(0), default=1,
        help="the same options give the same rows (default: %(default)s)")  # fmt: skip
    add("--format", choices=FORMATS, default=FORMATS[0],
        help="of the points (default: %(default)s)")  # fmt: skip
    add("--faults", action="store_true",
        help="add faulty points; truth.json counts them by reason")  # fmt: skip
    add("--progress", action="store_true", help="show how many points are written")


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Write the files; 2 when an option or the folder is refused."""
    try:
        options = _read_options(arguments, clock().date())
        chain, folder = draw_chain(options), arguments.out
        folder.mkdir(parents=True, exist_ok=True)
        write_master_data(chain, folder)
        path = folder / f"points.{arguments.format}"
        faults = FaultInjection(options) if arguments.faults else None
        rows = write_points(chain, path, _show if arguments.progress else lambda _: None, faults)
        if arguments.progress:
            sys.stderr.write("\n")
        counts = {} if faults is None else dict(sorted(faults.counts.items()))
        write_truth(chain, folder / "truth.json", points=rows, faults=counts)
    except (ShopsError, OSError) as error:
        sys.stderr.write(f"shops: {error}\n")
        return 2
    sys.stdout.write(f"{rows} points of {options.first_on} to {options.last_on} in {path}\n")
    return 0


def _read_options(arguments: argparse.Namespace, today: date) -> ChainOptions:
    first_on = arguments.first_on or today - timedelta(days=arguments.days)
    options = ChainOptions(
        arguments.stores, arguments.products, arguments.days, first_on, arguments.seed
    )
    if options.last_on >= today:
        raise ShopsError(
            f"the history would end on {options.last_on}: it must end before {today}; "
            "give an earlier --first-on or fewer --days"
        )
    return options


def _show(rows: int) -> None:
    sys.stderr.write(f"\rshops: {rows} points written ")
    sys.stderr.flush()
