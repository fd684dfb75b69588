"""`products list`, `profile` and `uploads`."""

import argparse
from collections.abc import Callable
from datetime import datetime

from cloud import database
from cloud.cli.lake.output import write_line
from cloud.lake.lake import Lake
from cloud.products.definitions.product import find_product, list_products
from cloud.products.profiling.table_profile import profile_table
from cloud.products.profiling.text import describe_profile
from cloud.products.runs import read_last_run
from cloud.products.uploads.store import read_uploads
from cloud.suggestions import unknown_word
from wire.command_line import OptionError


def show_products(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    """The products, their tables and newest runs."""
    for product in list_products():
        last = read_last_run(lake, product.name)
        state = "not run yet" if last is None else f"run {last.started_at:%Y-%m-%d %H:%M}Z"
        if last is not None and last.failure:
            state = f"{state}, failed: {last.failure}"
        write_line(f"{product.name:16}{product.file.title} ({product.file.owner}); {state}")
        for name in product.tables:
            write_line(f"{'':16}{name}")
    return 0


def show_profile(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    """The columns of a table, outliers and suggested rules."""
    product = find_product(arguments.product)
    if arguments.table not in product.tables:
        raise OptionError(unknown_word("table", arguments.table, product.tables))
    table = product.tables[arguments.table].table
    hidden = product.find_pseudonyms(table.name)
    for line in describe_profile(profile_table(lake, table, hidden=hidden)):
        write_line(line)
    return 0


def show_uploads(lake: Lake, arguments: argparse.Namespace, clock: Callable[[], datetime]) -> int:
    """The newest files and what became of them."""
    product = find_product(arguments.product)
    with database.reading(lake.engine) as connection:
        for one in read_uploads(connection, product.name):
            counts = "" if one.rows_loaded is None else f" {one.rows_loaded}/{one.rows_refused}"
            write_line(
                f"{one.received_at:%Y-%m-%d %H:%M}Z {one.state:9}{one.table_name} "
                f"{one.file_name}{counts} {one.reason or ''}".rstrip()
            )
    return 0
