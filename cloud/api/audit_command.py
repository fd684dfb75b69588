"""`python -m cloud audit verify|list`: whether the log of changes is whole, and what it holds."""

import argparse
import sys

from cloud import database, settings
from cloud.auth.audit import AuditError, entries, verify


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `audit`."""
    settings.add_arguments(parser, "database")
    actions = parser.add_subparsers(dest="action", required=True, metavar="verify|list")
    check = actions.add_parser("verify", help="follow the chain from the first entry to the last")
    check.add_argument("--head", help="a digest that was kept elsewhere and has to be met")
    actions.add_parser("list", help="show every entry")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; 1 when the chain is broken, with the place."""
    engine = database.open_existing(settings.read(arguments).database_url)
    try:
        with database.reading(engine) as connection:
            if arguments.action == "list":
                for one in entries(connection):
                    sys.stdout.write(
                        f"{one.number:>6}  {one.at:%Y-%m-%d %H:%M:%S}  {one.actor}  {one.action}  "
                        f"{one.object}  {one.details}\n"
                    )
                return 0
            last = verify(connection, head=arguments.head)
    except AuditError as broken:
        sys.stderr.write(f"{broken}\n")
        return 1
    finally:
        engine.dispose()
    told = f"{last.number} entries, the last {last.digest}" if last else "no entries yet"
    sys.stdout.write(f"the chain is whole: {told}\n")
    return 0
